"""Verbs that end more than one request can wait for: a request does a part, and its answer asks for the next."""

from collections.abc import Iterator
from time import monotonic

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from sharing.forms import GoOnForm, cleaned
from sharing.handshake import Piece
from sharing.models import Image
from sharing.models.membership import COUNT_CAP, MembershipQuerySet
from sharing.tenancy import Request

# A request ends with the piece that reaches one of them.
ROWS_A_REQUEST = 5000
SECONDS_A_REQUEST = 0.5


class Part:
    """What a request does of a verb in pieces. `done` counts earlier requests too; keys below `below` are left."""

    def __init__(self, request: Request) -> None:
        form = cleaned(GoOnForm(request.POST))
        self.done: int = form.cleaned_data["done"] or 0
        self.below: int | None = form.cleaned_data["below"]
        self.is_first = not self.done
        self.is_last = False

    def do(self, pieces: Iterator[Piece]) -> None:
        began, before = monotonic(), self.done
        for piece in pieces:
            self.done += len(piece.ended)
            self.below, self.is_last = piece.below, piece.last
            if self.done - before >= ROWS_A_REQUEST or monotonic() - began >= SECONDS_A_REQUEST:
                break

    def left(self, rows: MembershipQuerySet) -> int:
        """How many of the rows are to go, counted up to COUNT_CAP + 1."""
        if self.is_last or self.below is None:
            return 0
        return rows.filter(pk__lt=self.below).capped_count()


def going_on(
    request: Request,
    part: Part,
    left: int,
    verb: str,
    image: Image | None = None,
    members: list[str] | None = None,
) -> HttpResponse:
    """How far it is, with the form that goes on: by itself where htmx runs, else by its button."""
    template = "sharing/going_on.html#going-on" if request.htmx else "sharing/going_on.html"
    return render(request, template, {
        "verb": verb, "image": image, "members": members, "part": part, "post_to": request.path,
        "ended": tenants(part.done), "left": left,
        "total": part.done + left if left <= COUNT_CAP else None,
    })  # fmt: skip


def tenants(count: int) -> str:
    return "1 tenant" if count == 1 else f"{count:,} tenants"


def leave_for(request: Request, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
