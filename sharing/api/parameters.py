"""The parameters of the API's calls: what each may be and what it is for. The lists and OpenAPI read them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from sharing.api.wire import (
    ACKNOWLEDGED,
    BASE_IMAGE,
    CONTAINER_FORMATS,
    DISK_FORMATS,
    REDISTRIBUTABLE,
    STATUSES,
)
from sharing.models import Membership
from sharing.models.tenant import TENANT_ID_MAX
from sharing.shapes import UUID_PATTERN

NUMBER_MAX = 2**63 - 1
TAG_MAX = 255
VISIBILITIES = ("private", "shared", "all", "public", "community")
MEMBER_STATUSES = (*Membership.Status.values, "all")
# Glance knows these too; no image here is ever in one.
NEVER_HERE = (
    "saving", "uploading", "importing", "killed", "deleted", "pending_delete",
)  # fmt: skip
SORT_KEYS = (
    "name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at",
)  # fmt: skip
DIRECTIONS = ("asc", "desc")
# So many images are sorted by what no index has.
SORTED_MAX = 1000
COMPARISONS = ("gt", "gte", "lt", "lte", "eq", "neq")

type Schema = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """`schema`: JSON schema of the value, of a list where the parameter may be repeated."""

    name: str
    description: str
    schema: Schema
    required: bool = False


def _one_of(values: Collection[str]) -> Schema:
    return {"type": "string", "enum": [*values]}


def _some_of(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^({pattern}|in:{pattern}(,{pattern})*)$"}


def _any_of(values: Collection[str]) -> Schema:
    return _some_of(f"({'|'.join(values)})")


def _repeated(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


TEXT: Schema = {"type": "string", "pattern": r"^[^\x00]*$"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": NUMBER_MAX}
UUID: Schema = {"type": "string", "pattern": f"^{UUID_PATTERN}$"}
UUID_OR_NOTHING: Schema = {"type": "string", "pattern": f"^({UUID_PATTERN})?$"}
TENANT_ID: Schema = {
    "type": "string",
    "maxLength": TENANT_ID_MAX,
    "pattern": f"^(?:{settings.TENANT_ID_PATTERN})$",
}
MOMENT: Schema = {
    "type": "string",
    "pattern": rf"^(({'|'.join(COMPARISONS)}):)?\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
}
_SORT = rf"({'|'.join(SORT_KEYS)})(:({'|'.join(DIRECTIONS)}))?"
_OR_SEVERAL = "or `in:` and several, separated by commas"

LIMIT = Parameter(
    "limit",
    "At most so many rows; `next` in the answer leads to those that follow, of fewer rows too.",
    NUMBER,
)
IMAGE_FILTERS = (
    Parameter(
        "visibility", "Images with this visibility. There are no public or community images.", _one_of(VISIBILITIES)
    ),
    Parameter(
        "member_status", "Of the images shared to me, those with this status of mine; by default accepted.",
        _one_of(MEMBER_STATUSES),
    ),
    Parameter("owner", "Images of this tenant.", TEXT),
    Parameter("name", f"Images with this name, {_OR_SEVERAL}.", TEXT),
    Parameter("id", f"The image with this ID, {_OR_SEVERAL}.", _some_of(UUID_PATTERN)),
    Parameter("status", f"Images in this status, {_OR_SEVERAL}.", _any_of((*STATUSES, *NEVER_HERE))),
    Parameter("tag", "Images with this tag; repeated: with all of them.", _repeated(TEXT)),
    Parameter("disk_format", f"Images in this disk format, {_OR_SEVERAL}: {', '.join(DISK_FORMATS)}.", TEXT),
    Parameter(
        "container_format", f"Images in this container format, {_OR_SEVERAL}: {', '.join(CONTAINER_FORMATS)}.", TEXT
    ),
    Parameter("protected", "Images that are protected, or that are not.", FLAG),
    Parameter("os_hidden", "Images that are hidden, in place of those that are not.", FLAG),
    Parameter("size_min", "Images with data of at least so many bytes.", NUMBER),
    Parameter("size_max", "Images with data of at most so many bytes.", NUMBER),
    Parameter("min_disk", "Images that need a disk of so many GB.", NUMBER),
    Parameter("min_ram", "Images that need so many MB of RAM.", NUMBER),
    Parameter(
        "created_at", f"Images made at this moment (UTC), or in relation to it: after `{':`, `'.join(COMPARISONS)}:`.",
        MOMENT,
    ),
    Parameter("updated_at", "Images last changed at this moment, as for created_at.", MOMENT),
    Parameter(BASE_IMAGE, "Images made from the image with this ID; empty: from none.", UUID_OR_NOTHING),
    Parameter(REDISTRIBUTABLE, "Images that members may export, or may not.", FLAG),
    Parameter(ACKNOWLEDGED, "Images whose owner acknowledged the considerations on export, or did not.", FLAG),
)  # fmt: skip
IMAGE_ORDER = (
    Parameter(
        "sort",
        "Fields in order of weight, such as `name:asc,size:desc`; by default `created_at:desc`. A list of more than"
        f" {SORTED_MAX:,} images is sorted by `created_at`, `name` or `size` alone; one's own, by `updated_at` too.",
        {"type": "string", "pattern": f"^{_SORT}(,{_SORT})*$"},
    ),
    Parameter(
        "sort_key", "In place of `sort`: a field; repeated: several in order of weight.", _repeated(_one_of(SORT_KEYS))
    ),
    Parameter("sort_dir", "The direction of each sort_key, or one for all.", _repeated(_one_of(DIRECTIONS))),
)  # fmt: skip
IMAGE_PAGE = (LIMIT, Parameter("marker", "The page after the image with this ID.", UUID))
PROPERTIES = Parameter(
    "properties",
    "Any other parameter is the name of a custom property: images where it has this value.",
    {"type": "object", "additionalProperties": TEXT},
)
IMAGE_LIST = (*IMAGE_FILTERS, *IMAGE_ORDER, *IMAGE_PAGE)
MEMBER_LIST = (
    LIMIT,
    Parameter("marker", "The page after the member with this tenant ID.", TENANT_ID),
    Parameter("status", "Memberships in this status.", _one_of(Membership.Status.values)),
)
PROJECT_LIST = (Parameter("name", "The name of my tenant, or its tenant ID.", TEXT),)

PATH = (
    Parameter("image_id", "The ID of the image.", UUID),
    Parameter("member_id", "The tenant ID of the member.", TENANT_ID),
    Parameter("project_id", "The tenant ID.", TENANT_ID),
    Parameter("user_id", "The ID of the user.", {"type": "string", "pattern": "^[0-9]{1,19}$"}),
    Parameter(
        "tag",
        "The tag.",
        {"type": "string", "minLength": 1, "maxLength": TAG_MAX, "pattern": r"^[^\x00/]*$"},
    ),
)
SUBJECT_TOKEN = Parameter(
    "X-Subject-Token", "The token that is asked about.", {"type": "string"}, required=True
)
OF_DOWNLOAD = (
    Parameter("Range", "Which bytes, such as `bytes=0-1023`: one part of the data.", {"type": "string"}),
    Parameter("If-Match", "The ETag that the data must have.", {"type": "string"}),
    Parameter("If-None-Match", "The ETag of data that the caller has already.", {"type": "string"}),
    Parameter("If-Range", "The ETag of the data that the part goes on from.", {"type": "string"}),
)  # fmt: skip
DATA_LENGTH = Parameter(
    "X-OpenStack-Image-Size",
    "How many bytes come, where the body comes in chunks.",
    {"type": "string", "pattern": "^[0-9]{1,18}$"},
)

# Headers of answers.
TOKEN = Parameter("X-Subject-Token", "The token.", TEXT)
LOCATION = Parameter("Location", "The address of the image.", {"type": "string", "format": "uri"})
CONTENT_MD5 = Parameter(
    "Content-MD5",
    "The MD5 of the data, in hexadecimal.",
    {"type": "string", "pattern": "^[0-9a-f]{32}$"},
)
CONTENT_RANGE = Parameter(
    "Content-Range", "Which part of how many bytes.", {"type": "string", "pattern": "^bytes "}
)
OF_DATA = (
    Parameter("ETag", "The SHA-512 of the data, as a validator.", TEXT),
    Parameter("Repr-Digest", "The SHA-512 of the data, as RFC 9530 has it.", TEXT),
    Parameter("Content-Disposition", "A name to save the data under.", TEXT),
)
