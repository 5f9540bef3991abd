"""Which keys of an image's JSON are what: its known fields, those nobody sets, and custom properties."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sharing.api.wire import ImageOut, NewImage
from sharing.errors import BadInput, NotAllowed
from sharing.image_list import NOT_PROPERTIES, PROPERTY_NAME_MAX
from sharing.models.tenant import is_well_formed


@cache
def known() -> frozenset[str]:
    """The fields that its owner sets."""
    return frozenset(NewImage.__struct_fields__)


@cache
def read_only() -> frozenset[str]:
    """The fields that the service alone sets."""
    return frozenset({*ImageOut.__struct_fields__, *NOT_PROPERTIES} - known())


def refuse_read_only(said: Mapping[str, Any], tenant_id: str) -> None:
    """NotAllowed for what only the service sets, for an owner other than the tenant, and for public images."""
    for name in said:
        if name in read_only():
            raise NotAllowed(f"{name}: read-only.")
    refuse_foreign_owner(said.get("owner"), tenant_id)
    refuse_public(said.get("visibility"))


def refuse_foreign_owner(owner: object, tenant_id: str) -> None:
    if owner not in (None, tenant_id):
        raise NotAllowed("owner: your own tenant. An image is made and kept by its owner.")


def refuse_public(visibility: object) -> None:
    if visibility in ("public", "community"):
        raise NotAllowed(
            "visibility: private or shared. An image is shared to one tenant at a time."
        )


def properties_of(said: Mapping[str, Any]) -> dict[str, str]:
    """The custom properties among the keys. BadInput where one is no text, or has no name that can be kept."""
    return {name: checked(name, value) for name, value in said.items() if name not in known()}


def checked(name: str, value: object) -> str:
    if not 0 < len(name) <= PROPERTY_NAME_MAX or not is_well_formed(name):
        raise BadInput(
            f"The name of a property must be text of 1 to {PROPERTY_NAME_MAX} characters, none of them NUL."
        )
    if not isinstance(value, str) or not is_well_formed(value):
        raise BadInput(f"{name}: a custom property is text without NUL.")
    return value
