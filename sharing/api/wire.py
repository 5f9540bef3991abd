"""Images and memberships as they are on the wire, and what may be sent of them. The names are Glance's."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from sharing.imagedata.inspection import INSPECTED_AS
from sharing.models import Image, Membership
from sharing.models.membership import NOTE_MAX
from sharing.models.tenant import TENANT_ID_MAX
from sharing.shapes import BYTES, COUNT, FLAG, UUID_PATTERN, says, text

DISK_FORMATS = tuple(INSPECTED_AS)
CONTAINER_FORMATS = ("bare", "ami", "ari", "aki")
STATUSES = ("queued", "active", "deactivated")
# Custom properties of the wire that are facts of Proffer: what it was made from, and the two words on its export.
BASE_IMAGE, REDISTRIBUTABLE, ACKNOWLEDGED = (
    "base_image_ref",
    "redistributable",
    "export_acknowledged",
)

Name = Annotated[str, text(255)]
Tag = Annotated[str, text(255, least=1)]
Tags = Annotated[list[Tag], says("a list of texts of 1 to 255 characters, none of them NUL")]
DiskFormat = Annotated[Literal[DISK_FORMATS], says(f"one of {', '.join(DISK_FORMATS)}")]  # type: ignore[valid-type]
ContainerFormat = Annotated[
    Literal[CONTAINER_FORMATS],  # type: ignore[valid-type]
    says(f"one of {', '.join(CONTAINER_FORMATS)}"),
]
Visibility = Annotated[Literal["private", "shared"], says("private or shared")]
MemberStatus = Annotated[
    Literal["pending", "accepted", "rejected"], says("pending, accepted or rejected")
]
ID = Annotated[str, Meta(pattern=rf"\A{UUID_PATTERN}\Z", description="a UUID")]
TenantID = Annotated[str, text(TENANT_ID_MAX, least=1)]
Moment = Annotated[str, Meta(pattern=r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", description="UTC")]


class NewImage(msgspec.Struct):
    """What a new image may be said to be. Every other key is a custom property, a text."""

    id: ID | None = None
    name: Name | None = None
    disk_format: DiskFormat | None = None
    container_format: ContainerFormat | None = None
    visibility: Visibility = "shared"
    min_disk: Annotated[int, COUNT] = 0
    min_ram: Annotated[int, COUNT] = 0
    protected: Annotated[bool, FLAG] = False
    os_hidden: Annotated[bool, FLAG] = False
    owner: TenantID | None = None
    tags: Tags = []


class ImageOut(msgspec.Struct):
    """An image. Every other key is a custom property, a text."""

    id: ID
    name: str | None
    disk_format: str | None
    container_format: str | None
    visibility: Visibility
    size: Annotated[int, BYTES] | None
    virtual_size: Annotated[int, BYTES] | None
    status: Literal[STATUSES]  # type: ignore[valid-type]
    checksum: str | None
    protected: bool
    min_ram: int
    min_disk: int
    owner: str
    os_hidden: bool
    os_hash_algo: str | None
    os_hash_value: str | None
    created_at: Moment
    updated_at: Moment
    tags: list[str]
    self: str
    file: str
    schema: str


class ImagesOut(msgspec.Struct, omit_defaults=True):
    images: list[ImageOut]
    first: str
    schema: str
    next: str = ""


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    """`note` and `checklist` are Proffer's: what the consumer reads, and that the owner confirmed the checklist."""

    member: TenantID
    note: Annotated[str, text(NOTE_MAX)] = ""
    checklist: Annotated[bool, FLAG] | None = None


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What a member answers. Clients send `member` too; the address says whose it is."""

    status: MemberStatus
    member: Any = None


class MemberOut(msgspec.Struct):
    member_id: str
    image_id: str
    status: MemberStatus
    created_at: Moment
    updated_at: Moment
    schema: str


class MembersOut(msgspec.Struct, omit_defaults=True):
    members: list[MemberOut]
    schema: str
    next: str = ""


class Link(msgspec.Struct):
    rel: str
    href: str


class Version(msgspec.Struct):
    id: str
    status: Literal["CURRENT", "SUPPORTED"]
    links: list[Link]


class VersionsOut(msgspec.Struct):
    versions: list[Version]


class Pruned(msgspec.Struct):
    """Which memberships went."""

    pruned: list["PrunedMember"]


class PrunedMember(msgspec.Struct):
    image_id: str
    member_id: str


def image_out(image: Image, tags: list[str]) -> dict[str, Any]:
    """The record as every party reads it. An image on hold is told as what it is to clients: deactivated."""
    address = f"/v2/images/{image.pk}"
    return {
        **image.properties,
        **_own_facts(image),
        "name": image.name or None,
        "disk_format": image.disk_format or None,
        "container_format": image.container_format or None,
        "visibility": image.visibility,
        "size": None if image.status == Image.Status.QUEUED else image.size,
        "virtual_size": image.virtual_size,
        "status": status_of(image),
        "checksum": image.checksum or None,
        "protected": image.protected,
        "min_ram": image.min_ram,
        "min_disk": image.min_disk,
        "owner": image.owner_id,
        "os_hidden": image.os_hidden,
        "os_hash_algo": image.os_hash_algo or None,
        "os_hash_value": image.os_hash_value or None,
        "id": str(image.pk),
        "created_at": moment(image.created_at),
        "updated_at": moment(image.updated_at),
        "tags": tags,
        "self": address,
        "file": f"{address}/file",
        "schema": "/v2/schemas/image",
    }


def status_of(image: Image) -> str:
    if image.on_hold and image.status == Image.Status.ACTIVE:
        return Image.Status.DEACTIVATED.value
    return str(image.status)


def _own_facts(image: Image) -> dict[str, str]:
    facts = {}
    if image.base_image_ref:
        facts[BASE_IMAGE] = str(image.base_image_ref)
    if image.redistributable:
        facts[REDISTRIBUTABLE] = "true"
    if image.export_acknowledged_at:
        facts[ACKNOWLEDGED] = "true"
    return facts


def member_out(membership: Membership) -> dict[str, Any]:
    return {
        "member_id": membership.member_id,
        "image_id": str(membership.image_id),
        "status": membership.status,
        "created_at": moment(membership.created_at),
        "updated_at": moment(membership.since),
        "schema": "/v2/schemas/member",
    }


def member_rows_out(
    image_id: UUID, rows: Iterable[tuple[str, str, datetime, datetime | None]]
) -> list[dict[str, Any]]:
    """The members of one image, each as `member_out`, of `reads.MEMBER_ROW`: an image may have a million."""
    told = {"image_id": str(image_id), "schema": "/v2/schemas/member"}
    return [
        {
            "member_id": member_id,
            "status": status,
            "created_at": moment(created_at),
            "updated_at": moment(answered_at or created_at),
            **told,
        }
        for member_id, status, created_at, answered_at in rows
    ]


def moment(at: datetime) -> datetime:
    """Without the fraction, and so encoded as `2026-11-23T09:50:24Z`."""
    return at.replace(microsecond=0)
