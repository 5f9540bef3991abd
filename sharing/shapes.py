"""JSON that comes in: what a msgspec type allows, in words, for whoever sent something else."""

import re
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

BIGGEST_INTEGER = 2**31 - 1
BIGGEST_BIG_INTEGER = 2**63 - 1
UUID_PATTERN = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")


def says(description: str) -> Meta:
    return Meta(description=description)


def text(most: int, least: int = 0) -> Meta:
    words = f"text of at most {most} characters, none of them NUL"
    return Meta(min_length=least, max_length=most, pattern=r"\A[^\x00]*\Z", description=words)


def whole_number(most: int) -> Meta:
    return Meta(ge=0, le=most, description=f"a whole number from 0 to {most}")


BYTES = whole_number(BIGGEST_BIG_INTEGER)
COUNT = whole_number(BIGGEST_INTEGER)
FLAG = says("true or false")


def must_be(shape: type, field: str) -> str:
    """What the field of a struct must be, as its annotation describes it."""
    return f"{field} must be {_allowed(get_type_hints(shape, include_extras=True)[field])}"


def _allowed(hint: Any) -> str:
    if hint is type(None):
        return "null"
    if hasattr(hint, "__metadata__"):
        return str(hint.__metadata__[0].description)
    return ", or ".join(map(_allowed, get_args(hint)))


def _is_described(hint: Any) -> bool:
    """Whether `_allowed` can say it: the type has a description, or each type of a union has, but for null."""
    if get_origin(hint) in (Union, UnionType):
        return all(one is type(None) or _is_described(one) for one in get_args(hint))
    return hasattr(hint, "__metadata__")


def explain(error: msgspec.ValidationError, shape: type) -> str:
    """Names the field that is wrong, by its path, and what is allowed there."""
    message = str(error)
    found = PLACE.search(message)
    path = found["path"] if found else ""
    told = message[: found.start()] if found else message
    missing = re.search(r"missing required field `([^`]*)`", told)
    if missing:
        path = f"{path}.{missing[1]}".lstrip(".")
        told = "required"
    holder, field = _walk(shape, path)
    if holder is None:
        return f"{path or 'body'}: {told[:1].lower()}{told[1:]}"
    hint = get_type_hints(holder, include_extras=True)[field]
    allowed = _allowed(hint) if _is_described(hint) else ""
    why = f", {allowed}" if missing and allowed else f": it must be {allowed}" if allowed else ""
    return f"{path}: required{why}" if missing else f"{path}{why or ': ' + told}"


def _walk(shape: Any, path: str) -> tuple[type | None, str]:
    """The struct that holds the field at the end of the path, and that field's name."""
    holder: Any = shape
    steps = [step for step in re.split(r"\.|\[[^\]]*\]", path) if step]
    for number, step in enumerate(steps, start=1):
        if not (isinstance(holder, type) and issubclass(holder, msgspec.Struct)):
            return None, ""
        if step not in holder.__struct_fields__:
            return None, ""
        if number == len(steps):
            return holder, step
        hint = get_type_hints(holder)[step]
        inner = [one for one in (hint, *get_args(hint)) if isinstance(one, type)]
        holder = next((one for one in inner if issubclass(one, msgspec.Struct)), None)
    return None, ""
