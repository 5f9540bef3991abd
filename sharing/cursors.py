"""The cursors that pages are asked for by: what a row says of its place in an order, as text for an address."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, QuerySet

from sharing.errors import BadInput
from sharing.models.copied import WORDS_MAX, listed

# The words of an image, of which each byte may take two in JSON, and other values: in base64.
CURSOR_MAX = (2 * WORDS_MAX + 300) * 4 // 3


def sort_keys(arm: QuerySet[Any], order: Sequence[str]) -> list[tuple[str, bool]]:
    """What the arm is sorted by, and whether downwards."""
    return [(listed(arm, name.removeprefix("-")), name.startswith("-")) for name in order]


def write_cursor(order: Sequence[str], backwards: bool, values: Sequence[Any]) -> str:
    parts = [" ".join(order), backwards, *values]
    text = json.dumps(parts, default=str, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(order: Sequence[str], cursor: str, arm: QuerySet[Any]) -> tuple[bool, list[Any]]:
    """The direction and values of a cursor of this order: one that `write_cursor` writes again letter for letter."""
    refused = BadInput(
        "Page: this link to a page is not one that the list gave. Start from the first page."
    )
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        _, backwards, *raw = json.loads(base64.urlsafe_b64decode(padded))
        fields = [_field(arm, name) for name, _ in sort_keys(arm, order)]
        values = [field.to_python(value) for field, value in zip(fields, raw, strict=True)]
        ours = isinstance(backwards, bool) and write_cursor(order, backwards, values) == cursor
    except (ArithmeticError, ValueError, TypeError, RecursionError, ValidationError) as error:
        raise refused from error
    if not ours or not all(_in_database(value) for value in values):
        raise refused
    return backwards, values


def _field(arm: QuerySet[Any], name: str) -> Field[Any, Any]:
    annotation = arm.query.annotations.get(name)
    return annotation.output_field if annotation else arm.model._meta.get_field(name)


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
