"""The parts of an image list, and what of each an index serves."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, QuerySet

from sharing.api.filters import is_narrow, leading, narrowing, sought
from sharing.api.parameters import SORTED_MAX
from sharing.api.query import Query
from sharing.errors import BadInput
from sharing.models import Image, Membership
from sharing.models.image import ImageQuerySet
from sharing.models.membership import MembershipQuerySet
from sharing.paging import LOOKED_THROUGH, PAGE_SIZE, is_one_way, rows_after, search_end, until

# How many rows a page of 25 looks at, so that it reads a few hundred blocks: for a shared image they are more of them.
OWN_LOOKED_AT, SHARED_LOOKED_AT = 250, 100
COLUMNS = [field.attname for field in Image._meta.concrete_fields]
NEWEST_FIRST = ("-created_at", "-id")
OF_OWNER = frozenset({"created_at", "words", "size", "updated_at"})
OF_ACCEPTED, OF_OTHERS = OF_OWNER - {"updated_at"}, frozenset({"created_at"})
TOO_MANY = (
    f"sort: by created_at, name or size alone where a list has more than {SORTED_MAX:,} images, offers by created_at,"
    " one's own images (by owner) by updated_at, too. Or narrow the list by id, name, created_at or base_image_ref."
)


class Arm(NamedTuple):
    """`rows`: what the images are walked by; `orders`: the fields that an index sorts those by."""

    images: ImageQuerySet
    rows: ImageQuerySet | MembershipQuerySet
    orders: Collection[str]
    is_own: bool
    # How many rows a page looks at; 0 where an index serves all that is asked.
    looked_at: int = 0


def arms_of(tenant_id: str, visibility: str, member_status: str) -> list[Arm]:
    """Disjoint parts of the list: the tenant's own images, and those shared to it.

    As in Glance, its own are listed whatever `member_status` says; public and community images there are none.
    """
    statuses = Membership.Status.values if member_status == "all" else [member_status]
    mine = Image.objects.owned_by(tenant_id)
    own = Arm(mine, mine, OF_OWNER, is_own=True)
    # An index serves the order within each status.
    shared = [_shared(tenant_id, status) for status in statuses]
    return {
        "private": [own._replace(images=mine.private())],
        "shared": [own._replace(images=mine.filter(visibility=Image.Visibility.SHARED)), *shared],
        "public": [],
        "community": [],
    }.get(visibility, [own, *shared])


def _shared(tenant_id: str, status: str) -> Arm:
    rows = Membership.objects.of_member(tenant_id)
    images = Image.objects.shared_to(tenant_id, status)
    if status == Membership.Status.ACCEPTED:
        return Arm(images, rows.accepted().listing(), OF_ACCEPTED, is_own=False)
    return Arm(images, rows.filter(status=status).listing(), OF_OTHERS, is_own=False)


def narrowed(arms: Sequence[Arm], query: Query, order: Sequence[str], tenant_id: str) -> list[Arm]:
    """What the query's filters leave of the list.

    BadInput where more than SORTED_MAX images would have to be sorted, because no index has the order.
    """
    if "owner" in query.values:
        # No tenant is a member of its own images.
        owner_id = query.text("owner")
        arms = [
            arm._replace(images=arm.images.filter(owner_id=owner_id))
            for arm in arms
            if arm.is_own == (owner_id == tenant_id)
        ]
    narrow = narrowing(query)
    arms = [arm._replace(images=narrow(arm.images)) for arm in arms]
    arms = [arm for arm in arms if not arm.images.query.is_empty()]
    return arms if is_narrow(query) else [_bounded(arm, query, order) for arm in arms]


def _bounded(arm: Arm, query: Query, order: Sequence[str]) -> Arm:
    if not is_one_way(order) or order[0].removeprefix("-") not in arm.orders:
        rows = leading(query, NEWEST_FIRST)(arm.rows)
        if list(rows_after([rows], NEWEST_FIRST, (), SORTED_MAX + 1)[SORTED_MAX:]):
            raise BadInput(TOO_MANY)
        return arm
    looked_at = OWN_LOOKED_AT if arm.is_own else SHARED_LOOKED_AT
    names = sought(query, order, own=arm.is_own)
    if names == {"tag"} and not arm.is_own:
        # Its words tell the image from others without a look at it, and stand in each index.
        looked_at = LOOKED_THROUGH
    return arm._replace(rows=leading(query, order)(arm.rows), looked_at=looked_at if names else 0)


def found(
    arms: Sequence[Arm], order: Sequence[str], values: Sequence[Any], size: int
) -> tuple[list[Image], UUID | None]:
    """The images of the page after `values`, and the key of the last one that it looked at, where more may follow.

    It looks at so many rows, and with nothing found goes on until the first: a client stops at a page that is empty.
    """
    images = [arm.images for arm in arms]
    pages = -(-size // PAGE_SIZE)
    walked = [(arm.rows, pages * arm.looked_at) for arm in arms if arm.looked_at]
    end = search_end(walked, order, values, lambda rows: rows.in_force()) if walked else ()
    page = made_of(rows_of(until(images, order, end), order, values, size + 1))
    if len(page) > size:
        return page[:size], page[size - 1].pk
    if page or not end:
        return page, end[-1] if end else None
    page = made_of(rows_of(images, order, end, 1))
    return page, page[0].pk if page else None


def rows_of(
    images: Sequence[ImageQuerySet], order: Sequence[str], values: Sequence[Any], most: int
) -> QuerySet[Image, tuple[Any, ...]]:
    """The next rows of the list: what it goes by, then the whole image, so that it need not be read once more."""
    names = {name.removeprefix("-") for name in order}
    own = {f"listed_{name}": F(name) for name in names}
    keyed = [
        one.annotate(**{name: of for name, of in own.items() if name not in one.query.annotations})
        for one in images
    ]
    return rows_after(keyed, order, values, most, told=COLUMNS)


def made_of(rows: Iterable[tuple[Any, ...]]) -> list[Image]:
    return [Image.from_db(DEFAULT_DB_ALIAS, COLUMNS, row[-len(COLUMNS) :]) for row in rows]
