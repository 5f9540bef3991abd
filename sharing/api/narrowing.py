"""What the filters leave of an image list: a statement for each form of them, whose SQL is made once."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db.models import Exists, Q, Value

from sharing.api import reads
from sharing.api.arms import COLUMNS, NEWEST_FIRST, Arm, arms_of, made_of, size_for
from sharing.api.filters import Filter, filters_of, is_narrow, leading, sought
from sharing.api.parameters import SORTED_MAX
from sharing.api.query import Query
from sharing.errors import BadInput
from sharing.models import Image
from sharing.models.image_conditions import maybe_tagged, tagged, with_tag
from sharing.models.membership import MembershipQuerySet
from sharing.models.prepared import Prepared
from sharing.models.statements import Look, ended_at
from sharing.paging import PAGE_SIZE, narrowed, rows_after
from sharing.searching import LOOKED_THROUGH, Part, Row, look, looked_through, visible_end

# How many rows a page of 25 looks at, so that it reads a few hundred blocks: for a shared image they are more of them.
OWN_LOOKED_AT, SHARED_LOOKED_AT = 250, 75
KEPT_MAX = 64
TOO_MANY = (
    f"sort: by created_at, name or size alone where a list has more than {SORTED_MAX:,} images, offers by created_at,"
    " one's own images (by owner) by updated_at, too. Or narrow the list by id, name, created_at or base_image_ref."
)


class Asked(NamedTuple):
    """What is asked for. The SQL depends on all of it but the values: tenant IDs, and what the filters compare with.

    `owners`: the tenant whose images alone are asked for, whether that is the one that asks (`is_own`) or another.
    """

    tenant_id: Any
    owners: tuple[Any, ...]
    is_own: bool
    visibility: str
    member_status: str
    order: tuple[str, ...]
    filters: tuple[Filter, ...]
    is_narrow: bool
    size: int

    @property
    def values(self) -> tuple[Any, ...]:
        return (self.tenant_id, *self.owners, *chain(*(one.values for one in self.filters)))

    @property
    def form(self) -> Self:
        """What the SQL depends on: with the type of each value in its place, for a page that may be larger."""
        form = self.with_values([type(value) for value in self.values])
        return form._replace(size=size_for(self.size))

    def with_values(self, values: Sequence[Any]) -> Self:
        """The same with others in their places."""
        rest = iter(values)
        tenant_id, owners = next(rest), tuple(islice(rest, len(self.owners)))
        filters = tuple(
            one._replace(values=tuple(islice(rest, len(one.values)))) for one in self.filters
        )
        return self._replace(tenant_id=tenant_id, owners=owners, filters=filters)

    def arms(self) -> list[Arm]:
        arms = arms_of(self.tenant_id, self.visibility, self.member_status)
        for owner_id in self.owners:
            # No tenant is a member of its own images.
            arms = [
                arm._replace(images=arm.images.filter(owner_id=owner_id))
                for arm in arms
                if arm.is_own == self.is_own
            ]
        return arms

    def parts(self) -> list[Part]:
        """Of each arm so many rows in order, or all that match where an index leads to them."""
        return [self._part(arm) for arm in self.arms()]

    def _part(self, arm: Arm) -> Part:
        return self._bounded(arm) or self._whole(arm)

    def look(self, after: Sequence[Any]) -> Look[Row]:
        """For the page after these values: in so many rows, and where nothing is found there, for the first that is."""
        parts = [(arm, self._part(arm)) for arm in self.arms()]
        wholes = [self._whole(arm) for arm, part in parts if part.most]
        ended = [ended_at(place) for place in range(len(self.order))]
        further = [
            narrowed(
                rows.filter(matches).annotate(found=Value(True)), self.order, ended, ("found",)
            )
            for rows, matches, *_ in wholes
        ]
        # Of rows that are looked through, no more than what tells whether they are found; else the whole images.
        told = () if wholes else COLUMNS
        one = look([part for _, part in parts], self.order, after, self.size, told=told)
        return one._replace(further=further)

    def _whole(self, arm: Arm) -> Part:
        # Few have a rare tag: these may lead to them.
        tags = (with_tag(one.values[0]) for one in self.filters if one.condition is tagged)
        matches = self._matches(arm.images)
        return Part(arm.images, Q(matches, *(Exists(rows) for rows in tags)), 0)

    def _matches(self, images: Any) -> Q:
        return Q(*(one.of(images) for one in self.filters))

    def _bounded(self, arm: Arm) -> Part | None:
        names = sought(self.filters, self.order, own=arm.is_own)
        if self.owners and not arm.is_own:
            names |= {"owner"}
        if self.is_narrow or not names or not arm.is_sorted(self.order):
            return None
        pages, lead = -(-self.size // PAGE_SIZE), leading(self.filters, self.order)
        if names == {"tag"} and isinstance(arm.rows, MembershipQuerySet):
            return self._by_words(lead(arm.rows), LOOKED_THROUGH * pages)
        images, most = lead(arm.images), OWN_LOOKED_AT if arm.is_own else SHARED_LOOKED_AT
        return Part(images, self._matches(images), most * pages)

    def _by_words(self, rows: MembershipQuerySet, most: int) -> Part:
        """By what memberships copied, which stands in each index: only an image that may have the tags is looked at."""
        words = (one.values[1] for one in self.filters if one.condition is tagged)
        found = rows.is_in_force(self._matches(Image.objects.all()))
        return Part(
            rows, Q(*(maybe_tagged(rows, each) for each in words), found), most, rows.in_force()
        )

    def refuse_too_long(self) -> None:
        """BadInput where more than SORTED_MAX images would have to be sorted, because no index has the order."""
        unsorted = () if self.is_narrow else _unsorted(self._replace(filters=(), size=0).form)
        for place in unsorted:
            rows = leading(self.filters, NEWEST_FIRST)(self.arms()[place].rows)
            if list(rows_after([rows], NEWEST_FIRST, (), SORTED_MAX + 1)[SORTED_MAX:]):
                raise BadInput(TOO_MANY)


def asked_by(
    query: Query,
    tenant_id: str,
    visibility: str,
    member_status: str,
    order: Sequence[str],
    size: int,
) -> Asked | None:
    """None where nothing is left of the list; BadInput where it is too long to be sorted so, or a filter is not one."""
    filters = filters_of(query)
    if filters is None:
        return None
    owners = (query.text("owner"),) if "owner" in query.values else ()
    asked = Asked(
        tenant_id, owners, owners == (tenant_id,), visibility, member_status, tuple(order), tuple(filters),
        is_narrow(query), size,
    )  # fmt: skip
    asked.refuse_too_long()
    return asked


def found(asked: Asked, after: Sequence[Any]) -> tuple[list[Image], UUID | None]:
    """The images of the page after these values, and the key of the last one that it looked at, where more may follow.

    It looks at so many rows, and with nothing found goes on until the first: a client stops at a page that is empty.
    """
    order, size = asked.order, asked.size
    # Those of very many values come rarely, and are large.
    kept = _statement if len(asked.values) <= KEPT_MAX else _statement.__wrapped__
    statement = kept(asked.form, tuple(type(value) for value in after))
    if statement is None:
        return [], None
    rows, end = looked_through(
        order, after, size,
        lambda values: statement(*asked.values, *values),
        lambda part, values, end: visible_end(asked.parts()[part], order, values, end),
        shown_empty=False,
    )  # fmt: skip
    if not rows:
        return [], None
    last = rows[size - 1] if len(rows) > size else end
    return _images(rows[:size], order), last[len(order) - 1] if last else None


@lru_cache(maxsize=200)
def _statement(form: Asked, kinds: tuple[type, ...]) -> Prepared[Row] | None:
    """For a page after values of these kinds; None where the list has no parts."""
    own = len(form.values)

    def build(*values: Any) -> Look[Row]:
        return form.with_values(values[:own]).look(values[own:])

    return Prepared(build, (*form.values, *kinds), planned_once=False) if _arms(form) else None


@lru_cache(maxsize=200)
def _unsorted(form: Asked) -> tuple[int, ...]:
    """Which parts no index has in the order."""
    return tuple(place for place, arm in enumerate(_arms(form)) if not arm.is_sorted(form.order))


def _arms(form: Asked) -> list[Arm]:
    """The parts, whoever asks."""
    return form.with_values([""] * len(form.values)).arms()


def _images(rows: Sequence[Row], order: Sequence[str]) -> list[Image]:
    if len(rows[0]) > len(order):
        return made_of(rows)
    found = {image.pk: image for image in reads.images(*(row[-1] for row in rows))}
    return [found[row[-1]] for row in rows if row[-1] in found]
