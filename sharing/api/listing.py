"""The image list: whose, in which order, and which page of it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.http import HttpResponse

from sharing.api import reads
from sharing.api.arms import NEWEST_FIRST, PAGE_MAX, SIZES, arms_of, made_of, rows_of, size_for
from sharing.api.calls import Call, answer
from sharing.api.links import link
from sharing.api.narrowing import asked_by, found
from sharing.api.parameters import DIRECTIONS, MEMBER_STATUSES, SORT_KEYS, VISIBILITIES
from sharing.api.query import Query
from sharing.api.wire import image_out
from sharing.errors import BadInput
from sharing.models import Image, Membership
from sharing.models.image import ImageQuerySet
from sharing.models.prepared import Prepared, by_value
from sharing.paging import PAGE_SIZE, Listing, rows_after
from sharing.replica import read_list

UNFILTERED = {"visibility", "member_status", "limit", "marker", "sort", "sort_key", "sort_dir"}


def index(call: Call) -> HttpResponse:
    """The tenant's own images and those shared to it that it accepted, or as `member_status` says."""
    return read_list(lambda: _index(call, Query(call)), by=call.actor)


def _index(call: Call, query: Query) -> HttpResponse:
    limit = query.number("limit")
    size = PAGE_SIZE if limit is None else min(limit, PAGE_MAX)
    images, last = _page(query, call.actor.tenant_id, size)
    tags = reads.tags_of([image.pk for image in images])
    told: dict[str, Any] = {
        "images": [image_out(image, tags[image.pk]) for image in images],
        "first": link(call, marker=None),
        "schema": "/v2/schemas/images",
    }
    if last is not None:
        told["next"] = link(call, marker=str(last))
    return answer(200, told)


def _page(query: Query, tenant_id: str, size: int) -> tuple[list[Image], UUID | None]:
    """The images, and where more may follow, the key of the one to go on after."""
    visibility = query.one_of("visibility", VISIBILITIES)
    member_status = query.one_of("member_status", MEMBER_STATUSES) or Membership.Status.ACCEPTED
    order = _order(query)
    if size and query.values.keys() <= UNFILTERED and _is_sorted(order, visibility, member_status):
        pages = PAGES[size_for(size)]
        whose = {"visibility": visibility, "member_status": member_status}
        rows = pages.fetch([tenant_id], whose, order, _marker(query, tenant_id, order))
        images = made_of(rows[:size])
        return images, images[-1].pk if len(rows) > size else None
    asked = asked_by(query, tenant_id, visibility, member_status, order, size)
    after = _marker(query, tenant_id, order)
    return found(asked, after) if asked and size else ([], None)


@lru_cache(maxsize=100)
def _is_sorted(order: tuple[str, ...], visibility: str, member_status: str) -> bool:
    """Whether the list has parts, and in each an index has the images in this order."""
    arms = arms_of("", visibility, member_status)
    return bool(arms) and all(arm.is_sorted(order) for arm in arms)


def _listed(tenant_id: str, *, visibility: str, member_status: str) -> tuple[ImageQuerySet, ...]:
    arms = arms_of(tenant_id, visibility, member_status)
    return tuple(arm.images.filter(os_hidden=False) for arm in arms)


class _Pages(Listing[ImageQuerySet]):
    """What most clients ask for: no filter but whose images. With each image, all that is told of it."""

    def __init__(self, size: int) -> None:
        super().__init__(_listed)
        self._size = size

    def rows(
        self, arms: Sequence[ImageQuerySet], way: Sequence[str], values: Sequence[Any]
    ) -> QuerySet[Image, tuple[Any, ...]]:
        return rows_of(arms, way, values, self._size + 1)

    def is_planned_once(self, way: Sequence[str]) -> bool:
        # Only this index has that order and the status: no plan could take another. By name or size, one could sort.
        return tuple(way) == NEWEST_FIRST


PAGES = {size: _Pages(size) for size in SIZES}


def _order(query: Query) -> tuple[str, ...]:
    """Field names for the database, the key last. Default: the newest first."""
    pairs = _sorted_by(query) or [("created_at", "desc")]
    keys = [key for key, _ in pairs]
    said_key, said_direction = (
        ("sort", "sort") if "sort" in query.values else ("sort_key", "sort_dir")
    )
    for key, direction in pairs:
        if key not in SORT_KEYS:
            raise BadInput(f"{said_key}: by one of {', '.join(SORT_KEYS)}.")
        if direction not in DIRECTIONS:
            raise BadInput(f"{said_direction}: {' or '.join(DIRECTIONS)}.")
    if len(set(keys)) < len(keys):
        raise BadInput(f"{said_key}: by each field once.")
    if keys == ["name"]:
        # Lower case goes with upper case then, as in Glance on MySQL; an index serves that order.
        pairs = [("words", pairs[0][1])]
    if "id" in keys:
        pairs = pairs[: keys.index("id") + 1]
    else:
        pairs.append(("id", pairs[-1][1]))
    return tuple(f"-{key}" if direction == "desc" else key for key, direction in pairs)


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


def _marker(query: Query, tenant_id: str, order: tuple[str, ...]) -> tuple[Any, ...]:
    """The values of the row that the page comes after: the last of the page before.

    Any image that the tenant may list will do: it may have left this list since, as by an answer.
    """
    if "marker" not in query.values:
        return ()
    refused = BadInput("marker: the id of an image of this list.")
    try:
        key = UUID(query.text("marker"))
    except ValueError as error:
        raise refused from error
    for row in _marked(order)(tenant_id, key):
        return row
    raise refused


@lru_cache(maxsize=100)
def _marked(order: tuple[str, ...]) -> Prepared[tuple[Any, ...]]:
    """What the list goes by of one image, which of a member's may be older than the image."""

    @by_value
    def marked(tenant_id: str, image_id: UUID) -> QuerySet[Image, tuple[Any, ...]]:
        # A replica may lack it: the page before may have come from the primary.
        images = Image.objects.using(DEFAULT_DB_ALIAS).filter(pk=image_id)
        arms = images.owned_by(tenant_id), images.shared_to(tenant_id, *Membership.Status.values)
        return rows_after(arms, order, (), 1)

    return marked
