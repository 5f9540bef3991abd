"""Keyset pages: a page costs the same however deep it lies, and rows that come or go do not shift it."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from sharing.errors import BadInput

PAGE_SIZE = 25
# The longest name has 255 characters, of at most 6 bytes each in JSON, in base64.
CURSOR_MAX = 2200
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """The primary keys of one page, in order, and the cursors of its neighbours (empty where there is none)."""

    keys: list[Any]
    after: str = ""
    before: str = ""

    def in_order[T](self, rows: dict[Any, T]) -> list[T]:
        """The rows of the page, fetched by key, in the page's order; one that went meanwhile is left out."""
        return [rows[key] for key in self.keys if key in rows]


def keyset_page(
    arms: Sequence[QuerySet[Any]], order: Sequence[str], cursor: str = "", size: int = PAGE_SIZE
) -> Page:
    """One page over disjoint querysets of one model, joined by UNION ALL.

    `order` names non-null fields, `-` for descending; the last is the primary key. `cursor` is one that an earlier
    page of this order gave, or empty for the first page. Raises BadInput for any other cursor. Where a cursor leads
    beyond the last row, as after that page was emptied, it is the first page.
    """
    backwards, values = _read(order, cursor, arms[0]) if cursor else (False, [])
    rows = list(rows_after(arms, turned(order) if backwards else order, values, size + 1))
    if not rows:
        return keyset_page(arms, order, "", size) if cursor else Page([])
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    return Page(
        [row[-1] for row in rows],
        after=_write(order, False, rows[-1]) if more or backwards else "",
        before=_write(order, True, rows[0]) if (more if backwards else cursor) else "",
    )


def rows_after(
    arms: Sequence[QuerySet[Any]], order: Sequence[str], values: Sequence[Any], limit: int
) -> QuerySet[Any, tuple[Any, ...]]:
    """The next rows of disjoint querysets of one model, joined by UNION ALL: of each, the values of `order`.

    They are those after the row with `values`, or the first ones where that is empty.
    """
    names = [name.removeprefix("-") for name in order]
    downs = [name.startswith("-") for name in order]
    condition = _beyond(names, downs, values) if values else Q()
    # A UNION can only be ordered by the columns it selects.
    selected = [arm.filter(condition).order_by().values_list(*names) for arm in arms]
    joined = selected[0].union(*selected[1:], all=True) if len(selected) > 1 else selected[0]
    return joined.order_by(*order)[:limit]


def turned(order: Sequence[str]) -> list[str]:
    """The same order, backwards."""
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def in_batches[M: Model](rows: QuerySet[M]) -> Iterator[list[M]]:
    """All the rows by their keys, BATCH at a time, however many there are."""
    batch = list(rows.order_by("pk")[:BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1].pk).order_by("pk")[:BATCH])


def _beyond(names: list[str], downs: list[bool], values: Sequence[Any]) -> Q:
    """Rows strictly after `values`. The first condition, true for all of them, is what an index can start from."""
    condition, tied = Q(), Q()
    for name, down, value in zip(names, downs, values, strict=True):
        condition |= tied & Q(**{f"{name}__{'lt' if down else 'gt'}": value})
        tied &= Q(**{name: value})
    return Q(**{f"{names[0]}__{'lte' if downs[0] else 'gte'}": values[0]}) & condition


def _write(order: Sequence[str], backwards: bool, values: Sequence[Any]) -> str:
    parts = [" ".join(order), backwards, *values]
    text = json.dumps(parts, default=str, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(order: Sequence[str], cursor: str, arm: QuerySet[Any]) -> tuple[bool, list[Any]]:
    """The direction and values of a cursor of this order: one that `_write` would write again letter for letter."""
    refused = BadInput(
        "Page: this link to a page is not one that the list gave. Start from the first page."
    )
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        _, backwards, *raw = json.loads(base64.urlsafe_b64decode(padded))
        fields = [arm.model._meta.get_field(name.removeprefix("-")) for name in order]
        values = [field.to_python(value) for field, value in zip(fields, raw, strict=True)]
        ours = isinstance(backwards, bool) and _write(order, backwards, values) == cursor
    except (ArithmeticError, ValueError, TypeError, RecursionError, ValidationError) as error:
        raise refused from error
    if not ours or not all(_in_database(value) for value in values):
        raise refused
    return backwards, values


def _in_database(value: Any) -> bool:
    """Whether a column can hold the value: no NUL, no time but UTC, no number beyond a bigint."""
    match value:
        case None:
            return False
        case datetime():
            return value.utcoffset() == timedelta(0)
        case int():
            return abs(value) < 2**63
        case _:
            return "\x00" not in str(value)
