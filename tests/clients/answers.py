"""Compares an answer of the portal with the recorded one."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.clients.recording import Placeholders
from tests.clients.wire import Exchange

# What two runs cannot have in common but the form.
VARYING = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)|(?P<precise_time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"
    r"|(?P<sha512>[0-9a-f]{128})|(?P<hex32>[0-9a-f]{32}|\{hex32\})"
)
# Where an answer differs on purpose, by the end of the path to it, and why.
DIFFERENT = {
    "user.id": "Ours are numbers. Clients pass it on as it is.",
    "user.name": "A user is known by its e-mail address.",
    "audit_ids": "Made by chance.",
    "stores": "Names Glance's back ends of storage; nobody outside has to know ours.",
    "redistributable": "Set by the step before the recorded `image save`, see the commands.",
}
# Lists whose order says nothing.
UNORDERED = (".versions",)
# Headers that only Glance has reason to send.
NO_HEADERS = {"openstack-image-import-methods", "openstack-image-store-ids"}


def differences(told: dict[str, Any], came: Exchange, placeholders: Placeholders) -> list[str]:
    """Of the recorded exchange and the one that took place here; empty if they are alike.

    Refusals of the image service are HTML in the recording and JSON here, by contract.
    """
    if came.status >= 400 and str(told["response_body"]).startswith("<html>"):
        return _without_words(came)
    expected = {name.lower() for name in told["response_headers"]} - NO_HEADERS
    if not told["response_body"]:
        expected.discard("content-type")
    found = [f"no header {name}" for name in sorted(expected - came.headers.keys())]
    if not isinstance(told["response_body"], dict):
        return found
    kind = came.headers.get("content-type")
    if kind != told["response_headers"]["Content-Type"]:
        return [*found, f"Content-Type: {kind}"]
    ours = placeholders.put_back(came.body.decode())
    return found + list(_differences(told["response_body"], json.loads(ours), ""))


def _without_words(refusal: Exchange) -> list[str]:
    body = json.loads(refusal.body)
    is_ours = body.keys() == {"message", "code", "title"} and body["code"].startswith(
        f"{refusal.status} {body['title']}"
    )
    return [] if is_ours else [f"not a refusal in JSON: {body}"]


def _differences(told: Any, came: Any, path: str) -> Iterator[str]:
    if path.endswith(tuple(f".{end}" for end in DIFFERENT)):
        return
    if isinstance(told, dict) and isinstance(came, dict):
        for key in told.keys() | came.keys():
            yield from _differences(told.get(key, ...), came.get(key, ...), f"{path}.{key}")
    elif isinstance(told, list) and isinstance(came, list) and len(told) == len(came):
        if path in UNORDERED:
            told, came = (sorted(each, key=json.dumps) for each in (told, came))
        for one, other in zip(told, came, strict=True):
            yield from _differences(one, other, path)
    elif type(told) is not type(came) or _form(told) != _form(came):
        yield f"{path}: {_shown(told)} was recorded, {_shown(came)} came"


def _form(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return VARYING.sub(lambda found: str(found.lastgroup), value)


def _shown(value: Any) -> str:
    return "nothing" if value is ... else json.dumps(value)
