"""JSON patch as the Image API has it: one level deep, tags as a whole list."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sharing.api.fields import checked, known, read_only, refuse_foreign_owner, refuse_public
from sharing.api.wire import ACKNOWLEDGED, BASE_IMAGE, REDISTRIBUTABLE, NewImage
from sharing.errors import BadInput, Conflict, NotAllowed
from sharing.imagedata.changes import Draft, flag_of
from sharing.imagedata.records import parent_id
from sharing.shapes import explain, says

PATCH_TYPE = "application/openstack-images-v2.1-json-patch"
ABSENT = msgspec.UNSET


class Operation(msgspec.Struct, forbid_unknown_fields=True):
    """One change of one field."""

    op: Annotated[Literal["add", "replace", "remove"], says("add, replace or remove")]
    path: Annotated[
        str,
        says("a slash and the name of a field, such as /name"),
        Meta(extra_json_schema={"pattern": "^/([^/~]|~[01])+$"}),
    ]
    value: Any = ABSENT


def apply(operations: list[Operation], draft: Draft, tenant_id: str) -> None:
    """Edits the draft, one operation after the other.

    Raises BadInput for a path or value that is not of the form, NotAllowed for a field that is not the owner's to set
    or to remove, Conflict for a property to replace or to remove that is not there.
    """
    for operation in operations:
        name = _name(operation.path)
        if name in read_only():
            raise NotAllowed(f"{name}: read-only.")
        if operation.op != "remove" and operation.value is ABSENT:
            raise BadInput(f"value: {operation.op} needs one.")
        if name in known():
            _set_field(operation, name, draft, tenant_id)
        elif name in OWN_WORDS:
            OWN_WORDS[name](operation, draft)
        else:
            _set_property(operation, name, draft)


def _name(path: str) -> str:
    """The field that a JSON pointer (RFC 6901) names; it goes one level deep."""
    if not path.startswith("/") or "/" in path[1:] or len(path) < 2:
        raise BadInput("path: a slash and the name of a field, such as /name.")
    rest = path[1:].replace("~0", "").replace("~1", "")
    if "~" in rest:
        raise BadInput("path: “~” is written ~0, and “/” ~1.")
    return path[1:].replace("~1", "/").replace("~0", "~")


def _set_field(operation: Operation, name: str, draft: Draft, tenant_id: str) -> None:
    if name == "id":
        raise NotAllowed("id: read-only.")
    if operation.op == "remove":
        raise NotAllowed(f"{name}: every image has one; it can be replaced, not removed.")
    value = operation.value
    if name == "owner":
        refuse_foreign_owner(value, tenant_id)
        return
    if name == "visibility":
        refuse_public(value)
    try:
        value = getattr(msgspec.convert({name: value}, NewImage), name)
    except msgspec.ValidationError as error:
        raise BadInput(f"{explain(error, NewImage)}.") from error
    if name == "tags":
        draft.tags = set(value)
    elif name == "protected":
        draft.protected = value
    else:
        draft.facts[name] = "" if value is None else value


def _set_property(operation: Operation, name: str, draft: Draft) -> None:
    _must_stand(operation, name, name in draft.properties)
    if operation.op == "remove":
        del draft.properties[name]
    else:
        draft.properties[name] = checked(name, operation.value)


def _set_parent(operation: Operation, draft: Draft) -> None:
    _must_stand(operation, BASE_IMAGE, draft.base_image_ref is not None)
    removed = operation.op == "remove"
    draft.base_image_ref = None if removed else parent_id(checked(BASE_IMAGE, operation.value))


def _set_redistributable(operation: Operation, draft: Draft) -> None:
    _must_stand(operation, REDISTRIBUTABLE, draft.redistributable)
    removed = operation.op == "remove"
    draft.redistributable = not removed and flag_of(REDISTRIBUTABLE, operation.value)


def _set_acknowledged(operation: Operation, draft: Draft) -> None:
    _must_stand(operation, ACKNOWLEDGED, draft.acknowledged)
    removed = operation.op == "remove"
    draft.acknowledged = not removed and flag_of(ACKNOWLEDGED, operation.value)


OWN_WORDS = {
    BASE_IMAGE: _set_parent,
    REDISTRIBUTABLE: _set_redistributable,
    ACKNOWLEDGED: _set_acknowledged,
}


def _must_stand(operation: Operation, name: str, stands: bool) -> None:
    if operation.op != "add" and not stands:
        raise Conflict(f"{name}: there is no such property to {operation.op}.")
