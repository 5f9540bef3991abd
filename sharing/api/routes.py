"""The table of the API: every call there is, what it takes and what it answers. Dispatch and OpenAPI read it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.http.response import HttpResponseBase

from sharing.api import data, discovery, identity, images, listing, members, openapi_views
from sharing.api.calls import JSON
from sharing.api.data import DATA_TYPE
from sharing.api.errors import Unfit
from sharing.api.patches import PATCH_TYPE, Operation
from sharing.api.sign_in import SignIn
from sharing.api.wire import (
    Answer,
    ImageOut,
    ImagesOut,
    MemberOut,
    MembersOut,
    NewImage,
    NewMember,
    Pruned,
)

type Handler = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Route:
    """One call: `GET /image/v2/images/{image_id}`. `answers`: the type of the body by status; None for none."""

    call: str
    handler: Handler
    summary: str
    answers: Mapping[int, Any]
    body: Any = None
    body_type: str = JSON
    query: tuple[str, ...] = ()
    # Statuses of errors, beside those that follow from the rest (401, 404, 415, ...).
    refuses: tuple[int, ...] = ()
    needs_token: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.call.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.call.partition(" ")[2]


class Bytes:
    """A body of image data."""


IMAGES, IMAGE = "/image/v2/images", "/image/v2/images/{image_id}"
MEMBERS, MEMBER = f"{IMAGE}/members", f"{IMAGE}/members/{{member_id}}"
FILTERS = (
    "visibility", "member_status", "owner", "name", "id", "status", "tag", "disk_format", "container_format",
    "protected", "os_hidden", "size_min", "size_max", "min_disk", "min_ram", "created_at", "updated_at", "limit",
    "marker", "sort", "sort_key", "sort_dir",
)  # fmt: skip

ROUTES = (
    # Identity v3
    Route("GET /identity", identity.root, "Versions", {300: dict}, needs_token=False),
    Route("GET /identity/v3", identity.version, "This version", {200: dict}, needs_token=False),
    Route(
        "POST /identity/v3/auth/tokens", identity.create_token,
        "Get a token, by password, application credential or token", {201: dict}, body=SignIn, refuses=(401, 429),
        needs_token=False, headers={"X-Subject-Token": "The token."},
    ),
    Route(
        "GET /identity/v3/auth/tokens", identity.show_token, "What a token says", {200: dict}, refuses=(403,),
        headers={"X-Subject-Token": "The token."},
    ),
    Route("DELETE /identity/v3/auth/tokens", identity.revoke_token, "Revoke a token", {204: None}, refuses=(403,)),
    Route("GET /identity/v3/auth/projects", identity.projects_of_mine, "My tenants", {200: dict}),
    Route("GET /identity/v3/auth/catalog", identity.catalog, "Where the services are", {200: dict}),
    Route("GET /identity/v3/users/{user_id}", identity.show_user, "My user", {200: dict}, refuses=(403,)),
    Route(
        "GET /identity/v3/projects", identity.projects, "My tenant, by its name", {200: dict}, query=("name",),
        refuses=(403,),
    ),
    Route("GET /identity/v3/projects/{project_id}", identity.show_project, "My tenant", {200: dict}, refuses=(403,)),
    # Discovery
    Route("GET /image", discovery.root, "Versions", {300: dict}, needs_token=False),
    Route("GET /image/versions", discovery.versions, "Versions", {200: dict}, needs_token=False),
    Route("GET /image/openapi.json", openapi_views.document, "This document", {200: dict}, needs_token=False),
    *(
        Route(f"GET /image/v2/schemas/{name}", discovery.schema(schema), f"The schema of {name}", {200: dict})
        for name, schema in (
            ("member", discovery.MEMBER), ("members", discovery.MEMBERS), ("image", discovery.IMAGE),
            ("images", discovery.IMAGES),
        )
    ),
    # Images
    Route(
        f"GET {IMAGES}", listing.index, "List images: my own, and those shared to me", {200: ImagesOut}, query=FILTERS,
    ),
    Route(
        f"POST {IMAGES}", images.create, "Make an image record", {201: ImageOut}, body=NewImage,
        refuses=(403, 409, 413), headers={"Location": "The image."},
    ),
    Route(f"GET {IMAGE}", images.show, "Show an image", {200: ImageOut}),
    Route(
        f"PATCH {IMAGE}", images.patch, "Change an image's record", {200: ImageOut}, body=list[Operation],
        body_type=PATCH_TYPE, refuses=(403, 409, 413),
    ),
    Route(f"DELETE {IMAGE}", images.delete, "Delete an image and end its memberships", {204: None}, refuses=(403,)),
    Route(
        f"PUT {IMAGE}/file", data.upload, "Upload an image's data", {204: None}, body=Bytes, body_type=DATA_TYPE,
        refuses=(403, 409, 413, 507),
    ),
    Route(
        f"GET {IMAGE}/file", data.download, "Download an image's data, or a part of it",
        {200: Bytes, 204: None, 206: Bytes, 304: None, 412: None, 416: None}, refuses=(403, 503),
        headers={"Content-MD5": "The MD5 of all the data, in hexadecimal."},
    ),
    Route(f"PUT {IMAGE}/tags/{{tag}}", images.add_tag, "Add a tag", {204: None}, refuses=(400, 403, 413)),
    Route(f"DELETE {IMAGE}/tags/{{tag}}", images.remove_tag, "Remove a tag", {204: None}, refuses=(403,)),
    Route(f"POST {IMAGE}/actions/deactivate", images.deactivate, "Suspend the data", {204: None}, refuses=(403,)),
    Route(
        f"POST {IMAGE}/actions/reactivate", images.reactivate, "Let the data be used again", {204: None},
        refuses=(403,),
    ),
    Route(
        f"POST {IMAGE}/actions/prune", images.prune, "Withdraw from the members that rejected", {200: Pruned},
        refuses=(403,),
    ),
    Route(
        "POST /image/v2/actions/prune", images.prune_all, "The same over all my images", {200: Pruned}, refuses=(403,),
    ),
    # Members
    Route(f"GET {MEMBERS}", members.index, "List members", {200: MembersOut}, query=("limit", "marker", "status")),
    Route(
        f"POST {MEMBERS}", members.create, "Offer the image to a tenant", {200: MemberOut}, body=NewMember,
        refuses=(403, 409, 413),
    ),
    Route(f"GET {MEMBER}", members.show, "Show a membership", {200: MemberOut}),
    Route(
        f"PUT {MEMBER}", members.update, "Accept, reject or put back to pending", {200: MemberOut}, body=Answer,
        refuses=(403,),
    ),
    Route(f"DELETE {MEMBER}", members.delete, "Withdraw the image from a tenant", {204: None}, refuses=(403,)),
)  # fmt: skip


@cache
def _table() -> tuple[dict[str, dict[str, Route]], list[tuple[re.Pattern[str], dict[str, Route]]]]:
    """The routes by method, below their path: those without a variable by the path itself, others by a pattern."""
    fixed: dict[str, dict[str, Route]] = {}
    patterns: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        by_path = patterns if "{" in route.path else fixed
        by_path.setdefault(route.path, {})[route.method] = route
    for routes in (*fixed.values(), *patterns.values()):
        if "GET" in routes:
            routes["HEAD"] = routes["GET"]
    return fixed, [
        (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), routes)
        for path, routes in patterns.items()
    ]


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route, and the variables of its path. Unfit: 404 for no such path, 405 for no such method there."""
    fixed, patterns = _table()
    path = path.rstrip("/")
    routes, values = fixed.get(path), {}
    for pattern, found in () if routes else patterns:
        if match := pattern.fullmatch(path):
            routes, values = found, match.groupdict()
            break
    if routes is None:
        raise Unfit(404, "There is nothing at this address.")
    if method not in routes:
        allowed = ", ".join(routes)
        raise Unfit(405, f"This address takes {allowed}.", Allow=allowed)
    return routes[method], values
