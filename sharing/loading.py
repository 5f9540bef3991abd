"""Takes over the image records of an Image API v2 list: what a cloud answers to `GET /v2/images`."""

import re
from codecs import BOM_UTF8
from datetime import UTC, datetime
from itertools import batched
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Meta

from sharing.errors import BadInput
from sharing.models import Image, ImageTag, Tenant
from sharing.printable import printable
from sharing.transactions import whole

RECORDS_A_STATEMENT = 1000
BIGGEST_INTEGER = 2**31 - 1
BIGGEST_BIG_INTEGER = 2**63 - 1
PROPERTY_NAME_MAX = 255
UUID_PATTERN = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# What the cloud adds and is no custom property; `owner` is its project, and the locations are its secret.
NOT_PROPERTIES = {"owner", "self", "file", "schema", "stores", "direct_url", "locations"}
# Data on its way is data not here yet. A status that is not in this table is that of a dead image.
STATUS_HERE = {
    "active": Image.Status.ACTIVE,
    "deactivated": Image.Status.DEACTIVATED,
    **dict.fromkeys(("queued", "saving", "uploading", "importing"), Image.Status.QUEUED),
}


def says(description: str) -> Meta:
    return Meta(description=description)


def text(most: int, least: int = 0) -> Meta:
    words = (
        f"text of {least} to {most} characters" if least else f"text of at most {most} characters"
    )
    return Meta(
        min_length=least,
        max_length=most,
        pattern=r"\A[^\x00]*\Z",
        description=f"{words}, none of them NUL",
    )


def whole_number(most: int) -> Meta:
    return Meta(ge=0, le=most, description=f"a whole number from 0 to {most}")


MOMENT = Meta(tz=True, description="a date and time with its zone, such as 2026-11-23T10:38:28Z")
BYTES = whole_number(BIGGEST_BIG_INTEGER)
COUNT = whole_number(BIGGEST_INTEGER)
FLAG = says("true or false")


class Listed(msgspec.Struct):
    """The known fields of a record, named as in the model, each with what is allowed in it."""

    id: Annotated[UUID, says("a UUID")]
    status: Annotated[
        Literal[
            "queued", "saving", "uploading", "importing", "active", "deactivated",
            "killed", "deleted", "pending_delete",
        ],
        says("one of the Image API: active, queued, deactivated, saving, uploading, importing, killed, ..."),
    ]  # fmt: skip
    created_at: Annotated[datetime, MOMENT]
    updated_at: Annotated[datetime, MOMENT]
    name: Annotated[str, text(255)] | None = None
    visibility: Annotated[
        Literal["private", "shared"],
        says("private or shared: Proffer has no public or community images"),
    ] = "shared"
    disk_format: Annotated[str, text(32)] | None = None
    container_format: Annotated[str, text(32)] | None = None
    size: Annotated[int, BYTES] | None = None
    virtual_size: Annotated[int, BYTES] | None = None
    checksum: Annotated[str, text(32)] | None = None
    os_hash_algo: Annotated[str, text(64)] | None = None
    os_hash_value: Annotated[str, text(128)] | None = None
    min_disk: Annotated[int, COUNT] = 0
    min_ram: Annotated[int, COUNT] = 0
    protected: Annotated[bool, FLAG] = False
    os_hidden: Annotated[bool, FLAG] = False
    # Empty in the snapshot of a server that booted from a volume.
    base_image_ref: (
        Annotated[str, Meta(pattern=rf"\A({UUID_PATTERN})?\Z", description="a UUID, empty")] | None
    ) = None
    tags: Annotated[
        list[Annotated[str, text(255, least=1)]],
        says("a list of texts of 1 to 255 characters, none of them NUL"),
    ] = []


NOT_CUSTOM = NOT_PROPERTIES.union(Listed.__struct_fields__)
FROM_CLOUD = (
    *[name for name in Listed.__struct_fields__ if name not in ("id", "tags")],
    "properties",
)


NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Wrong(Exception):
    """A field is not what it must be; the text says what."""


class ImageList(msgspec.Struct):
    images: list[msgspec.Raw]


class Record(NamedTuple):
    """A live record of the list: its place, counted from 1, the image it describes, and that image's tags."""

    place: int
    image: Image
    tags: frozenset[str]


class Loaded(NamedTuple):
    """How many images of the list were new here, differed, did not, and were left out as killed or deleted."""

    new: int
    changed: int
    unchanged: int
    dead: int


def load_images(data: bytes, owner: Tenant) -> Loaded:
    """Makes the images of the list (JSON) the owner's, and those it has already like the list; all or none.

    Records that the cloud calls killed or deleted have no data to share: they are left out, and an image here stays
    as it is, because ending its memberships is its owner's act. So do images that the list lacks.
    An image keeps what is Proffer's own: memberships, hold, and the confirmed checklist (which no longer stands
    where the checksum changed).
    Raises BadInput, naming the record and what is allowed, for a list that cannot be loaded whole: not of the
    form, an ID twice, or an ID that belongs to another tenant here.
    """
    records, dead = _read_list(data, owner)
    new, changed = _compare(records)
    _write(new, changed)
    return Loaded(len(new), len(changed), len(records) - len(new) - len(changed), dead)


def _read_list(data: bytes, owner: Tenant) -> tuple[list[Record], int]:
    """The live records of the list, and how many dead ones it has."""
    places: dict[UUID, int] = {}
    records = []
    raw_records = _raw_records(data)
    for place, raw in enumerate(raw_records, start=1):
        listed, properties = _read(place, raw)
        first = places.setdefault(listed.id, place)
        if first != place:
            raise _refused(place, listed.id, listed.name, f"its id is that of image {first} too")
        if listed.status in STATUS_HERE:
            records.append(Record(place, _image(listed, properties, owner), frozenset(listed.tags)))
    return records, len(raw_records) - len(records)


def _raw_records(data: bytes) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(data.removeprefix(BOM_UTF8), type=ImageList).images
    except msgspec.ValidationError as error:
        raise BadInput(
            "This is no Image API v2 list: it must be an object with a list named images. Nothing was loaded."
        ) from error
    except NOT_JSON as error:
        raise BadInput(f"This is not JSON: {error}. Nothing was loaded.") from error


def _read(place: int, raw: msgspec.Raw) -> tuple[Listed, dict[str, str]]:
    record: Any = {}
    try:
        record = msgspec.json.decode(raw)
        listed = msgspec.convert(record, Listed)
        for field in ("created_at", "updated_at"):
            setattr(listed, field, _utc(field, getattr(listed, field)))
        return listed, _properties(record)
    except Wrong as error:
        wrong = str(error)
    except msgspec.ValidationError as error:
        wrong = _explain(error)
    except NOT_JSON as error:
        wrong = f"it is not JSON: {error}"
    known = record if isinstance(record, dict) else {}
    raise _refused(place, known.get("id"), known.get("name"), wrong)


def _refused(place: int, id_: object, name: object, wrong: str) -> BadInput:
    known = [f"id {printable(id_)}"] if id_ else []
    known += [f"“{printable(name)}”"] if name else []
    label = f" ({', '.join(known)})" if known else ""
    return BadInput(f"Image {place}{label}: {wrong}. Nothing was loaded.")


def _explain(error: msgspec.ValidationError) -> str:
    """Says which field must be what. msgspec's message ends with the field or its path: "... - at `$.tags[0]`"."""
    found = re.search(r"`(?:\$\.)?(\w+)[^`]*`\Z", str(error))
    if found is None or found[1] not in Listed.__struct_fields__:
        return "it must be an object with the fields of an image, its numbers within 64 bits"
    return must_be(found[1])


def must_be(field: str) -> str:
    return f"{field} must be {_allowed(get_type_hints(Listed, include_extras=True)[field])}"


def _allowed(hint: Any) -> str:
    if hint is type(None):
        return "null"
    if hasattr(hint, "__metadata__"):
        return str(hint.__metadata__[0].description)
    return ", or ".join(map(_allowed, get_args(hint)))


def _utc(field: str, moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Wrong(must_be(field)) from None


def _properties(record: dict[str, Any]) -> dict[str, str]:
    """The custom properties: every field that is not a known one. One that is null is not set."""
    properties = {}
    for name in record.keys() - NOT_CUSTOM:
        value = record[name]
        if len(name) > PROPERTY_NAME_MAX or "\x00" in name:
            raise Wrong(
                f"the name of the property {printable(name)} must be "
                f"text of at most {PROPERTY_NAME_MAX} characters, none of them NUL"
            )
        if value is not None and (not isinstance(value, str) or "\x00" in value):
            raise Wrong(f"the property {printable(name)} must be text without NUL, or null")
        if value is not None:
            properties[name] = value
    return properties


def _image(listed: Listed, properties: dict[str, str], owner: Tenant) -> Image:
    values = {
        name: value for name, value in msgspec.structs.asdict(listed).items() if value is not None
    }
    del values["tags"]
    values["status"] = STATUS_HERE[listed.status]
    values["base_image_ref"] = UUID(listed.base_image_ref) if listed.base_image_ref else None
    return Image(owner=owner, properties=properties, **values)


def _compare(records: list[Record]) -> tuple[list[Record], list[Record]]:
    """Which records are new here, and which differ from what is here."""
    new, changed = [], []
    for batch in batched(records, RECORDS_A_STATEMENT):
        standing = Image.objects.prefetch_related("tags").in_bulk(
            [record.image.pk for record in batch]
        )
        for record in batch:
            image = standing.get(record.image.pk)
            if image is None:
                new.append(record)
            elif image.owner_id != record.image.owner_id:
                wrong = f"its id is that of an image of tenant {image.owner_id} here"
                raise _refused(record.place, image.pk, record.image.name, wrong)
            elif _differs(record, image):
                changed.append(record)
    return new, changed


def _differs(record: Record, image: Image) -> bool:
    if record.tags != {tag.name for tag in image.tags.all()}:
        return True
    return any(getattr(record.image, name) != getattr(image, name) for name in FROM_CLOUD)


@whole
def _write(new: list[Record], changed: list[Record]) -> None:
    Image.objects.bulk_create([record.image for record in new], batch_size=RECORDS_A_STATEMENT)
    # One upsert for many rows; bulk_update's CASE per row and column is slower by far.
    Image.objects.bulk_create(
        [record.image for record in changed],
        batch_size=RECORDS_A_STATEMENT,
        update_conflicts=True,
        update_fields=FROM_CLOUD,
        unique_fields=["id"],
    )
    for batch in batched(changed, RECORDS_A_STATEMENT):
        ImageTag.objects.filter(image_id__in=[record.image.pk for record in batch]).delete()
    tags = (ImageTag(image=image, name=tag) for _, image, tags in (*new, *changed) for tag in tags)
    ImageTag.objects.bulk_create(tags, batch_size=RECORDS_A_STATEMENT)
