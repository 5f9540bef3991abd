"""What the calls read, each a statement that is made once: the named queries of the models, for one tenant."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import FETCH_RAISE, QuerySet

from sharing.models import Image, ImageTag, Membership
from sharing.models.prepared import Prepared

# Member's tenant ID, status, when it was offered, when it was answered.
type MemberRow = tuple[str, str, datetime, datetime | None]
MEMBER_ROW = ("member_id", "status", "created_at", "answered_at")


@Prepared
def visible(tenant_id: str, image_id: UUID) -> QuerySet[Image]:
    return Image.objects.visible_to(tenant_id).filter(pk=image_id)


@Prepared
def party(tenant_id: str, image_id: UUID) -> QuerySet[Image]:
    """As much of the image as the handshake asks for."""
    rows = Image.objects.party_to(tenant_id).filter(pk=image_id)
    return rows.only("owner_id", "name", "checksum").fetch_mode(FETCH_RAISE)


@Prepared
def membership(image_id: UUID, member_id: str) -> QuerySet[Membership]:
    return Membership.objects.filter(image_id=image_id).of_member(member_id)


@Prepared
def members(image_id: UUID) -> QuerySet[Membership, MemberRow]:
    rows = Membership.objects.filter(image_id=image_id).order_by("pk")
    return rows.values_list(*MEMBER_ROW)


@Prepared
def images(*image_ids: UUID) -> QuerySet[Image]:
    return Image.objects.filter(pk__in=image_ids)


@Prepared
def _tags(*image_ids: UUID) -> QuerySet[ImageTag, tuple[UUID, str]]:
    tags = ImageTag.objects.filter(image_id__in=image_ids).order_by("name")
    return tags.values_list("image_id", "name")


def tags_of(image_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The tags of each image, in their order."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for image_id, name in _tags(*image_ids) if image_ids else ():
        found[image_id].append(name)
    return found
