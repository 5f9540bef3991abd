"""Keyset pages: a page costs the same however deep it lies, and rows that come or go do not shift it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any

from django.db import connections
from django.db.models import Model, Q, QuerySet

from sharing.cursors import read_cursor, sort_keys, write_cursor
from sharing.models.prepared import Prepared
from sharing.models.statements import Built

type Fetch = Callable[[Sequence[str], Sequence[Any]], list[tuple[Any, ...]]]

PAGE_SIZE = 25
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """The primary keys of one page, in order, and the cursors of its neighbours (empty where there is none).

    `looked_until`: where a search stopped before the page was full; what it found so far is the page.
    """

    keys: list[Any]
    after: str = ""
    before: str = ""
    looked_until: Any = None

    def in_order[T](self, rows: dict[Any, T]) -> list[T]:
        """The rows of the page, fetched by key, in the page's order; one that went meanwhile is left out."""
        return [rows[key] for key in self.keys if key in rows]


def keyset_page[T: Model](
    arms: Sequence[QuerySet[T]],
    order: Sequence[str],
    cursor: str = "",
    size: int = PAGE_SIZE,
    *,
    fetch: Fetch | None = None,
) -> Page:
    """One page over disjoint querysets of one model, joined by UNION ALL.

    `order` names non-null fields, `-` for descending; the last is the primary key. `cursor` is one that an earlier
    page of this order gave, or empty for the first page. Raises BadInput for any other cursor. Where a cursor leads
    beyond the last row, as after that page was emptied, it is the first page.
    `fetch` gives the rows after some values, of an order or of its reverse, one more than `size`; without it, the arms.
    """
    backwards, values = read_cursor(order, cursor, arms[0]) if cursor else (False, [])
    way = turned(order) if backwards else order
    rows = fetch(way, values) if fetch else list(rows_after(arms, way, values, size + 1))
    if not rows:
        return keyset_page(arms, order, "", size, fetch=fetch) if cursor else Page([])
    return page_of(rows, order, backwards, bool(cursor), size=size)


def page_of(
    rows: Sequence[tuple[Any, ...]],
    order: Sequence[str],
    backwards: bool,
    has_cursor: bool,
    end: tuple[Any, ...] = (),
    size: int = PAGE_SIZE,
) -> Page:
    """The page of the rows that were found in the way it went, one more than `size` where more follow.

    `end`: the last one that was looked at, where that was before the page was full.
    """
    # Where the page ends in the way it went, and whether something follows there.
    follows, found = bool(end) or len(rows) > size, list(rows[:size])
    last = end or found[-1]
    first = found[0] if found else last
    if backwards:
        found.reverse()
        first, last = last, first
    return Page(
        [row[-1] for row in found],
        after=write_cursor(order, False, last) if follows or backwards else "",
        before=write_cursor(order, True, first) if (follows if backwards else has_cursor) else "",
        looked_until=end[0] if end else None,
    )


class Listing[A]:
    """Pages over the arms that a function builds, as `keyset_page` gives them; their SQL is made once.

    The function is one as `Prepared` takes it.
    """

    def __init__(self, arms: Callable[..., Sequence[A]]) -> None:
        self.__doc__, self.arms = arms.__doc__, arms
        self._kinds = tuple(
            parameter.annotation
            for parameter in signature(arms).parameters.values()
            if parameter.kind is not parameter.KEYWORD_ONLY
        )
        self._statements: dict[tuple[Any, ...], Prepared[Any]] = {}

    def page(self, *given: Any, order: Sequence[str], cursor: str, **form: Any) -> Page:
        """`given` and `form` are for the function."""
        # The arms themselves say only what kind of values a cursor holds.
        arms: Any = self.arms(*given, **form) if cursor else ()
        return keyset_page(arms, order, cursor, fetch=partial(self.fetch, given, form))

    def fetch(
        self, given: Sequence[Any], form: dict[str, Any], way: Sequence[str], values: Sequence[Any]
    ) -> list[Any]:
        """The rows after the one with `values`."""
        kinds = self._kinds + tuple(type(value) for value in values)
        key = (*way, *kinds)
        if key not in self._statements:
            build = partial(self._built, tuple(way))
            planned_once = self.is_planned_once(way)
            self._statements[key] = Prepared(build, kinds, planned_once=planned_once)
        return self._statements[key](*given, *values, **form)

    def _built(self, way: Sequence[str], *values: Any, **form: Any) -> Built[Any]:
        given, after = values[: len(self._kinds)], values[len(self._kinds) :]
        return self.rows(self.arms(*given, **form), way, after)

    def rows(self, arms: Sequence[Any], way: Sequence[str], values: Sequence[Any]) -> Built[Any]:
        return rows_after(arms, way, values, PAGE_SIZE + 1)

    def is_planned_once(self, way: Sequence[str]) -> bool:
        """Whether one plan is best for all."""
        return False


def rows_after(
    arms: Sequence[QuerySet[Any]],
    order: Sequence[str],
    values: Sequence[Any],
    limit: int,
    *,
    told: Sequence[str] = (),
) -> QuerySet[Any, tuple[Any, ...]]:
    """The next rows of disjoint querysets of one model, joined by UNION ALL: of each, the values of `order`.

    Behind them, those of the fields `told`. The rows are those after the one with `values`, or the first ones where
    that is empty. An arm that has `listed_<field>` goes by it instead of the field.
    """
    selected = [narrowed(arm, order, values, told) for arm in arms]
    if len(selected) == 1:
        return selected[0][:limit]
    if connections[arms[0].db].features.supports_slicing_ordering_in_compound:
        # PostgreSQL then stops in each arm by itself; else it may sort a whole one.
        selected = [rows[:limit] for rows in selected]
    else:
        selected = [rows.order_by() for rows in selected]
    joined = selected[0].union(*selected[1:], all=True)
    return joined.order_by(*_ways(arms[0], order))[:limit]


def narrowed(
    arm: QuerySet[Any], order: Sequence[str], values: Sequence[Any], told: Sequence[str]
) -> QuerySet[Any, tuple[Any, ...]]:
    """The arm's rows after the one with `values`, in order: of each, what it is sorted by, and the fields `told`."""
    keys = sort_keys(arm, order)
    rows = arm.filter(beyond(keys, values)).order_by(*_ways(arm, order))
    return rows.values_list(*(name for name, _ in keys), *told)


def is_one_way(order: Sequence[str]) -> bool:
    """Whether it is that of one field, and within it of the key in the same direction."""
    return len(order) == 2 and order[0].startswith("-") == order[1].startswith("-")


def turned(order: Sequence[str]) -> list[str]:
    """The same order, backwards."""
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def in_batches[M: Model](rows: QuerySet[M]) -> Iterator[list[M]]:
    """All the rows by their keys, BATCH at a time, however many there are."""
    batch = list(rows.order_by("pk")[:BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1].pk).order_by("pk")[:BATCH])


def _ways(arm: QuerySet[Any], order: Sequence[str]) -> list[str]:
    """The same as the ORM takes it."""
    ways = [f"-{name}" if down else name for name, down in sort_keys(arm, order)]
    if len(ways) == 1 and "within" in arm.query.annotations:
        # The index has the newest first: oldest first, it is read backwards.
        ways.insert(0, "within" if ways[0].startswith("-") else "-within")
    return ways


def beyond(keys: Sequence[tuple[str, bool]], values: Sequence[Any], *, until: bool = False) -> Q:
    """Rows strictly after `values`; or, `until`, all up to them. All rows where there are none.

    The first condition, true for all of these, is what an index can start from.
    """
    if not values:
        return Q()
    condition, tied = Q(), Q()
    for (name, down), value in zip(keys, values, strict=True):
        condition |= tied & Q(**{f"{name}__{'lt' if down != until else 'gt'}": value})
        tied &= Q(**{name: value})
    (name, down), first = keys[0], values[0]
    start = Q(**{f"{name}__{'lte' if down != until else 'gte'}": first})
    return start & (condition | tied if until else condition)
