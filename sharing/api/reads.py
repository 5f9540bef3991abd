"""What the calls read, each a statement that is made once: the named queries of the models, for one tenant."""

from datetime import datetime
from uuid import UUID

from django.db.models import FETCH_RAISE, QuerySet

from sharing.models import Image, Membership
from sharing.models.prepared import Prepared
from sharing.reads import tags_of as tags_of

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
def images(*image_ids: UUID) -> QuerySet[Image]:
    """For a list that told their keys."""
    return Image.objects.filter(pk__in=image_ids)


@Prepared
def membership(image_id: UUID, member_id: str) -> QuerySet[Membership]:
    return Membership.objects.filter(image_id=image_id).of_member(member_id)


@Prepared
def members(image_id: UUID) -> QuerySet[Membership, MemberRow]:
    rows = Membership.objects.filter(image_id=image_id).order_by("pk")
    return rows.values_list(*MEMBER_ROW)
