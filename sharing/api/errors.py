"""What is refused, on the wire: every error of the API is made here, in the JSON of the service that was asked."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import Meta

from sharing.api.endpoints import IDENTITY
from sharing.errors import (
    AlreadyMember,
    BadInput,
    Conflict,
    Gone,
    NotAllowed,
    NotShareable,
    NotVisible,
    Protected,
    QuotaExceeded,
    Refused,
    Stale,
    StorageFull,
)
from sharing.imagedata.handout import Unavailable

STATUS_OF: dict[type[Refused], int] = {
    BadInput: 400,
    NotAllowed: 403,
    NotShareable: 403,
    Protected: 403,
    NotVisible: 404,
    Gone: 404,
    AlreadyMember: 409,
    Conflict: 409,
    Stale: 409,
    QuotaExceeded: 413,
    Unavailable: 503,
    StorageFull: 507,
}
SERVICE = "/identity"


class ImageError(msgspec.Struct):
    message: str
    code: Annotated[str, Meta(description="The status in full, such as `403 Forbidden`.")]
    title: str


class IdentityErrorFacts(msgspec.Struct):
    code: int
    message: str
    title: str


class IdentityError(msgspec.Struct):
    error: IdentityErrorFacts


class Unfit(Refused):
    """A request that is not of the protocol, with the HTTP status that says in which way."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers


class Unauthorized(Unfit):
    """No token, or none that is good; or what was sent to get one is not. One sentence for every cause."""

    def __init__(
        self,
        sentence: str = "The request needs a valid token in X-Auth-Token: not expired, not revoked.",
    ) -> None:
        super().__init__(401, sentence)


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    if isinstance(refused, Unfit):
        status, headers = refused.status, dict(refused.headers)
    else:
        status = next(STATUS_OF[kind] for kind in type(refused).__mro__ if kind in STATUS_OF)
        headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = f'Keystone uri="{request.build_absolute_uri(IDENTITY)}"'
    return failure(request.path_info, status, str(refused), headers)


def failure(
    path: str, status: int, message: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    """The error as Keystone writes it below SERVICE, and as Glance does elsewhere."""
    title = HTTPStatus(status).phrase
    told: ImageError | IdentityError = ImageError(message, f"{status} {title}", title)
    if path.startswith(SERVICE):
        told = IdentityError(IdentityErrorFacts(status, message, title))
    sent = {"Cache-Control": "no-store"} | (headers or {})
    if path.startswith(SERVICE):
        sent["Vary"] = "X-Auth-Token"
    return HttpResponse(
        msgspec.json.encode(told), status=status, content_type="application/json", headers=sent
    )
