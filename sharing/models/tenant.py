import re
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from sharing.models.prepared import Prepared
from sharing.models.stored import Stored

TENANT_ID_MAX = 64


def is_well_formed(text: str) -> bool:
    """Whether a database can keep the text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def is_tenant_id(value: object) -> bool:
    """Whether `value` is a well-formed tenant ID of this cloud. Says nothing about whether such a tenant exists."""
    return (
        isinstance(value, str)
        and len(value) <= TENANT_ID_MAX
        and re.fullmatch(settings.TENANT_ID_PATTERN, value) is not None
        and is_well_formed(value)
    )


def validate_tenant_id(value: str) -> None:
    if not is_tenant_id(value):
        raise ValidationError(
            "“%(value)s” is not a valid tenant ID.", params={"value": value[:TENANT_ID_MAX]}
        )


class EmailUserManager(UserManager["User"]):
    """Makes users that are known by their e-mail address alone."""

    # The names and order of the first two are Django's: `createsuperuser` passes them as keywords.
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get(self, *args: Any, **kwargs: Any) -> "User":
        """As ever. By its key a user is read for each page, so that statement is made once."""
        narrowed = type(self) is not EmailUserManager or self._db  # as `tenant.users`
        key = kwargs.get("pk")
        fits = isinstance(key, int) and abs(key) < 2**63
        if args or kwargs.keys() != {"pk"} or not fits or narrowed:
            return super().get(*args, **kwargs)
        user = _user_by_key.first(kwargs["pk"])
        if user is None:
            raise self.model.DoesNotExist
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(Stored, AbstractUser):
    """A person who signs in, by e-mail address, and acts for one or more tenants. Staff users are the operators."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[EmailUserManager] = EmailUserManager()

    class Meta:
        # What an operator narrows the list of all users to, each of few.
        indexes = (
            models.Index(fields=["email"], name="user_staff", condition=Q(is_staff=True)),
            models.Index(fields=["email"], name="user_superuser", condition=Q(is_superuser=True)),
            models.Index(fields=["email"], name="user_inactive", condition=Q(is_active=False)),
        )
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_any_case_unique",
                violation_error_message="A user with this e-mail address exists.",
            ),
        )

    def __str__(self) -> str:
        return self.email


@Prepared
def _user_by_key(key: int) -> models.QuerySet[User]:
    return User.objects.filter(pk=key)


class Tenant(Stored):
    """An account in the cloud, known by its tenant ID."""

    id = models.CharField(
        "tenant ID", primary_key=True, max_length=TENANT_ID_MAX, validators=[validate_tenant_id]
    )
    name = models.CharField(
        max_length=200, help_text="For operators and its own users; never shown to others."
    )
    contact = models.CharField(
        max_length=200,
        blank=True,
        help_text="Shown on its offers: whom a consumer asks about an image.",
    )
    support_note = models.TextField(
        max_length=1000, blank=True, help_text="Shown on its offers: what support it gives."
    )
    byte_quota = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="Bytes of image data that it may keep here. Empty: the portal's default; 0: it may have none at all.",
    )
    image_quota = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Images that it may have here. Empty: the portal's default; 0: it may have none at all.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    users = models.ManyToManyField(User, through="TenantUser", related_name="tenants")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.id


class TenantUser(Stored):
    """That a user acts for a tenant, and in which role."""

    class Role(models.TextChoices):
        MANAGER = "manager", "Manager: offers, answers, withdraws"
        READER = "reader", "Reader: sees everything, changes nothing"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tenant_users")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="tenant_users")
    role = models.CharField(max_length=16, choices=Role, default=Role.READER)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "tenant"),
                name="tenant_user_unique",
                violation_error_message="This user already acts for this tenant.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=("manager", "reader")),
                name="tenant_user_role_known",
                violation_error_message="The role is manager or reader.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} for {self.tenant_id} as {self.role}"

    def includes(self, role: str) -> bool:
        """Whether who has this role may act in the other: a manager may all that a reader may."""
        return role == self.Role.READER or self.role == self.Role.MANAGER
