"""The parts of an image list, and what of each an index serves."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, OuterRef, Q, QuerySet

from sharing.api import reads
from sharing.api.filters import Condition, condition_of, is_narrow, leading, sought, with_tags
from sharing.api.parameters import SORTED_MAX
from sharing.api.query import Query
from sharing.errors import BadInput
from sharing.models import Image, Membership
from sharing.models.image import ImageQuerySet
from sharing.models.image_conditions import maybe_tagged
from sharing.models.membership import MembershipQuerySet, there_is
from sharing.models.prepared import run
from sharing.paging import PAGE_SIZE, is_one_way, rows_after
from sharing.searching import LOOKED_THROUGH, Part, Row, look, looked_through, visible_end

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
    """`rows`: what the images are listed by; `orders`: the fields that an index sorts those by."""

    images: ImageQuerySet
    rows: ImageQuerySet | MembershipQuerySet
    orders: Collection[str]
    is_own: bool


class Narrowed(NamedTuple):
    """What a query leaves of an arm. `whole`: the same without a bound, as an index leads to what is rare."""

    part: Part
    whole: Callable[[], Part]


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


def narrowed(
    arms: Sequence[Arm], query: Query, order: Sequence[str], tenant_id: str
) -> list[Narrowed]:
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
    condition = condition_of(query)
    if condition is None:
        return []
    left, narrow = [], is_narrow(query)
    for arm in arms:
        whole = partial(_whole, arm, condition, query)
        bounded = None if narrow else _bounded(arm, condition, query, order)
        left.append(Narrowed(bounded or whole(), whole))
    return left


def _whole(arm: Arm, condition: Condition, query: Query) -> Part:
    return Part(arm.images, Q(condition(arm.images), with_tags(query)), 0)


def _bounded(arm: Arm, condition: Condition, query: Query, order: Sequence[str]) -> Part | None:
    """So many rows in order, where no index serves the query; BadInput where none has the order."""
    if not is_one_way(order) or order[0].removeprefix("-") not in arm.orders:
        rows = leading(query, NEWEST_FIRST)(arm.rows)
        if list(rows_after([rows], NEWEST_FIRST, (), SORTED_MAX + 1)[SORTED_MAX:]):
            raise BadInput(TOO_MANY)
        return None
    names = sought(query, order, own=arm.is_own)
    if not names:
        return None
    lead = leading(query, order)
    if names == {"tag"} and isinstance(arm.rows, MembershipQuerySet):
        return _by_words(arm, lead(arm.rows), condition, query.values["tag"])
    images, most = lead(arm.images), OWN_LOOKED_AT if arm.is_own else SHARED_LOOKED_AT
    return Part(images, condition(images), most)


def _by_words(
    arm: Arm, rows: MembershipQuerySet, condition: Condition, tags: Sequence[str]
) -> Part:
    """By what memberships copied, which stands in each index: only an image that may have the tags is looked at."""
    found = arm.images.filter(condition(Image.objects.all()), pk=OuterRef("image_id"))
    matches = Q(*(maybe_tagged(rows, tag) for tag in tags), there_is(found))
    return Part(rows, matches, LOOKED_THROUGH, rows.in_force())


def found(
    asked: Sequence[Narrowed], order: Sequence[str], values: Sequence[Any], size: int
) -> tuple[list[Image], UUID | None]:
    """The images of the page after `values`, and the key of the last one that it looked at, where more may follow.

    It looks at so many rows, and with nothing found goes on until the first: a client stops at a page that is empty.
    """
    pages, key = -(-size // PAGE_SIZE), len(order) - 1
    parts = [part._replace(most=part.most * pages) for part, _ in asked]
    # Of rows that are looked through, no more than what tells whether they are found; else the whole images.
    told = () if any(part.most for part in parts) else COLUMNS
    rows, end = _looked_through(parts, order, values, size, told)
    if not rows and end:
        rows, _ = _looked_through([whole() for _, whole in asked], order, end, 0)
        return _images(rows, order), rows[0][key] if rows else None
    last = rows[size - 1] if len(rows) > size else end
    return _images(rows[:size], order), last[key] if last else None


def _looked_through(
    parts: Sequence[Part],
    order: Sequence[str],
    values: Sequence[Any],
    size: int,
    told: Sequence[str] = (),
) -> tuple[list[Row], Row]:
    return looked_through(
        order, values, size,
        lambda after: run(look(parts, order, after, size, told=told)),
        lambda part, after, end: visible_end(parts[part], order, after, end),
        shown_empty=False,
    )  # fmt: skip


def _images(rows: Sequence[Row], order: Sequence[str]) -> list[Image]:
    if not rows or len(rows[0]) > len(order):
        return made_of(rows)
    found = {image.pk: image for image in reads.images(*(row[-1] for row in rows))}
    return [found[row[-1]] for row in rows if row[-1] in found]


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
