"""Reads an Image API v2 list, what a cloud answers to `GET /v2/images`, and says what is wrong where it cannot."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from sharing.errors import BadInput
from sharing.printable import printable
from sharing.shapes import BYTES, COUNT, FLAG, NOT_JSON, UUID_PATTERN, must_be, says, text

PROPERTY_NAME_MAX = 255
# What the cloud adds and is no custom property; `owner` is its project, and the locations are its secret.
NOT_PROPERTIES = {"owner", "self", "file", "schema", "stores", "direct_url", "locations"}


MOMENT = Meta(tz=True, description="a date and time with its zone, such as 2026-11-23T10:38:28Z")


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


class ImageList(msgspec.Struct):
    images: list[msgspec.Raw]


class Entry(NamedTuple):
    """An image of the list, its place counted from 1."""

    place: int
    listed: Listed
    properties: dict[str, str]

    def refused(self, wrong: str) -> BadInput:
        return _refused(self.place, self.listed.id, self.listed.name, wrong)


class Wrong(Exception):
    """A field is not what it must be; the text says what."""


def entries(data: bytes) -> Iterator[Entry]:
    """The images of the list (JSON), dates in UTC.

    Raises BadInput at the first that is not of the form or has the ID of an earlier one, naming it and what is allowed.
    """
    places: dict[UUID, int] = {}
    for place, raw in enumerate(_raw_images(data), start=1):
        entry = Entry(place, *_read(place, raw))
        first = places.setdefault(entry.listed.id, place)
        if first != place:
            raise entry.refused(f"its id is that of image {first} too")
        yield entry


def _raw_images(data: bytes) -> list[msgspec.Raw]:
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
    return must_be(Listed, found[1])


def _utc(field: str, moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Wrong(must_be(Listed, field)) from None


def _properties(record: dict[str, Any]) -> dict[str, str]:
    """The custom properties: every field that is not a known one. One that is null is not set."""
    properties = {}
    for name, value in record.items():
        if name in NOT_CUSTOM:
            continue
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
