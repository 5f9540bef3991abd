from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from uuid6 import uuid7

from sharing.models.copied import WORDS_MAX, WordsField
from sharing.models.counts import COUNTED, Counts, CountsField, capped
from sharing.models.image_indexes import INDEXES
from sharing.models.membership import Membership, MembershipQuerySet, there_is, written
from sharing.models.stored import Stored
from sharing.models.tenant import Tenant


def new_image_id() -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7): ordered by time, so new rows land at the end of the index."""
    return UUID(int=uuid7().int)


class ImageQuerySet(models.QuerySet["Image"]):
    """The access table of the product, as queries. Nothing else re-implements it."""

    def owned_by(self, tenant_id: str) -> Self:
        return self.filter(owner_id=tenant_id)

    def shared_to(self, tenant_id: str, *statuses: str) -> Self:
        """Images that the tenant is a member of, in one of these statuses; none that its owner made private.

        Lists go by what the membership copied: `Membership.LISTED`, each field as `listed_<field>`.
        """
        one_of = Q(memberships__status__in=statuses)
        if len(statuses) == 1:
            one_of = Q(memberships__status=written(Membership.Status(statuses[0])))
        members = self.filter(
            one_of, visibility=Image.Visibility.SHARED, memberships__member_id=tenant_id
        )
        return members.annotate(
            **{
                f"listed_{name}": F(f"memberships__{copied}")
                for name, copied in Membership.LISTED.items()
            }
        )

    def accepted_by(self, tenant_id: str) -> Self:
        return self.shared_to(tenant_id, Membership.Status.ACCEPTED)

    def visible_to(self, tenant_id: str) -> Self:
        """Images whose record the tenant may see by ID: its own, and those offered to it that it has not rejected."""
        return self._of_parties(tenant_id, Membership.objects.not_rejected())

    def party_to(self, tenant_id: str) -> Self:
        """Images whose memberships concern the tenant: its own, and those offered to it, rejected ones included."""
        return self._of_parties(tenant_id, Membership.objects.all())

    def _of_parties(self, tenant_id: str, memberships: MembershipQuerySet) -> Self:
        is_member = there_is(memberships.of_member(tenant_id).filter(image=OuterRef("pk")))
        return self.filter(Q(owner_id=tenant_id) | Q(is_member, visibility=Image.Visibility.SHARED))

    def listed_for(self, tenant_id: str) -> tuple[Self, Self]:
        """The tenant's image list: its own images, and those it accepted. Two disjoint arms, for UNION ALL."""
        return self.owned_by(tenant_id), self.accepted_by(tenant_id)

    def private(self) -> Self:
        return self.filter(visibility=written(Image.Visibility.PRIVATE))

    def stored(self) -> Self:
        """Images whose data is in Proffer's image store."""
        return self.exclude(data="")

    def count_members(self, most: int) -> "models.QuerySet[Image, tuple[int]]":
        """How many members each image has, counted up to `most`, as the only value of a row."""
        members = capped("sharing_membership WHERE image_id = sharing_image.id")
        return self.values_list(RawSQL(members, (most,), models.IntegerField()))  # noqa: S611

    def with_counts(self, tenant_id: str) -> Self:
        """Adds `counts`, how many members have each status, of the tenant's own images: nobody else is told (None)."""
        counted = f"(CASE WHEN sharing_image.owner_id = %s THEN ({COUNTED}) END)"
        return self.annotate(counts=RawSQL(counted, (tenant_id,), CountsField()))  # noqa: S611


class Image(Stored):
    """An image record, in the terms of the OpenStack Image API v2; `properties` are its custom ones, flat strings."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued: no data yet"
        ACTIVE = "active", "Active"
        DEACTIVATED = "deactivated", "Deactivated"

    class Visibility(models.TextChoices):
        PRIVATE = "private", "Private: cannot be offered"
        SHARED = "shared", "Shared: can be offered"

    id = models.UUIDField("UUID", primary_key=True, default=new_image_id, editable=False)
    owner = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="images")
    name = models.CharField(max_length=255, blank=True)
    # Of name and tags; `sharing.imagedata.copies` keeps it.
    words = WordsField(max_length=WORDS_MAX, blank=True, editable=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    visibility = models.CharField(max_length=16, choices=Visibility, default=Visibility.SHARED)
    disk_format = models.CharField(max_length=32, blank=True)
    container_format = models.CharField(max_length=32, blank=True)
    size = models.BigIntegerField(default=0, help_text="Bytes; 0 while queued.")
    virtual_size = models.BigIntegerField(null=True, blank=True, help_text="Bytes.")
    checksum = models.CharField("MD5", max_length=32, blank=True)
    os_hash_algo = models.CharField(max_length=64, blank=True)
    os_hash_value = models.CharField(max_length=128, blank=True)
    min_disk = models.PositiveIntegerField(default=0, help_text="GiB.")
    min_ram = models.PositiveIntegerField(default=0, help_text="MiB.")
    protected = models.BooleanField(default=False)
    os_hidden = models.BooleanField(default=False)
    # Not a foreign key: the parent may be gone, or belong to a tenant that nobody here may know of.
    base_image_ref = models.UUIDField(null=True, blank=True, db_index=True)
    properties = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    on_hold = models.BooleanField(default=False)
    checklist_confirmed_at = models.DateTimeField(null=True, blank=True)
    checklist_confirmed_by = models.CharField(max_length=254, blank=True)
    checklist_checksum = models.CharField(max_length=32, blank=True)
    data = models.CharField(
        "stored as",
        max_length=100,
        blank=True,
        editable=False,
        help_text="Where the image store keeps the data; empty: not in Proffer.",
    )
    redistributable = models.BooleanField(
        default=False, help_text="Its owner lets members that accepted it export the data."
    )
    licence_marked = models.BooleanField(
        default=False, help_text="An operator marked it: a licence restricts its export."
    )
    # Settled by `sharing.imagedata.licences`. Kept here, because a restriction outlives the image it came from.
    restriction = models.CharField(max_length=100, blank=True, help_text="The licence.")
    restriction_origin = models.UUIDField(
        null=True, blank=True, help_text="The image that it comes from: this one, or an ancestor."
    )
    export_acknowledged_at = models.DateTimeField(null=True, blank=True)
    export_acknowledged_by = models.CharField(max_length=254, blank=True)

    # As `with_counts` tells them.
    counts: Counts | None

    objects: ClassVar[models.Manager["Image"]] = ImageQuerySet.as_manager()

    class Meta:
        indexes = INDEXES
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("queued", "active", "deactivated")),
                name="image_status_known",
                violation_error_message="The status is queued, active or deactivated.",
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=("private", "shared")),
                name="image_visibility_known",
                violation_error_message="The visibility is private or shared.",
            ),
            models.CheckConstraint(
                condition=Q(data="") | Q(status__in=("active", "deactivated")),
                name="image_queued_has_no_data",
                violation_error_message="A queued image has no data.",
            ),
        )

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def source(self) -> str:
        return "snapshot" if self.properties.get("image_type") == "snapshot" else "import"

    @property
    def operating_system(self) -> str:
        """Distribution and version as the properties tell them, such as `debian 12`; empty when they do not."""
        distro = self.properties.get("os_distro") or self.properties.get("os_type") or ""
        return f"{distro} {self.properties.get('os_version', '')}".strip()

    @property
    def restriction_is_inherited(self) -> bool:
        return self.restriction_origin not in (None, self.pk)

    @property
    def checklist_stands(self) -> bool:
        """Whether the owner confirmed the checklist for the data that the image has now."""
        return self.checklist_confirmed_at is not None and self.checklist_checksum == self.checksum


class ImageTag(Stored):
    """A word that the owner put on an image."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=255)

    class Meta:
        ordering = ("name",)
        indexes = (models.Index(fields=["name", "image"], name="image_tag_name"),)
        constraints = (models.UniqueConstraint(fields=("image", "name"), name="image_tag_unique"),)

    def __str__(self) -> str:
        return self.name
