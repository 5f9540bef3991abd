"""One call of the API: who asks, what the query and the body say; and the answer."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.utils.functional import cached_property

from sharing.api import tokens
from sharing.api.errors import Unfit
from sharing.errors import BadInput, NotVisible
from sharing.imagedata.handin import body_of
from sharing.models.tenant import is_well_formed
from sharing.shapes import NOT_JSON, explain
from sharing.tenancy import Actor

JSON = "application/json"
BODY_MAX = 2**20
log = logging.getLogger("django.request")


class Call:
    """A request that found its route. `actor` refuses (Unauthorized) where the token is missing or no good."""

    def __init__(self, request: WSGIRequest) -> None:
        self.request = request

    @cached_property
    def session(self) -> tokens.Session:
        return tokens.session(self.request.META.get("HTTP_X_AUTH_TOKEN", ""))

    @property
    def actor(self) -> Actor:
        return self.session.actor

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The parameters in their order. BadInput for a value that no database could hold."""
        pairs = [(name, value) for name, values in self.request.GET.lists() for value in values]
        for name, value in pairs:
            if not is_well_formed(name) or not is_well_formed(value):
                raise BadInput("The query must be well-formed text, without NUL.")
        return pairs

    def body[T](self, shape: type[T], content_type: str = JSON) -> T:
        """The body as this type; BadInput names the field and what is allowed in it."""
        raw = self._raw_body(content_type)
        try:
            return msgspec.json.decode(raw, type=shape)
        except msgspec.ValidationError as error:
            raise BadInput(f"{explain(error, shape)}.") from error
        except NOT_JSON as error:
            raise BadInput(f"body: it must be JSON in UTF-8, of a sane depth: {error}.") from error

    def _raw_body(self, content_type: str) -> bytes:
        read, length = body_of(self.request)
        if length is not None and length > BODY_MAX:
            raise Unfit(413, f"body: at most {BODY_MAX} bytes.")
        raw = b""
        while len(raw) <= BODY_MAX and (chunk := read(BODY_MAX + 1 - len(raw))):
            raw += chunk
        if len(raw) > BODY_MAX:
            raise Unfit(413, f"body: at most {BODY_MAX} bytes.")
        if not raw:
            raise BadInput("body: this call needs one, in JSON.")
        self.expect(content_type)
        return raw

    def expect(self, content_type: str) -> None:
        if self.request.content_type != content_type:
            raise Unfit(415, f"Content-Type: it must be {content_type}.")


class Answer(HttpResponse):
    """An answer, and what is done once it is sent."""

    afterwards: Callable[[], object] | None = None

    def close(self) -> None:
        # Before Django's own close(), which lets the database connection go.
        try:
            if self.afterwards:
                afterwards, self.afterwards = self.afterwards, None
                afterwards()
        except Exception:
            # The answer is out, and it was right.
            log.exception("What follows an answer failed.")
        finally:
            super().close()


def answer(status: int, value: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """JSON that nobody keeps; without a value, an empty answer."""
    if value is None:
        response = Answer(status=status, headers=headers)
        del response["Content-Type"]
        return response
    response = Answer(msgspec.json.encode(value), status=status, content_type=JSON, headers=headers)
    response["Cache-Control"] = "no-store"
    return response


def uuid_of(text: str) -> UUID:
    """The ID in an address; NotVisible where it is none: a malformed one names nothing."""
    try:
        found = UUID(text)
    except ValueError:
        found = None
    # Only as it is written on the wire: UUID() also takes braces, urn: and no dashes.
    if found is None or str(found) != text.lower():
        raise NotVisible("No image found with this ID.")
    return found
