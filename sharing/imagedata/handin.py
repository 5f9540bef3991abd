"""Takes bytes in over HTTP, for every door: how a request's body is read."""

import re
from collections.abc import Callable

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest

from sharing.errors import BadInput

type Read = Callable[[int], bytes]


def body_of(request: HttpRequest | WSGIRequest) -> tuple[Read, int | None]:
    """How to read the body, and its length in bytes; None where it comes in chunks and the server marks its end.

    Where the connection breaks, the body ends, so that what arrived before can be kept; not one in chunks, which
    nobody could tell from a whole one (BadInput, where the server notices).
    Without either there is no body. Refused: a length that is no number (BadInput).
    """
    length = request.META.get("CONTENT_LENGTH")
    source: Read = request.read
    if length:
        if not re.fullmatch(r"[0-9]{1,19}", length):
            raise BadInput("Content-Length: a whole number of bytes.")
        known: int | None = int(length)
    elif request.META.get("wsgi.input_terminated"):
        source, known = request.META["wsgi.input"].read, None
    else:
        known = 0

    def read(size: int) -> bytes:
        try:
            return source(size)
        except OSError as error:
            if known is None:
                raise BadInput("body: the connection broke before its end.") from error
            return b""

    return read, known
