"""The image list: whose, in which order, and which page of it."""

from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.http import HttpResponse

from sharing.api import reads
from sharing.api.arms import NEWEST_FIRST, arms_of, found, made_of, narrowed, rows_of
from sharing.api.calls import Call, answer
from sharing.api.links import link
from sharing.api.parameters import DIRECTIONS, MEMBER_STATUSES, SORT_KEYS, VISIBILITIES
from sharing.api.query import Query
from sharing.api.wire import image_out
from sharing.errors import BadInput
from sharing.models import Image, Membership
from sharing.models.prepared import Prepared
from sharing.paging import PAGE_SIZE, rows_after
from sharing.replica import read_list

PAGE_MAX = 1000
WHOSE = {"visibility", "member_status"}
NONE_HERE = ("public", "community")


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
    if query.values.keys() <= WHOSE and visibility not in NONE_HERE:
        rows = _first_page(tenant_id, visibility=visibility, member_status=member_status)
        images = made_of(rows[:PAGE_SIZE])
        return images, images[-1].pk if len(rows) > PAGE_SIZE else None
    order = _order(query)
    asked = narrowed(arms_of(tenant_id, visibility, member_status), query, order, tenant_id)
    values = _marker(query, tenant_id, order)
    return found(asked, order, values, size) if asked and size else ([], None)


@Prepared
def _first_page(
    tenant_id: str, *, visibility: str, member_status: str
) -> QuerySet[Image, tuple[Any, ...]]:
    """What most clients ask for: no filter but whose images, the newest first."""
    arms = arms_of(tenant_id, visibility, member_status)
    shown = [arm.images.filter(os_hidden=False) for arm in arms]
    return rows_of(shown, NEWEST_FIRST, (), PAGE_SIZE + 1)


def _order(query: Query) -> list[str]:
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


def _marker(query: Query, tenant_id: str, order: list[str]) -> tuple[Any, ...]:
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
    # A replica may lack it: the page before may have come from the primary.
    images = Image.objects.using(DEFAULT_DB_ALIAS)
    # What the list goes by, which of a member's image may be older than the image.
    for arm in (
        images.owned_by(tenant_id),
        images.shared_to(tenant_id, *Membership.Status.values),
    ):
        for row in rows_after([arm.filter(pk=key)], order, (), 1):
            return row
    raise refused
