"""JSON schemas of what calls take and answer, made from their types."""

from collections.abc import Iterable
from typing import Any

import msgspec

from sharing.api.parameters import TENANT_ID, Schema
from sharing.api.route import Bytes, Route
from sharing.api.wire import (
    ACKNOWLEDGED,
    BASE_IMAGE,
    REDISTRIBUTABLE,
    ImageOut,
    NewImage,
    NewMember,
)
from sharing.image_list import PROPERTY_NAME_MAX
from sharing.shapes import UUID_PATTERN

PLACE = "#/components/schemas/"
# Types whose every other key is a custom property.
OPEN = (NewImage, ImageOut)
WORDS = {
    BASE_IMAGE: {
        "type": "string",
        "pattern": f"^({UUID_PATTERN})?$",
        "description": "The ID of the image that it was made from; empty for none.",
    },
    REDISTRIBUTABLE: {
        "type": "string",
        "enum": ["true", "false"],
        "description": "Whether members may export it.",
    },
    ACKNOWLEDGED: {
        "type": "string",
        "enum": ["true"],
        "description": "That its owner knows the limits on its export.",
    },
}
PROPERTY = {"type": "string", "pattern": r"^[^\x00]*$"}
PROPERTY_NAME = {"minLength": 1, "maxLength": PROPERTY_NAME_MAX, "pattern": r"^[^\x00]*$"}


def schemas(routes: Iterable[Route], *more: type) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The schema of each type that the routes take or answer, and of `more`, by its repr(); and those that these refer
    to, by name.
    """
    told = [each for route in routes for each in (route.body, *route.answers.values())]
    types = {repr(each): each for each in (*told, *more) if each not in (None, Bytes)}
    found, named = msgspec.json.schema_components(types.values(), ref_template=PLACE + "{name}")
    named[NewMember.__name__]["properties"]["member"] |= TENANT_ID
    for shape in OPEN:
        schema = named[shape.__name__]
        schema["properties"] |= {
            name: word for name, word in WORDS.items() if (shape, name) != (NewImage, ACKNOWLEDGED)
        }
        schema |= {"additionalProperties": PROPERTY, "propertyNames": PROPERTY_NAME}
    by_type = dict(zip(types, map(_on_the_wire, found), strict=True))
    return by_type, {_name(name): _on_the_wire(schema) for name, schema in named.items()}


def _name(name: str) -> str:
    return name.removesuffix("Out")


def _on_the_wire(schema: Any) -> Any:
    """As JSON schema has it: without Python's own signs for the ends of a text, and by the names of the wire."""
    match schema:
        case dict():
            return {name: _value(name, value) for name, value in schema.items()}
        case list():
            return [_on_the_wire(value) for value in schema]
        case _:
            return schema


def _value(name: str, value: Any) -> Any:
    match name, value:
        case "pattern", str():
            return value.replace(r"\A", "^").replace(r"\Z", "$")
        case "$ref" | "title", str():
            return _name(value)
        case _:
            return _on_the_wire(value)
