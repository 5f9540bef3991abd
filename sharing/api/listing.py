"""The image list: whose, in which order, and which page of it."""

from typing import Any
from uuid import UUID

from django.db import models
from django.http import HttpResponse

from sharing.api.calls import Call, answer
from sharing.api.filters import narrowing
from sharing.api.links import link
from sharing.api.query import Query
from sharing.api.wire import image_out
from sharing.errors import BadInput
from sharing.models import Image, Membership
from sharing.models.image import ImageQuerySet
from sharing.paging import PAGE_SIZE, rows_after

PAGE_MAX = 1000
SORT_KEYS = (
    "name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at",
)  # fmt: skip
DIRECTIONS = ("asc", "desc")
VISIBILITIES = ("private", "shared", "all", "public", "community")


def index(call: Call) -> HttpResponse:
    """The tenant's own images and those shared to it that it accepted, or as `member_status` says."""
    query = Query(call)
    narrow = narrowing(query)
    arms = [narrow(arm) for arm in _arms(query, call.actor.tenant_id)]
    order = _order(query)
    limit = query.number("limit")
    size = PAGE_SIZE if limit is None else min(limit, PAGE_MAX)
    values = _marker(query, arms, order)
    rows = rows_after(arms, order, values, size + 1) if arms and size else []
    keys = [row[-1] for row in rows[:size]]
    found = Image.objects.prefetch_related("tags").fetch_mode(models.FETCH_RAISE).in_bulk(keys)
    told: dict[str, Any] = {
        "images": [image_out(found[key]) for key in keys if key in found],
        "first": link(call, marker=None),
        "schema": "/v2/schemas/images",
    }
    if len(rows) > size:
        told["next"] = link(call, marker=str(keys[-1]))
    return answer(200, told)


def _arms(query: Query, tenant_id: str) -> list[ImageQuerySet]:
    """Disjoint parts of the list: the tenant's own images, and those shared to it.

    As in Glance, its own are listed whatever `member_status` says; public and community images there are none.
    """
    visibility = query.one_of("visibility", VISIBILITIES)
    statuses = _member_statuses(query)
    mine = Image.objects.owned_by(tenant_id)
    shared = Image.objects.shared_to(tenant_id, *statuses)
    arms = {
        "private": [mine.filter(visibility=Image.Visibility.PRIVATE)],
        "shared": [mine.filter(visibility=Image.Visibility.SHARED), shared],
        "public": [],
        "community": [],
    }.get(visibility, [mine, shared])
    if "owner" in query.values:
        owner = query.text("owner")
        arms = [arm.filter(owner_id=owner) for arm in arms]
    return arms


def _member_statuses(query: Query) -> list[str]:
    known = Membership.Status.values
    asked = query.one_of("member_status", [*known, "all"])
    return known if asked == "all" else [asked or Membership.Status.ACCEPTED]


def _order(query: Query) -> list[str]:
    """Field names for the database, the key last. Default: the newest first."""
    pairs = _sorted_by(query) or [("created_at", "desc")]
    keys = [key for key, _ in pairs]
    for key, direction in pairs:
        if key not in SORT_KEYS:
            raise BadInput(f"sort: by one of {', '.join(SORT_KEYS)}.")
        if direction not in DIRECTIONS:
            raise BadInput(f"sort: {key}:asc or {key}:desc.")
    if len(set(keys)) < len(keys):
        raise BadInput("sort: by each field once.")
    if "id" in keys:
        pairs = pairs[: keys.index("id") + 1]
    else:
        pairs.append(("id", pairs[-1][1]))
    return [f"-{key}" if direction == "desc" else key for key, direction in pairs]


def _sorted_by(query: Query) -> list[tuple[str, str]]:
    """`sort=name:asc,size`, or `sort_key` and `sort_dir`, which may be repeated."""
    sort, keys = query.text("sort"), query.values.get("sort_key", [])
    directions = query.values.get("sort_dir", [])
    if "sort" in query.values:
        if keys or directions:
            raise BadInput("sort: either sort, or sort_key and sort_dir.")
        parts = [part.partition(":") for part in sort.split(",")]
        return [(key.strip(), direction.strip() or "desc") for key, _, direction in parts]
    if len(directions) > max(1, len(keys)):
        raise BadInput("sort_dir: as many as there are sort_key, or one for all.")
    if not keys:
        return [("created_at", directions[0])] if directions else []
    if len(directions) == 1:
        directions = directions * len(keys)
    return [
        (key, directions[number] if number < len(directions) else "desc")
        for number, key in enumerate(keys)
    ]


def _marker(query: Query, arms: list[ImageQuerySet], order: list[str]) -> tuple[Any, ...]:
    """The values of the row that the page comes after: the last of the page before."""
    if "marker" not in query.values:
        return ()
    names = [name.removeprefix("-") for name in order]
    refused = BadInput("marker: the id of an image of this list.")
    try:
        key = UUID(query.text("marker"))
    except ValueError as error:
        raise refused from error
    for arm in arms:
        if found := arm.filter(pk=key).values_list(*names).first():
            return tuple(found)
    raise refused
