"""Keyset pages: a page costs the same however deep it lies, and rows that come or go do not shift it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

from django.db import connections
from django.db.models import Model, Q, QuerySet

from sharing.cursors import read_cursor, sort_keys, write_cursor
from sharing.models.prepared import Prepared

type Fetch = Callable[[Sequence[str], Sequence[Any]], list[tuple[Any, ...]]]

PAGE_SIZE = 25
BATCH = 1000
# Rows of an index: some 20 of its pages.
LOOKED_THROUGH = 1000


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
    search: Callable[[QuerySet[T]], QuerySet[T]] | None = None,
    visible: Callable[[QuerySet[T]], QuerySet[T]] = lambda rows: rows,
    fetch: Fetch | None = None,
) -> Page:
    """One page over disjoint querysets of one model, joined by UNION ALL.

    `order` names non-null fields, `-` for descending; the last is the primary key. `cursor` is one that an earlier
    page of this order gave, or empty for the first page. Raises BadInput for any other cursor. Where a cursor leads
    beyond the last row, as after that page was emptied, it is the first page; of a search it is empty.
    `search` narrows an arm to what is looked for. It may be rare, so a page ends where LOOKED_THROUGH rows of an arm
    were looked through, with as many as were found; the next page goes on from there. All of `order` then goes one way.
    `visible` leaves of an arm what the reader may see: the page ends with such a row, as its cursor tells its values.
    `fetch` gives the rows after some values, of an order or of its reverse, one more than `size`; without it, the arms.
    """
    backwards, values = read_cursor(order, cursor, arms[0]) if cursor else (False, [])
    way = turned(order) if backwards else order
    end: tuple[Any, ...] = ()
    if search:
        end = search_end([(arm, LOOKED_THROUGH) for arm in arms], way, values, visible)
        arms = until([search(arm) for arm in arms], way, end)
    rows = fetch(way, values) if fetch else list(rows_after(arms, way, values, size + 1))
    if not rows and not end:
        again = cursor and not search
        return keyset_page(arms, order, "", size, fetch=fetch) if again else Page([])
    # Where the page ends in the way it went, and whether something follows there.
    stopped = bool(end) and len(rows) <= size
    follows, rows = stopped or len(rows) > size, rows[:size]
    last = end if stopped else rows[-1]
    first = rows[0] if rows else last
    if backwards:
        rows.reverse()
        first, last = last, first
    return Page(
        [row[-1] for row in rows],
        after=write_cursor(order, False, last) if follows or backwards else "",
        before=write_cursor(order, True, first) if (follows if backwards else cursor) else "",
        looked_until=end[0] if stopped else None,
    )


class Listing[R: QuerySet[Any]]:
    """Pages over the arms that a function builds, as `keyset_page` gives them; their SQL is made once.

    The function is one as `Prepared` takes it.
    """

    def __init__(self, arms: Callable[..., Sequence[R]]) -> None:
        self.__doc__, self.arms = arms.__doc__, arms
        self._kinds = tuple(
            parameter.annotation
            for parameter in signature(arms).parameters.values()
            if parameter.kind is not parameter.KEYWORD_ONLY
        )
        self._statements: dict[tuple[Any, ...], Prepared[tuple[Any, ...]]] = {}

    def page(self, *given: Any, order: Sequence[str], cursor: str, **form: Any) -> Page:
        """`given` and `form` are for the function."""

        def fetch(way: Sequence[str], values: Sequence[Any]) -> list[tuple[Any, ...]]:
            kinds = self._kinds + tuple(type(value) for value in values)
            key = (*way, *kinds)
            if key not in self._statements:
                self._statements[key] = Prepared(self._after(tuple(way)), kinds, planned_once=False)
            return self._statements[key](*given, *values, **form)

        # The arms themselves say only what kind of values a cursor holds.
        arms = self.arms(*given, **form) if cursor else ()
        return keyset_page(arms, order, cursor, fetch=fetch)

    def _after(self, way: Sequence[str]) -> Callable[..., QuerySet[Any, tuple[Any, ...]]]:
        def build(*values: Any, **form: Any) -> QuerySet[Any, tuple[Any, ...]]:
            given, after = values[: len(self._kinds)], values[len(self._kinds) :]
            return rows_after(self.arms(*given, **form), way, after, PAGE_SIZE + 1)

        return build


def search_end[T: QuerySet[Any]](
    arms: Sequence[tuple[T, int]],
    order: Sequence[str],
    values: Sequence[Any],
    visible: Callable[[T], T],
) -> tuple[Any, ...]:
    """The last row that a page of a search looks at, of each arm at so many; empty where those are all that follow."""
    ends = [end for arm, most in arms if (end := _end_of(arm, most, order, values, visible))]
    if not ends:
        return ()
    return max(ends) if order[0].startswith("-") else min(ends)


def _end_of[T: QuerySet[Any]](
    arm: T, most: int, order: Sequence[str], values: Sequence[Any], visible: Callable[[T], T]
) -> tuple[Any, ...]:
    """The last visible row among the next `most`; where none of them is, among those that follow."""
    keys, start = sort_keys(arm, order), values
    while far := list(rows_after([arm], order, start, most)[most - 1 :]):
        if visible(arm) is arm:
            return tuple(far[0])
        seen = visible(arm.filter(_beyond(keys, start), _beyond(keys, far[0], until=True)))
        for end in rows_after([seen], turned(order), (), 1):
            return tuple(end)
        start = far[0]
    return ()


def until[T: QuerySet[Any]](arms: Sequence[T], order: Sequence[str], end: Sequence[Any]) -> list[T]:
    """The arms up to that row; all of them where there is none."""
    return [arm.filter(_beyond(sort_keys(arm, order), end, until=True)) for arm in arms]


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
    selected = [_narrowed(arm, order, values, told) for arm in arms]
    if len(selected) == 1:
        return selected[0][:limit]
    if connections[arms[0].db].features.supports_slicing_ordering_in_compound:
        # PostgreSQL then stops in each arm by itself; else it may sort a whole one.
        selected = [rows[:limit] for rows in selected]
    else:
        selected = [rows.order_by() for rows in selected]
    joined = selected[0].union(*selected[1:], all=True)
    return joined.order_by(*_ways(arms[0], order))[:limit]


def _narrowed(
    arm: QuerySet[Any], order: Sequence[str], values: Sequence[Any], told: Sequence[str]
) -> QuerySet[Any, tuple[Any, ...]]:
    keys = sort_keys(arm, order)
    rows = arm.filter(_beyond(keys, values)).order_by(*_ways(arm, order))
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


def _beyond(keys: Sequence[tuple[str, bool]], values: Sequence[Any], *, until: bool = False) -> Q:
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
