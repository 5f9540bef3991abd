"""What the image service says of itself: its versions, and the schemas of what it answers."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from sharing.api.calls import Call, answer
from sharing.api.wire import CONTAINER_FORMATS, DISK_FORMATS, STATUSES, Link, Version, VersionsOut
from sharing.models import Image, Membership
from sharing.shapes import UUID_PATTERN

CURRENT = "v2.17"
SUPPORTED = (
    "v2.15", "v2.13", "v2.12", "v2.11", "v2.10", "v2.9", "v2.8", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2",
    "v2.1", "v2.0",
)  # fmt: skip


def root(call: Call) -> HttpResponse:
    return answer(300, _versions(call))


def versions(call: Call) -> HttpResponse:
    return answer(200, _versions(call))


def _versions(call: Call) -> VersionsOut:
    links = [Link("self", call.request.build_absolute_uri("/image/v2/"))]
    supported = [Version(number, "SUPPORTED", links) for number in SUPPORTED]
    return VersionsOut([Version(CURRENT, "CURRENT", links), *supported])


def schema(document: dict[str, Any]) -> Callable[[Call], HttpResponse]:
    return lambda call: answer(200, document)


def _text(most: int = 255, **more: Any) -> dict[str, Any]:
    return {"type": ["null", "string"], "maxLength": most, **more}


_UUID = {"type": "string", "pattern": f"^{UUID_PATTERN}$"}
_TIME = {"type": "string", "readOnly": True}
_COUNT = {"type": "integer"}
_SCHEMA_LINK = {"type": "string", "readOnly": True}

MEMBER = {
    "name": "member",
    "properties": {
        "member_id": {"type": "string", "description": "The tenant ID of the member."},
        "image_id": _UUID,
        "created_at": {"type": "string"},
        "updated_at": {"type": "string"},
        "status": {"type": "string", "enum": Membership.Status.values},
        "schema": _SCHEMA_LINK,
    },
}
MEMBERS = {
    "name": "members",
    "properties": {"members": {"type": "array", "items": MEMBER}, "schema": {"type": "string"}},
    "links": [{"rel": "describedby", "href": "{schema}"}],
}
IMAGE = {
    "name": "image",
    "properties": {
        "id": _UUID,
        "name": _text(),
        "status": {"type": "string", "readOnly": True, "enum": list(STATUSES)},
        "visibility": {"type": "string", "enum": Image.Visibility.values},
        "protected": {"type": "boolean"},
        "os_hidden": {"type": "boolean"},
        "checksum": _text(32, readOnly=True),
        "os_hash_algo": _text(64, readOnly=True),
        "os_hash_value": _text(128, readOnly=True),
        "owner": _text(),
        "size": {"type": ["null", "integer"], "readOnly": True},
        "virtual_size": {"type": ["null", "integer"], "readOnly": True},
        "container_format": {"type": ["null", "string"], "enum": [None, *CONTAINER_FORMATS]},
        "disk_format": {"type": ["null", "string"], "enum": [None, *DISK_FORMATS]},
        "created_at": _TIME,
        "updated_at": _TIME,
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 255}},
        "min_ram": _COUNT,
        "min_disk": _COUNT,
        "self": _SCHEMA_LINK,
        "file": _SCHEMA_LINK,
        "schema": _SCHEMA_LINK,
    },
    "additionalProperties": {"type": "string"},
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
IMAGES = {
    "name": "images",
    "properties": {
        "images": {"type": "array", "items": IMAGE},
        "first": {"type": "string"},
        "next": {"type": "string"},
        "schema": {"type": "string"},
    },
    "links": [
        {"rel": "first", "href": "{first}"},
        {"rel": "next", "href": "{next}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
