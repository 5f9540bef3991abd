from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self
from uuid import UUID

from django.db import connections, models
from django.db.models import F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.lookups import IsNull
from django.utils import timezone

from sharing.models import returning
from sharing.models.copied import (
    WORDS_MAX,
    CodeField,
    CopiedCode,
    CopiedMoment,
    CopiedNumber,
    begins,
)
from sharing.models.statements import Change
from sharing.models.stored import Stored
from sharing.models.tenant import TENANT_ID_MAX, validate_tenant_id

if TYPE_CHECKING:
    from datetime import datetime

NOTE_MAX = 500
COUNT_CAP = 1000


class Touched(NamedTuple):
    """A membership that a statement inserted, changed or deleted; or an image itself (no `id`, no member)."""

    id: int | None
    image_id: UUID
    member_id: str


class Keys(models.Subquery):
    """What an IN compares with, found once; PostgreSQL may else look again for each row, for other keys each time."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        once = "(SELECT unnest(ARRAY(%(subquery)s)))"
        return self.as_sql(compiler, connection, template=once, **context)


def there_is(rows: models.QuerySet[Any]) -> IsNull:
    """Whether there is such a row, which a key leads to; looked up for each row that is asked about.

    Of EXISTS, PostgreSQL may first gather all, for whatever is asked about.
    """
    return IsNull(models.Subquery(rows.values("pk")[:1]), False)


def written(choice: models.TextChoices) -> models.Func:
    """A value in the words of the statement, not among its values: a partial index serves a prepared one only so."""
    return models.Func(template=f"'{choice.value}'", output_field=models.CharField())


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_member(self, tenant_id: str) -> Self:
        """The memberships that the tenant answers."""
        return self.filter(member_id=tenant_id)

    def of_image(self, image_id: UUID) -> Self:
        """The memberships of the image, for lists by their key, which an index sorts `within` the image."""
        rows = self.annotate(within=F("image_id"))
        if connections[self.db].vendor != "postgresql":
            return rows.filter(image_id=image_id)
        # With `image_id = ...` the order within it says nothing, and the planner may walk the keys of all images.
        one = "sharing_membership.image_id = ANY(ARRAY[%s]::uuid[])"
        return rows.filter(RawSQL(one, (image_id,), models.BooleanField()))  # noqa: S611

    def beginning(self, text: str) -> Self:
        """Those whose member's tenant ID begins with the text."""
        return self.filter(begins("member_id", text))

    def of_owner(self, tenant_id: str) -> Self:
        """The memberships of the tenant's images."""
        return self.filter(owner_id=tenant_id)

    def in_force(self) -> Self:
        """Those that their member can see and use. While the owner has made the image private, they rest."""
        from sharing.models.image import Image

        return self.filter(image__visibility=Image.Visibility.SHARED)

    def is_in_force(self, *conditions: Q) -> IsNull:
        """The same as a condition, which asks for the image of a row only where nothing before it left the row out.

        The image has to meet these conditions, too.
        """
        from sharing.models.image import Image

        shared = Image.objects.filter(*conditions, visibility=Image.Visibility.SHARED)
        return there_is(shared.filter(pk=OuterRef("image_id")))

    def listing(self) -> Self:
        """As `ImageQuerySet.shared_to` lists them, without a look at the images: some may be at rest."""
        return self.annotate(
            **{f"listed_{name}": F(copied) for name, copied in Membership.LISTED.items()}
        )

    def pending(self) -> Self:
        return self.filter(status=Membership.Status.PENDING)

    def accepted(self) -> Self:
        return self.filter(status=written(Membership.Status.ACCEPTED))

    def rejected(self) -> Self:
        return self.filter(status=Membership.Status.REJECTED)

    def not_rejected(self) -> Self:
        return self.filter(status__in=(Membership.Status.PENDING, Membership.Status.ACCEPTED))

    def capped_count(self) -> int:
        """How many rows there are, counted up to COUNT_CAP + 1; the `capped` filter shows it as `1,000+`."""
        return self[: COUNT_CAP + 1].count()

    def insert_new(self, like: "Membership", member_ids: Sequence[str]) -> list[Touched]:
        """Inserts a membership like this for each member that has none yet, in one INSERT; tells which."""
        each = {"member_id": member_ids}
        return [Touched(*row) for row in returning.insert_each(self, like, each, Touched._fields)]

    def answer(self, status: str, *, by: str) -> list[Touched]:
        """Sets the status where it differs, in one UPDATE; tells which rows changed."""
        change = self.exclude(status=status).answering(status, by=by, at=timezone.now())
        return [
            Touched(*row) for row in returning.update(change.rows, Touched._fields, **change.values)
        ]

    def answering(self, status: str, *, by: str, at: "datetime") -> "Change[Membership]":
        """What an answer changes."""
        return Change(self, {"status": status, "answered_by": by, "answered_at": at})

    def piece(self, most: int, *, below: int | None, skip_locked: bool = False) -> Self:
        """The newest `most` rows, of those whose key is lower than `below` where it is given; locked, on PostgreSQL.

        Walked down by the key, so that no piece looks again at what an earlier one deleted.
        """
        rows = self if below is None else self.filter(pk__lt=below)
        return rows.order_by("-pk").select_for_update(skip_locked=skip_locked)[:most]

    def within(self, piece: Self) -> Self:
        """The rows of a piece."""
        return self.filter(pk__in=Keys(piece.values("pk")))

    def remove(self) -> list[Touched]:
        """Deletes in one DELETE; tells which rows went."""
        return [Touched(*row) for row in returning.delete(self, Touched._fields)]


class Membership(Stored):
    """Ties an image to a member, with its status. A leaf: nothing points or listens here, so a delete is one statement.

    The member's tenant ID has no foreign key: an offer to a tenant that does not exist is a row like any other.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"

    # What a list of images goes by: the field of an image, and the copy here.
    LISTED: ClassVar[dict[str, str]] = {
        "id": "image_id",
        "created_at": "image_created_at",
        "size": "image_size",
        "words": "image_words",
    }

    image = models.ForeignKey(
        "Image", on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    member_id = CodeField(
        "member's tenant ID", max_length=TENANT_ID_MAX, validators=[validate_tenant_id]
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    note = models.CharField(max_length=NOTE_MAX, blank=True)
    offered_by = models.CharField(max_length=254)
    created_at = models.DateTimeField("offered at", default=timezone.now)
    answered_by = models.CharField(max_length=254, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    # Of the image, and never changed but with it: `sharing.imagedata.copies`.
    owner_id = CopiedCode("owner's tenant ID", of="owner_id", max_length=TENANT_ID_MAX)
    image_created_at = CopiedMoment(of="created_at")
    image_size = CopiedNumber(of="size")
    image_words = CopiedCode(of="words", max_length=WORDS_MAX)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["member_id", "status", "-id"], name="membership_inbox"),
            models.Index(fields=["image", "-id"], name="membership_of_image"),
            models.Index(fields=["image", "status", "-id"], name="membership_by_status"),
            models.Index(fields=["owner_id", "status", "-id"], name="membership_of_owner"),
            # The lists of a member, each in its order; the words stand in them for the search.
            models.Index(
                fields=["member_id", "status", "-image_created_at", "-image", "image_words"],
                name="membership_by_age",
            ),
            models.Index(
                fields=["member_id", "image_words", "image"],
                name="membership_by_name",
                condition=Q(status="accepted"),
            ),
            models.Index(
                fields=["member_id", "image_size", "image", "image_words"],
                name="membership_by_size",
                condition=Q(status="accepted"),
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("image", "member_id"),
                name="membership_pair_unique",
                violation_error_message="This image is already offered to this tenant.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("pending", "accepted", "rejected")),
                name="membership_status_known",
                violation_error_message="The status is pending, accepted or rejected.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.image_id} to {self.member_id}: {self.status}"

    @property
    def since(self) -> "datetime":
        """When the status became what it is."""
        return self.answered_at or self.created_at
