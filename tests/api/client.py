"""A client of the API: calls the WSGI application as a server does, in this process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from portal.wsgi import application
from sharing.api import tokens
from sharing.models import TenantUser, User
from tests.conftest import Party

JSON = "application/json"
PATCH = "application/openstack-images-v2.1-json-patch"
IMAGES = "/image/v2/images"


@contextmanager
def connection_kept() -> Iterator[None]:
    """As Django's test client does: the connection is in the transaction of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@dataclass(frozen=True)
class Told:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def message(self) -> str:
        """Of an error, in the shape of either service."""
        return self.json.get("error", self.json)["message"]


class Api:
    """Calls with one token, or with none."""

    def __init__(self, token: str = "") -> None:
        self.token = token

    def call(
        self, method: str, path: str, body: Any = None, content_type: str = JSON, **headers: str
    ) -> Told:
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["X-Auth-Token"] = self.token
        request = RequestFactory().generic(
            method, path, raw, content_type if raw else "", headers=sent
        )
        # Making the request decoded it in place; a server hands over the bytes.
        request.environ["PATH_INFO"] = unquote_to_bytes(urlsplit(path).path).decode("iso-8859-1")
        answered: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            answered.update(status=int(status.split()[0]), headers=dict(headers))

        with connection_kept():
            response = application(request.environ, start_response)
            try:
                content = b"".join(response)
            finally:
                response.close()
        return Told(content=content, **answered)

    def get(self, path: str, **headers: str) -> Told:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **how: Any) -> Told:
        return self.call("POST", path, body, **how)

    def put(self, path: str, body: Any = None, **how: Any) -> Told:
        return self.call("PUT", path, body, **how)

    def patch(self, path: str, *operations: dict[str, Any]) -> Told:
        return self.call("PATCH", path, list(operations), PATCH)

    def delete(self, path: str) -> Told:
        return self.call("DELETE", path)


def token_of(user: User, tenant_id: str) -> str:
    holder = TenantUser.objects.select_related("user").get(user=user, tenant_id=tenant_id)
    return tokens.written(tokens.new_claims(holder, holder.role, "password"))


def api(party: Party) -> Api:
    return Api(token_of(party.manager, party.id))


def reader_api(party: Party) -> Api:
    return Api(token_of(party.reader, party.id))
