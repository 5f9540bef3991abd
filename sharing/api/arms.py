"""The parts of an image list, and what of each an index serves."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, QuerySet

from sharing.models import Image, Membership
from sharing.models.image import ImageQuerySet
from sharing.models.membership import MembershipQuerySet
from sharing.paging import PAGE_SIZE, is_one_way, rows_after

COLUMNS = [field.attname for field in Image._meta.concrete_fields]
NEWEST_FIRST = ("-created_at", "-id")
PAGE_MAX = 1000
# The next larger one serves a page of a size in between, so that there are few statements.
SIZES = (5, PAGE_SIZE, 50, 100, 200, 500, PAGE_MAX)
OF_OWNER = frozenset({"created_at", "words", "size", "updated_at"})
OF_ACCEPTED, OF_OTHERS = OF_OWNER - {"updated_at"}, frozenset({"created_at"})


class Arm(NamedTuple):
    """`rows`: what the images are listed by; `orders`: the fields that an index sorts those by."""

    images: ImageQuerySet
    rows: ImageQuerySet | MembershipQuerySet
    orders: Collection[str]
    is_own: bool

    def is_sorted(self, order: Sequence[str]) -> bool:
        """Whether an index has the images in this order."""
        return is_one_way(order) and order[0].removeprefix("-") in self.orders


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


def size_for(size: int) -> int:
    """The one of SIZES that serves a page of so many."""
    return next(one for one in SIZES if one >= size)


def _shared(tenant_id: str, status: str) -> Arm:
    rows = Membership.objects.of_member(tenant_id)
    images = Image.objects.shared_to(tenant_id, status)
    if status == Membership.Status.ACCEPTED:
        return Arm(images, rows.accepted().listing(), OF_ACCEPTED, is_own=False)
    return Arm(images, rows.filter(status=status).listing(), OF_OTHERS, is_own=False)


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
