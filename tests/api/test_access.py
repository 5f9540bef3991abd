"""Every path of the API x every method x every caller. A route without a row here fails.

Callers are those of `tests.scene`, without the operator: it acts for no tenant, so it can have no token. Each uses its
own tenant and user in the path (who has none tries the owner's), so a row reads as the product's access table does.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest
from django.db import transaction

from sharing.api.routes import ROUTES
from sharing.models import Image, ImageTag, User
from tests.api.client import JSON, PATCH, Api, Told, api, reader_api, token_of
from tests.api.signing_in import ask, asked, by_password, project
from tests.conftest import Party
from tests.factories import PASSWORD
from tests.imported import queued
from tests.refusals import everything
from tests.scene import Scene, build_scene

CALLERS = ("anonymous", "owner", "owner reader", "pending", "accepted", "rejected", "stranger")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Row:
    """What each caller gets by each method; HEAD as GET, and by any other method everybody gets 405.

    `args`: variables of the path that are not the caller's own.
    """

    get: str = ""
    post: str = ""
    put: str = ""
    patch: str = ""
    delete: str = ""
    body: Any = None
    content_type: str = JSON
    query: str = ""
    subject: str = ""
    args: dict[str, str] = field(default_factory=dict)

    def cells(self, method: str) -> str:
        return getattr(self, "get" if method == "HEAD" else method.lower(), "")

    @property
    def methods(self) -> set[str]:
        return {method for method in METHODS if self.cells(method)}


#             anon own read pend acc  rej  stra
OPEN = "      {0}  {0}  {0}  {0}  {0}  {0}  {0}"
TOKEN = "     401  {0}  {0}  {0}  {0}  {0}  {0}"
MANAGER = "   401  {0}  403  {0}  {0}  {0}  {0}"
RECORD = "    401  200  200  200  200  404  404"
OWNER = "     401  {0}  403  403  403  404  404"
PARTIES = "   401  200  200  200  200  200  404"
WITH_PARTY = "401  {0}  403  403  403  403  404"
OWN_ROW = "   401  404  404  200  200  200  404"
OWN_USER = "  401  200  403  403  403  403  403"
OWN_TENANT = "401  200  200  403  403  403  403"
SIGN_IN = asked(
    "password",
    {"user": {"name": "manager@producer.example", "password": PASSWORD}},
    project(id="4471021"),
)
IDENTITY = {
    "/identity": Row(get=OPEN.format(300)),
    "/identity/v3": Row(get=OPEN.format(200)),
    "/identity/v3/auth/tokens": Row(
        get=TOKEN.format(200), post=OPEN.format(201), delete=TOKEN.format(204), body=SIGN_IN, subject="own"
    ),
    "/identity/v3/auth/tokens of the owner": Row(
        get=OWN_USER, post=OPEN.format(201), delete=OWN_USER.replace("200", "204"), body=SIGN_IN, subject="owner"
    ),
    "/identity/v3/auth/projects": Row(get=TOKEN.format(200)),
    "/identity/v3/auth/catalog": Row(get=TOKEN.format(200)),
    "/identity/v3/users/{user_id}": Row(get=TOKEN.format(200)),
    "/identity/v3/users/{user_id} of the owner": Row(get=OWN_USER, args={"user_id": "owner"}),
    "/identity/v3/users/{user_id}/projects": Row(get=TOKEN.format(200)),
    "/identity/v3/users/{user_id}/projects of the owner": Row(get=OWN_USER, args={"user_id": "owner"}),
    "/identity/v3/projects": Row(get=TOKEN.format(200), query="?name={project_id}"),
    "/identity/v3/projects of the owner": Row(get=OWN_TENANT, query="?name=4471021"),
    "/identity/v3/projects/{project_id}": Row(get=TOKEN.format(200)),
    "/identity/v3/projects/{project_id} of the owner": Row(
        get=OWN_TENANT, args={"project_id": "4471021"}
    ),
}  # fmt: skip
IMAGES, IMAGE = "/image/v2/images", "/image/v2/images/{image_id}"
SERVICE = {
    "/image": Row(get=OPEN.format(300)),
    "/image/versions": Row(get=OPEN.format(200)),
    "/image/openapi.json": Row(get=OPEN.format(200)),
    **{f"/image/v2/schemas/{name}": Row(get=TOKEN.format(200)) for name in ("member", "members", "image", "images")},
    IMAGES: Row(get=TOKEN.format(200), post=MANAGER.format(201), body={"name": "New"}),
    IMAGE: Row(
        get=RECORD, patch=OWNER.format(200), delete=OWNER.format(204), content_type=PATCH,
        body=[{"op": "replace", "path": "/name", "value": "Renamed"}],
    ),
    # The scene's image has its data elsewhere: closed to everybody who sees it, and it takes no other.
    f"{IMAGE}/file": Row(
        get="401 403 403 403 403 404 404", put=OWNER.format(409), body=b"1", content_type="application/octet-stream"
    ),
    # Nobody but its owner knows of the queued one.
    f"{IMAGE}/file of a queued image": Row(
        get="401 204 204 404 404 404 404", put="401 204 403 404 404 404 404", body=b"1",
        content_type="application/octet-stream", args={"image_id": "queued"},
    ),
    f"{IMAGE}/tags/{{tag}}": Row(put=OWNER.format(204), delete=OWNER.format(204)),
    f"{IMAGE}/actions/deactivate": Row(post=OWNER.format(204)),
    f"{IMAGE}/actions/reactivate": Row(post=OWNER.format(204)),
    f"{IMAGE}/actions/prune": Row(post=OWNER.format(200)),
    # Everybody prunes its own images, of which only the owner has some.
    "/image/v2/actions/prune": Row(post=MANAGER.format(200)),
}  # fmt: skip
MEMBERS = {
    f"{IMAGE}/members": Row(get=PARTIES, post=WITH_PARTY.format(200), body={"member": "9900001"}),
    f"{IMAGE}/members/{{member_id}}": Row(
        get=OWN_ROW, put=OWN_ROW, delete=WITH_PARTY.format(404), body={"status": "accepted"}
    ),
    f"{IMAGE}/members/{{member_id}} of the one that accepted": Row(
        get="401 200 200 404 200 404 404",
        put="401 403 403 404 200 404 404",
        delete=WITH_PARTY.format(204),
        body={"status": "pending"},
        args={"member_id": "5083311"},
    ),
}
ROWS = IDENTITY | SERVICE | MEMBERS


@dataclass(frozen=True)
class Callers:
    """The scene, with each caller's token, tenant and user."""

    scene: Scene
    queued: Image

    @cached_property
    def apis(self) -> dict[str, Api]:
        scene = self.scene
        parties = (scene.pending, scene.accepted, scene.rejected, scene.stranger)
        with_token = (api(scene.producer), reader_api(scene.producer), *map(api, parties))
        return dict(zip(CALLERS, (Api(), *with_token), strict=True))

    def user_of(self, caller: str) -> User:
        if caller == "owner reader":
            return self.scene.producer.reader
        found = getattr(self.scene, caller, None)
        return found.manager if isinstance(found, Party) else self.scene.producer.manager

    def address(self, path: str, row: Row, caller: str) -> str:
        tenant_id = self.scene.tenant_of(caller)
        values = {
            "image_id": self.scene.image.pk, "member_id": tenant_id, "project_id": tenant_id, "tag": "gold",
            "user_id": self.user_of(caller).pk,
        }  # fmt: skip
        named = {"owner": self.scene.producer.manager.pk, "queued": self.queued.pk}
        values |= {name: named.get(value, value) for name, value in row.args.items()}
        return (path.partition(" ")[0] + row.query).format(**values)

    def ask(self, path: str, caller: str, method: str) -> Told:
        row, client = ROWS[path], self.apis[caller]
        subject = client if row.subject == "own" and client.token else self.apis["owner"]
        headers = {"X_Subject_Token": subject.token} if row.subject else {}
        body = row.body if method in ("POST", "PUT", "PATCH") else None
        return client.call(
            method, self.address(path, row, caller), body, row.content_type, **headers
        )


def build_callers() -> Callers:
    scene = build_scene()
    ImageTag.objects.create(image=scene.image, name="gold")
    return Callers(scene, queued(scene.producer, disk_format="raw"))


def test_every_route_has_a_row_and_every_row_a_route():
    table = {
        f"{method} {path.partition(' ')[0]}"
        for path, row in ROWS.items()
        for method in row.methods - {"HEAD"}
    }
    assert table == {route.call for route in ROUTES}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ROWS)
def test_each_caller_gets_what_the_table_says(path):
    callers, row = build_callers(), ROWS[path]
    before = everything()
    for method in METHODS:
        expected = (row.cells(method) or OPEN.format(405)).split()
        for caller, status in zip(CALLERS, map(int, expected), strict=True):
            point = transaction.savepoint_create()
            told = callers.ask(path, caller, method)
            assert told.status == status, f"{caller} {method} {path}: {told}, not {status}"
            if status == 405:
                assert set(told.headers["Allow"].split(", ")) == row.methods
            if status == 401:
                assert told.headers["WWW-Authenticate"].startswith("Keystone uri=")
            if method in ("GET", "HEAD") or status >= 400:
                assert everything() == before, f"{caller} {method} {path} changed something"
            if method == "HEAD" or status == 204:
                assert told.content == b""
            elif status >= 400:
                assert told.message
            transaction.savepoint_rollback(point)


@pytest.mark.django_db
def test_a_reader_of_the_member_is_refused_every_answer():
    scene = build_scene()
    before = everything()
    path = f"{IMAGES}/{scene.image.pk}/members/{scene.pending.id}"
    for status in ("accepted", "rejected", "pending"):
        told = reader_api(scene.pending).put(path, {"status": status})
        assert told.status == 403
    assert everything() == before


@pytest.mark.django_db
def test_an_operator_without_a_tenant_gets_no_token():
    scene = build_scene()
    before = everything()
    told = ask(by_password(scene.producer, name=scene.operator.email))
    assert told.status == 401
    assert "X-Subject-Token" not in told.headers
    assert everything() == before


@pytest.mark.django_db
def test_a_token_of_a_tenant_acts_for_that_tenant_alone(producer, consumer):
    """Who acts for two tenants sees what the token's is to see."""
    consumer.tenant.tenant_users.create(user=producer.manager, role="manager")
    image = queued(producer)
    path = f"{IMAGES}/{image.pk}"
    assert Api(token_of(producer.manager, producer.id)).get(path).status == 200
    assert Api(token_of(producer.manager, consumer.id)).get(path).status == 404
