"""Which pages and calls of the portal no operation asks for: a new one has to come into a table."""

from collections.abc import Iterable, Iterator
from itertools import islice

from tests.bench.scale.operation import Operation

# Image data has benches of its own.
DATA = {
    "data",
    "import-data",
    "cancel-import",
    "uploads",
    "upload",
    "upload_data",
    "download_data",
    "sharing_image_data",
}
# Sign-in, and what of the admin is no screen of its own or asks for nothing that grows.
OTHERS = {
    "login",
    "logout",
    "jsi18n",
    "password_change",
    "auth_user_password_change",
    "auth_group_delete",
}
# What the admin has addresses for and lets nobody do: nothing is deleted there, and records are not added.
CLOSED = {
    *(f"sharing_{model}_delete" for model in ("membership", "tenant", "user")),
    *(
        f"sharing_{model}_{verb}"
        for model in ("applicationcredential", "event", "image")
        for verb in ("add", "delete")
    ),
}
# Of an operation's requests: those that do something, and those that undo it.
SOME = 120


def missing(operations: Iterable[Operation]) -> set[str]:
    """Names of URLs and of calls."""
    from django.urls import get_resolver, resolve

    from sharing.api.routes import ROUTES, find

    asked = set()
    for method, path in _addresses(operations):
        if path.startswith(("/image/v2", "/identity")) or path in (
            "/image",
            "/image/versions",
            "/image/openapi.json",
        ):
            asked.add(find(method, path)[0].name)
        else:
            asked.add(resolve(path).url_name)
    every = {route.name for route in ROUTES} | set(_names(get_resolver().url_patterns))
    return every - asked - DATA - OTHERS - CLOSED


def _addresses(operations: Iterable[Operation]) -> Iterator[tuple[str, str]]:
    for operation in operations:
        for request in islice(operation.requests, SOME):
            method, address = request.partition(b" HTTP/")[0].decode().split()
            yield method, address.partition("?")[0]


def _names(patterns: Iterable, prefix: str = "") -> Iterator[str]:
    for one in patterns:
        place = f"{prefix}{one.pattern}"
        if hasattr(one, "url_patterns"):
            yield from _names(one.url_patterns, place)
        elif one.name and not place.startswith("accounts/"):
            yield one.name
