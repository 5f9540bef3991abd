"""The WSGI application of the API: beside Django's handler, without the middleware of the pages.

No session and no cookie is read here: a token in the header says who asks. Every error is JSON (`errors.py`).
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from sharing.api.calls import Call
from sharing.api.errors import Unfit, failure, refusal
from sharing.api.routes import find
from sharing.errors import Refused
from sharing.transactions import asked_first

PREFIXES = ("/image", "/identity")
log = logging.getLogger("django.request")


def is_for_api(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    # Django closes and resets its database connections at these two signals; the answer's close() sends the second.
    signals.request_started.send(sender=application, environ=environ)
    request = WSGIRequest(environ)
    response = respond(request)
    response["X-Content-Type-Options"] = "nosniff"
    if settings.SECURE_HSTS_SECONDS and request.is_secure():
        response["Strict-Transport-Security"] = _transport_security()
    if request.method == "HEAD" and isinstance(response, HttpResponse):
        length = response.get("Content-Length", str(len(response.content)))
        response.content = b""
        if response.status_code not in (204, 304):
            response["Content-Length"] = length
    start_response(f"{response.status_code} {response.reason_phrase}", [*response.items()])
    return response


def _transport_security() -> str:
    """As Django's SecurityMiddleware says it of the pages."""
    told = f"max-age={settings.SECURE_HSTS_SECONDS}"
    told += "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    return told + ("; preload" if settings.SECURE_HSTS_PRELOAD else "")


def respond(request: WSGIRequest) -> HttpResponseBase:
    try:
        request.get_host()
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise Unfit(403, "HTTPS: this portal takes no secrets over plain HTTP.")
        route, values = find(request.method or "", request.path_info)
        call = Call(request)
        if route.needs_token:
            # Refuses where the token is no good.
            asked_first(lambda: call.session)
        answered: HttpResponseBase = route.handler(call, **values)
        return answered
    except Refused as refused:
        return refusal(request, refused)
    except (SuspiciousOperation, BadRequest) as error:
        return failure(request.path_info, 400, f"The request is not well-formed: {error}")
    except Exception:
        log.exception("Internal Server Error: %s", request.path_info)
        return failure(request.path_info, 500, "Something broke here. The operators can read why.")
