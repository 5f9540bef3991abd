"""The API as an OpenAPI 3.1 document, made from the table of its calls."""

import inspect
from functools import cache
from typing import Any

from sharing.api.discovery import CURRENT
from sharing.api.errors import IdentityError, ImageError
from sharing.api.parameters import PATH, Parameter, Schema
from sharing.api.route import Bytes, Route
from sharing.api.routes import BY_SUBJECT, IDENTITY, ROUTES
from sharing.api.schemas import schemas

DESCRIPTION = """The OpenStack Image API v2, and as much of Identity v3 as it takes to sign in.

An owner offers an image to a tenant, by its tenant ID; the tenant accepts or rejects. A tenant is what Identity v3
calls a project. `POST /identity/v3/auth/tokens` gives a token, which every other call takes in `X-Auth-Token`.

Every GET may be asked as HEAD, which answers the same without the body. A method that an address does not take is
answered by 405 with `Allow`, an address that there is not by 404, and plain HTTP, where the portal insists on HTTPS,
by 403."""
SUBJECTS = {
    "identity": "Tokens, and what their holders may know of themselves.",
    "discovery": "What the image service says of itself.",
    "images": "Image records, their tags and what suspends them.",
    "image data": "Upload and download.",
    "members": "The tenants that an image is shared to, and what they answered.",
}
TOKEN_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Auth-Token",
    "description": "The X-Subject-Token of `POST /identity/v3/auth/tokens`.",
}
MEANINGS = {
    200: "Done; this is how it stands now.",
    201: "Made.",
    204: "Done; there is nothing to say.",
    206: "The part that was asked for.",
    300: "The versions that there are.",
    304: "The data is what the caller has: its ETag is in If-None-Match.",
    400: "Something is not of the allowed form; the message names it.",
    401: "The token, or what was sent to get one, is not good.",
    403: "The caller may see it, but this act is not its to do, or not possible as things stand.",
    404: "There is nothing with this ID that the caller may know of.",
    409: "It does not fit how things stand, such as a membership that stands already.",
    412: "The data is not what the caller has: its ETag is not in If-Match.",
    413: "The body is too long, or more than a quota allows.",
    415: "The body is not of the content type that this call takes.",
    416: "The data has no such part.",
    429: "Too many failed attempts to sign in.",
    503: "The data cannot be read at the moment.",
    507: "There is no room left for the data.",
}
NO_DATA = "The image waits for its data."
AUTHENTICATE = Parameter(
    "WWW-Authenticate", "Where tokens are given.", {"type": "string", "pattern": "^Keystone uri="}
)


@cache
def document() -> dict[str, Any]:
    """Made once; nobody changes it."""
    by_type, named = schemas(ROUTES, ImageError, IdentityError)
    paths: dict[str, dict[str, Any]] = {}
    for subject, routes in BY_SUBJECT.items():
        for route in routes:
            operation = {"tags": [subject], **_operation(route, by_type)}
            paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Proffer",
            "version": CURRENT.removeprefix("v"),
            "description": DESCRIPTION,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in SUBJECTS.items()],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": named, "securitySchemes": {"token": TOKEN_SCHEME}},
    }


def _operation(route: Route, by_type: dict[str, Schema]) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": route.name, "summary": route.summary}
    if route.handler.__doc__:
        told["description"] = inspect.cleandoc(route.handler.__doc__)
    parameters = [
        *(_parameter(each, "path") for each in PATH if each.name in route.variables),
        *(_parameter(each, "query") for each in route.query),
        *(_parameter(each, "header") for each in route.headers),
    ]
    if parameters:
        told["parameters"] = parameters
    if route.body is not None:
        content = {route.body_type: {"schema": _schema(route.body, by_type)}}
        told["requestBody"] = {"required": True, "content": content}
    if not route.needs_token:
        told["security"] = []
    told["responses"] = {
        **{str(status): _answer(route, status, by_type) for status in route.answers},
        **{str(status): _refusal(route, status, by_type) for status in sorted(_refusals(route))},
    }
    return told


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": place,
        "required": parameter.required or place == "path",
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _answer(route: Route, status: int, by_type: dict[str, Schema]) -> dict[str, Any]:
    shape = route.answers[status]
    without = NO_DATA if status == 204 and Bytes in route.answers.values() else ""
    told: dict[str, Any] = {"description": without or MEANINGS[status]} | _headers(route, status)
    if shape is not None:
        kind = "application/octet-stream" if shape is Bytes else "application/json"
        told["content"] = {kind: {"schema": _schema(shape, by_type)}}
    return told


def _refusals(route: Route) -> set[int]:
    """What the route names, and what follows from the rest of it."""
    found = set(route.refuses)
    if route.needs_token:
        found.add(401)
    if route.variables:
        found.add(404)
    if route.query:
        found.add(400)
    if route.body is not None:
        found |= {400, 413, 415}
    return found


def _refusal(route: Route, status: int, by_type: dict[str, Schema]) -> dict[str, Any]:
    shape = IdentityError if route in IDENTITY else ImageError
    content = {"application/json": {"schema": _schema(shape, by_type)}}
    return {"description": MEANINGS[status], **_headers(route, status), "content": content}


def _headers(route: Route, status: int) -> dict[str, Any]:
    given = (AUTHENTICATE,) if status == 401 else route.gives.get(status, ())
    if not given:
        return {}
    return {
        "headers": {
            each.name: {"required": True, "description": each.description, "schema": each.schema}
            for each in given
        }
    }


def _schema(shape: Any, by_type: dict[str, Schema]) -> Schema:
    # Bytes that are no text have no JSON schema (OpenAPI 3.1, 4.8.14.3): the content type says what they are.
    return {} if shape is Bytes else by_type[repr(shape)]
