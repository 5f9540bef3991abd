from typing import ClassVar
from uuid import UUID, uuid4

from django.db import models
from django.utils import timezone

from sharing.models.tenant import TenantUser, User

NAME_MAX = 255


class ApplicationCredentialQuerySet(models.QuerySet["ApplicationCredential"]):
    def of_user(self, user: User) -> "ApplicationCredentialQuerySet":
        return self.filter(holder__user=user)


class ApplicationCredential(models.Model):
    """Lets a program sign in as a user of one tenant, in that user's role there or a lesser one.

    It hangs on the role: who takes the role, or the user, away takes the credential with it. Of the secret only a
    hash is kept.
    """

    id: models.UUIDField[UUID, UUID] = models.UUIDField(
        primary_key=True, default=uuid4, editable=False
    )
    holder = models.ForeignKey(TenantUser, on_delete=models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=NAME_MAX)
    role = models.CharField(max_length=16, choices=TenantUser.Role)
    secret_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it does not expire.")
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[ApplicationCredentialQuerySet] = ApplicationCredentialQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["holder", "-created_at", "-id"], name="credential_of_holder"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("holder", "name"),
                name="credential_name_unique",
                violation_error_message="You have a credential of this name for this tenant.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=("manager", "reader")),
                name="credential_role_known",
                violation_error_message="The role is manager or reader.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class RevokedToken(models.Model):
    """A token of the API that was revoked before its time; kept until it would have expired anyway."""

    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.id)
