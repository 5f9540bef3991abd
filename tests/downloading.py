"""Downloads as a client makes them, and what is left of them."""

import hashlib

from django.http import HttpResponse
from django.urls import reverse

from sharing.models import Event, Image
from tests.conftest import Party
from tests.imported import RAW
from tests.pages import read

SIZE = len(RAW)
ETAG = f'"{hashlib.sha512(RAW).hexdigest()}"'


def address(party: Party, image: Image) -> str:
    return reverse("data", args=[party.id, image.pk])


def get(party: Party, image: Image, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return party.client().get(address(party, image), headers=named)


def head(party: Party, image: Image, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return party.client().head(address(party, image), headers=named)


def bytes_of(answer: HttpResponse) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def downloads() -> int:
    return Event.objects.filter(verb="downloaded").count()


def said(answer: HttpResponse) -> str:
    """The sentence of an error page."""
    return read(answer).one("#error").words
