"""How a verb's outcome becomes an HTML answer: the domain's refusals are translated here, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest

from sharing.errors import NotAllowed, NotVisible, Refused


@dataclass
class Outcome:
    status: int = 200


@contextmanager
def told(request: HttpRequest) -> Iterator[Outcome]:
    """Runs a verb; a refusal becomes a message and the status that the re-rendered page is to have.

    NotAllowed and NotVisible pass through to their own pages: the page that was acted on is not the caller's.
    """
    outcome = Outcome()
    try:
        yield outcome
    except (NotAllowed, NotVisible):
        raise
    except Refused as refused:
        messages.error(request, str(refused))
        outcome.status = refused.html_status
