"""What a refused call of the Image API promises, asserted in one place."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from sharing.models import Image
from tests.api.client import IMAGES, Told
from tests.refusals import unchanged


def at(image: Image, *rest: str) -> str:
    """The address of the image, or of what is below it."""
    return "/".join((IMAGES, str(image.pk), *rest))


def refused(status: int, call: Callable[..., Told], *args: Any, **how: Any) -> str:
    """Makes the call, which is refused with this status, in JSON and in a sentence, and changes nothing; tells it."""
    with unchanged():
        told = call(*args, **how)
    title = HTTPStatus(status).phrase
    message = told.json.get("message")
    assert (told.status, told.json) == (
        status,
        {"message": message, "code": f"{status} {title}", "title": title},
    )
    assert told.headers["Content-Type"] == "application/json"
    assert isinstance(message, str)
    assert message.endswith((".", "!"))
    return message
