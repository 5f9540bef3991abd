from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, Self

from django.db import models
from django.utils import timezone

from sharing.models import returning
from sharing.models.stored import Stored
from sharing.models.tenant import TENANT_ID_MAX

NOTE_MAX = 500


class AppendOnly(TypeError):
    """History is never rewritten."""


class Verb(models.TextChoices):
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    POSTPONED = "postponed", "Put back to pending"
    WITHDRAWN = "withdrawn", "Withdrawn"
    PRUNED = "pruned", "Pruned"
    CONFIRMED = "confirmed", "Checklist confirmed"
    DELETED = "deleted", "Image deleted"
    HELD = "held", "Put on hold"
    RELEASED = "released", "Released from hold"
    CREATED = "created", "Image created"
    IMPORTED = "imported", "Data imported"
    REFUSED = "refused", "Import refused"
    DOWNLOADED = "downloaded", "Downloaded"
    OPENED = "opened", "Marked as redistributable"
    CLOSED = "closed", "No longer redistributable"
    ACKNOWLEDGED = "acknowledged", "Export considerations acknowledged"
    RESTRICTED = "restricted", "Marked as restricted by a licence"
    UNRESTRICTED = "unrestricted", "Licence mark lifted"
    PROTECTED = "protected", "Protected from deletion"
    UNPROTECTED = "unprotected", "Protection lifted"
    DERIVED = "derived", "Registered as made from another image"
    CHANGED = "changed", "Record changed"
    DEACTIVATED = "deactivated", "Deactivated"
    REACTIVATED = "reactivated", "Reactivated"


class EventQuerySet(models.QuerySet["Event"]):
    def seen_by(self, tenant_id: str) -> tuple[Self, Self]:
        """What either side may read: events of its images, and of offers to it. Two disjoint arms, for UNION ALL."""
        return self.filter(owner_id=tenant_id), self.filter(member_id=tenant_id).exclude(
            owner_id=tenant_id
        )

    def append(self, like: "Event", **each: Sequence[Any]) -> None:
        """An event like this for each place of the sequences, which hold what differs."""
        returning.insert_each(self, like, each, ("id",))

    def bulk_create(self, *args: Any, **kwargs: Any) -> list["Event"]:
        if kwargs.get("update_conflicts"):
            raise AppendOnly("Events cannot be changed.")
        return super().bulk_create(*args, **kwargs)

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Events cannot be changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Events cannot be deleted.")


class Event(Stored):
    """Who did what, when, for which tenant: append-only, written with the change, readable by both sides.

    Holds copies, not keys: it outlives the image, the membership and the user.
    """

    Verb = Verb

    at = models.DateTimeField(default=timezone.now, editable=False)
    verb = models.CharField(max_length=16, choices=Verb, editable=False)
    image_id = models.UUIDField(editable=False)
    image_name = models.CharField(max_length=255, blank=True, editable=False)
    owner_id = models.CharField("owner's tenant ID", max_length=TENANT_ID_MAX, editable=False)
    member_id = models.CharField(
        "member's tenant ID",
        max_length=TENANT_ID_MAX,
        blank=True,
        editable=False,
        help_text="Empty: the image itself.",
    )
    offer_id = models.BigIntegerField(
        null=True, blank=True, editable=False, help_text="The membership's key while it stood."
    )
    actor = models.CharField(max_length=254, editable=False)
    actor_tenant_id = models.CharField(
        "acted for",
        max_length=TENANT_ID_MAX,
        blank=True,
        editable=False,
        help_text="Empty: an operator.",
    )
    note = models.CharField(max_length=NOTE_MAX, blank=True, editable=False)

    objects: ClassVar[EventQuerySet] = EventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["owner_id", "-id"], name="event_of_owner"),
            models.Index(fields=["member_id", "-id"], name="event_of_member"),
            models.Index(fields=["image_id", "-id"], name="event_of_image"),
            models.Index(fields=["owner_id", "verb", "-id"], name="event_of_owner_by_verb"),
            models.Index(fields=["member_id", "verb", "-id"], name="event_of_member_by_verb"),
            models.Index(fields=["verb", "-id"], name="event_by_verb"),
            models.Index(
                fields=["offer_id"],
                name="event_of_offer",
                condition=models.Q(offer_id__isnull=False),
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(verb__in=Verb.values),
                name="event_verb_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.image_name} {self.member_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Events cannot be changed.")
        # With a key given, Django would try an UPDATE first.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Events cannot be deleted.")
