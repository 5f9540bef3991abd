"""Searches: what matches in a list is looked for in so many rows and no more, in one statement."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Case, Q, QuerySet, Value, When

from sharing.cursors import read_cursor, sort_keys
from sharing.models.statements import ALL_VISIBLE, Look
from sharing.paging import PAGE_SIZE, Listing, Page, beyond, narrowed, page_of, rows_after, turned

# Rows of an index: some 20 of its pages.
LOOKED_THROUGH = 1000

type Row = tuple[Any, ...]


class Part(NamedTuple):
    """Rows of a list, and which of them are looked for.

    `most`: how many are looked through at a time; 0 where an index leads to all that match.
    `visible`: those that the reader may see, where that is not all: a page ends with such a row, as its cursor tells
    its values.
    """

    rows: QuerySet[Any, Any]
    matches: Q
    most: int
    visible: QuerySet[Any, Any] | None = None


def look(
    parts: Sequence[Part],
    order: Sequence[str],
    values: Sequence[Any],
    size: int = PAGE_SIZE,
    *,
    told: Sequence[str] = (),
) -> Look[Row]:
    """What matches after the row with `values`, or from the first on: of each row those of `order`, and of `told`."""
    looked_at = []
    for number, part in enumerate(parts):
        rows = part.rows if part.most else part.rows.filter(part.matches)
        found = Case(When(part.matches, then=True), default=False) if part.most else Value(True)
        shown = narrowed(rows.annotate(found=found), order, values, (*told, "found"))
        mark = ALL_VISIBLE if part.visible is None else number
        looked_at.append((shown[: part.most or size + 1], part.most, mark))
    return Look(looked_at, [name.startswith("-") for name in order], size + 1)


def looked_through(
    order: Sequence[str],
    values: Sequence[Any],
    size: int,
    fetch: Callable[[Sequence[Any]], list[Row]],
    visible_end: Callable[[int, Sequence[Any], Row], list[Row]],
    *,
    shown_empty: bool = True,
) -> tuple[list[Row], Row]:
    """What was found, one more than `size` where that follows; else the last row that was looked at, if more may.

    All of `order` goes one way. `fetch` runs the `look` after some values; `visible_end` tells the last row that the
    reader may see, of the part with a number, after some values and until that row. `shown_empty`: the reader is told
    where the look ended though nothing was found.
    """
    while True:
        found, (*row, is_found, part) = _until_last(fetch(values), size)
        end = tuple(row[: len(order)])
        if is_found or part == ALL_VISIBLE or not (found or shown_empty):
            return found, end
        if seen := [*found[-1:], *visible_end(part, values, end)]:
            later = min if order[0].startswith("-") else max
            return found, later(one[: len(order)] for one in seen)
        values = end


def _until_last(rows: Sequence[Row], size: int) -> tuple[list[Row], Row]:
    """What was found until a part was looked through, and the row where that was: beyond it, no more was looked at."""
    found = []
    for *row, is_found, is_last, part in rows:
        if is_found:
            found.append(tuple(row))
        if is_last and len(found) <= size:
            return found, (*row, is_found, part)
    return found, (True, ALL_VISIBLE)


def visible_end(part: Part, order: Sequence[str], values: Sequence[Any], end: Row) -> list[Row]:
    """As `looked_through` asks for it."""
    rows = part.rows if part.visible is None else part.visible
    keys = sort_keys(rows, order)
    between = rows.filter(beyond(keys, values), beyond(keys, end, until=True))
    return list(rows_after([between], turned(order), (), 1))


class Search(Listing[Part]):
    """Pages of what matches in the parts that a function builds; their SQL is made once.

    The function is one as `Prepared` takes it; as `most` it is told how many rows to look through. `is_visible` tells
    of its first value and a key whether the reader may see that row, in a part of which not all are visible. What is
    looked for may be rare, so a page ends where as many rows of a part were looked through, with what was found among
    them; the next page goes on from there. A cursor that leads beyond the last row leads to an empty page.
    """

    def __init__(
        self, parts: Callable[..., Sequence[Part]], is_visible: Callable[[Any, Any], object]
    ) -> None:
        super().__init__(parts)
        self._is_visible = is_visible

    def page(self, *given: Any, order: Sequence[str], cursor: str, **form: Any) -> Page:
        form["most"] = LOOKED_THROUGH
        rows = self.arms(*given, **form)[0].rows if cursor else None
        backwards, values = read_cursor(order, cursor, rows) if rows is not None else (False, [])
        way = turned(order) if backwards else order

        def seen(number: int, after: Sequence[Any], end: Row) -> list[Row]:
            if self._is_visible(given[0], end[-1]):
                return [end]
            return visible_end(self.arms(*given, **form)[number], way, after, end)

        fetch = partial(self.fetch, given, form, way)
        found, end = looked_through(way, values, PAGE_SIZE, fetch, seen)
        return page_of(found, order, backwards, bool(cursor), end) if found or end else Page([])

    def rows(self, arms: Sequence[Part], way: Sequence[str], values: Sequence[Any]) -> Look[Row]:
        return look(arms, way, values)
