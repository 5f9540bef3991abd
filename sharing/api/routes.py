"""The table of the API: every call there is, what it takes and what it answers. Dispatch and OpenAPI read it."""

import re
from functools import cache

from sharing.api import data, discovery, identity, images, listing, members, openapi_views
from sharing.api.data import DATA_TYPE
from sharing.api.errors import Unfit
from sharing.api.identity_wire import (
    Catalog,
    IdentityVersionEnvelope,
    IdentityVersions,
    TenantEnvelope,
    Tenants,
    TokenEnvelope,
    UserEnvelope,
)
from sharing.api.parameters import (
    CONTENT_MD5,
    CONTENT_RANGE,
    DATA_LENGTH,
    IMAGE_LIST,
    LOCATION,
    MEMBER_LIST,
    OF_DATA,
    OF_DOWNLOAD,
    PROJECT_LIST,
    PROPERTIES,
    SUBJECT_TOKEN,
    TOKEN,
)
from sharing.api.patches import PATCH_TYPE, Operation
from sharing.api.route import Bytes, Route
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
    VersionsOut,
)

IMAGES, IMAGE = "/image/v2/images", "/image/v2/images/{image_id}"
MEMBERS, MEMBER = f"{IMAGE}/members", f"{IMAGE}/members/{{member_id}}"
AUTH = "/identity/v3/auth"

IDENTITY = (
    Route(
        "GET /identity", "list_identity_versions", identity.root, "Versions of the identity service",
        {300: IdentityVersions}, needs_token=False,
    ),
    Route(
        "GET /identity/v3", "show_identity_version", identity.version, "This version", {200: IdentityVersionEnvelope},
        needs_token=False,
    ),
    Route(
        f"POST {AUTH}/tokens", "create_token", identity.create_token,
        "Get a token, by password, application credential or token", {201: TokenEnvelope}, body=SignIn,
        gives={201: (TOKEN,)}, refuses=(401, 429), needs_token=False,
    ),
    Route(
        f"GET {AUTH}/tokens", "show_token", identity.show_token, "What a token says", {200: TokenEnvelope},
        headers=(SUBJECT_TOKEN,), gives={200: (TOKEN,)}, refuses=(403, 404),
    ),
    Route(
        f"DELETE {AUTH}/tokens", "revoke_token", identity.revoke_token, "Revoke a token", {204: None},
        headers=(SUBJECT_TOKEN,), refuses=(403, 404),
    ),
    Route(f"GET {AUTH}/projects", "list_my_tenants", identity.projects_of_mine, "My tenants", {200: Tenants}),
    Route(f"GET {AUTH}/catalog", "show_catalog", identity.catalog, "Where the services are", {200: Catalog}),
    Route(
        "GET /identity/v3/users/{user_id}", "show_user", identity.show_user, "My user", {200: UserEnvelope},
        refuses=(403,),
    ),
    Route(
        "GET /identity/v3/users/{user_id}/projects", "list_tenants_of_user", identity.projects_of_user, "My tenants",
        {200: Tenants}, refuses=(403,),
    ),
    Route(
        "GET /identity/v3/projects", "find_tenant", identity.projects, "My tenant, by its name", {200: Tenants},
        query=PROJECT_LIST, refuses=(403,),
    ),
    Route(
        "GET /identity/v3/projects/{project_id}", "show_tenant", identity.show_project, "My tenant",
        {200: TenantEnvelope}, refuses=(403,),
    ),
)  # fmt: skip
DISCOVERY = (
    Route(
        "GET /image", "show_versions", discovery.root, "Versions of the image service", {300: VersionsOut},
        needs_token=False,
    ),
    Route(
        "GET /image/versions", "list_versions", discovery.versions, "Versions of the image service",
        {200: VersionsOut}, needs_token=False,
    ),
    Route(
        "GET /image/openapi.json", "show_openapi", openapi_views.document, "This document", {200: dict},
        needs_token=False,
    ),
    *(
        Route(
            f"GET /image/v2/schemas/{name}", f"show_schema_of_{name}", discovery.schema(schema),
            f"The schema of {name}", {200: dict},
        )
        for name, schema in (
            ("member", discovery.MEMBER), ("members", discovery.MEMBERS), ("image", discovery.IMAGE),
            ("images", discovery.IMAGES),
        )
    ),
)  # fmt: skip
IMAGE_RECORDS = (
    Route(
        f"GET {IMAGES}", "list_images", listing.index, "List images: my own, and those shared to me",
        {200: ImagesOut}, query=(*IMAGE_LIST, PROPERTIES),
    ),
    Route(
        f"POST {IMAGES}", "create_image", images.create, "Make an image record", {201: ImageOut}, body=NewImage,
        gives={201: (LOCATION,)}, refuses=(403, 409),
    ),
    Route(f"GET {IMAGE}", "show_image", images.show, "Show an image", {200: ImageOut}),
    Route(
        f"PATCH {IMAGE}", "change_image", images.patch, "Change an image's record", {200: ImageOut},
        body=list[Operation], body_type=PATCH_TYPE, refuses=(403, 409),
    ),
    Route(
        f"DELETE {IMAGE}", "delete_image", images.delete, "Delete an image and end its memberships", {204: None},
        refuses=(403,),
    ),
    Route(
        f"PUT {IMAGE}/tags/{{tag}}", "add_tag", images.add_tag, "Add a tag", {204: None}, refuses=(400, 403, 413),
    ),
    Route(f"DELETE {IMAGE}/tags/{{tag}}", "remove_tag", images.remove_tag, "Remove a tag", {204: None}, refuses=(403,)),
    Route(
        f"POST {IMAGE}/actions/deactivate", "deactivate_image", images.deactivate, "Suspend the data", {204: None},
        refuses=(403,),
    ),
    Route(
        f"POST {IMAGE}/actions/reactivate", "reactivate_image", images.reactivate, "Let the data be used again",
        {204: None}, refuses=(403,),
    ),
    Route(
        f"POST {IMAGE}/actions/prune", "prune_image", images.prune, "Withdraw from the members that rejected",
        {200: Pruned}, refuses=(403,),
    ),
    Route(
        "POST /image/v2/actions/prune", "prune_all", images.prune_all, "The same over all my images", {200: Pruned},
        refuses=(403,),
    ),
)  # fmt: skip
IMAGE_DATA = (
    Route(
        f"PUT {IMAGE}/file", "upload_data", data.upload, "Upload an image's data", {204: None}, body=Bytes,
        body_type=DATA_TYPE, headers=(DATA_LENGTH,), refuses=(403, 409, 507),
    ),
    Route(
        f"GET {IMAGE}/file", "download_data", data.download, "Download an image's data, or a part of it",
        {200: Bytes, 204: None, 206: Bytes, 304: None}, headers=OF_DOWNLOAD,
        gives={200: (*OF_DATA, CONTENT_MD5), 206: (*OF_DATA, CONTENT_RANGE), 416: (CONTENT_RANGE,)},
        refuses=(403, 412, 416, 503),
    ),
)  # fmt: skip
IMAGE_MEMBERS = (
    Route(f"GET {MEMBERS}", "list_members", members.index, "List members", {200: MembersOut}, query=MEMBER_LIST),
    Route(
        f"POST {MEMBERS}", "offer_image", members.create, "Offer the image to a tenant", {200: MemberOut},
        body=NewMember, refuses=(403, 409),
    ),
    Route(f"GET {MEMBER}", "show_member", members.show, "Show a membership", {200: MemberOut}),
    Route(
        f"PUT {MEMBER}", "answer_offer", members.update, "Accept, reject or put back to pending", {200: MemberOut},
        body=Answer, refuses=(403,),
    ),
    Route(
        f"DELETE {MEMBER}", "withdraw_image", members.delete, "Withdraw the image from a tenant", {204: None},
        refuses=(403,),
    ),
)  # fmt: skip
# What each part of the table is about.
BY_SUBJECT = {
    "identity": IDENTITY,
    "discovery": DISCOVERY,
    "images": IMAGE_RECORDS,
    "image data": IMAGE_DATA,
    "members": IMAGE_MEMBERS,
}
ROUTES = tuple(route for routes in BY_SUBJECT.values() for route in routes)


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
