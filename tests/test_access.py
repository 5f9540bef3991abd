"""Every URL of the project x every caller x method. A URL without a row here fails.

Callers are those of `tests.scene`, in their order; each uses its own tenant in the URL (who has none tries the
owner's), so a row reads as the product's access table does.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sharing.models import Event, Membership
from tests.access_admin import ADMIN
from tests.refusals import everything
from tests.scene import CALLERS, Scene, build_scene, without_token

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


@dataclass(frozen=True)
class Row:
    """What each caller gets by each method; by any other, whoever is signed in gets 405."""

    get: str = ""
    post: str = ""
    head: str = ""
    patch: str = ""
    delete: str = ""
    options: str = ""
    args: tuple[str, ...] = ()
    query: str = ""
    path: str = ""
    body: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def cells(self, method: str) -> str:
        return (self.head or self.get) if method == "head" else getattr(self, method, "")


#         anon own read pend acc  rej  stra oper
PAGE = "  302  200  200  200  200  200  200  404"
RECORD = "302  200  200  200  200  404  404  404"
OWNER = " 302  200  403  403  403  404  404  404"
VERB = "  302  302  403  403  403  404  404  404"
ANSWER = "302  403  403  302  302  302  404  404"
OWN = "    302  {0}  404  404  404  404  404  404"
MANAGER = "302 200  403  200  200  200  200  404"
# Image data comes from its owner's tenant alone, sent by a program: no page to sign in on, no party but the owner.
DATA = "  401  {0}  403  404  404  404  404  404"
TOLD = "  401  204  204  204  204  204  204  204"
IN_TENANT = ("tenant",)
IN_IMAGE = ("tenant", "image")
IN_QUEUED = ("tenant", "queued")
TUS = {
    "Tus-Resumable": "1.0.0", "Upload-Length": "65536", "Upload-Offset": "0", "Upload-Metadata": "modified MA==",
}  # fmt: skip

ROWS = {
    "home": Row(get="302 302 302 302 302 302 302 302"),
    "find-image": Row(get="302 302 302 302 302 404 404 404", args=("image",)),
    "inbox": Row(get=PAGE, args=IN_TENANT),
    "images": Row(get=PAGE, args=IN_TENANT),
    "activity": Row(get=PAGE, args=IN_TENANT),
    "help": Row(get=PAGE, args=IN_TENANT),
    "api-help": Row(get=PAGE, args=IN_TENANT),
    "accept": Row(post=ANSWER, args=IN_TENANT, body={"offer": "own", "tab": "pending"}),
    "reject": Row(post=ANSWER, args=IN_TENANT, body={"offer": "own", "tab": "pending"}),
    "postpone": Row(post=ANSWER, args=IN_TENANT, body={"offer": "own", "tab": "pending"}),
    "image": Row(get=RECORD, args=IN_IMAGE),
    "offer": Row(post=VERB, args=IN_IMAGE, body={"tenant_ids": "9900001"}),
    "confirm-withdraw": Row(get=OWNER, args=IN_IMAGE, query="?all=1"),
    "withdraw": Row(post=VERB, args=IN_IMAGE, body={"all": "1"}),
    "confirm-prune": Row(get=OWNER, args=IN_IMAGE),
    "prune": Row(post=VERB, args=IN_IMAGE),
    # Everybody prunes its own images, of which only the owner has one.
    "confirm-prune-all": Row(get="302 200 403 200 200 200 200 404", args=IN_TENANT),
    "prune-all": Row(post="302 302 403 302 302 302 302 404", args=IN_TENANT),
    "protect": Row(post=VERB, args=IN_IMAGE, body={"value": "1"}),
    "confirm-delete": Row(get=OWNER, args=IN_IMAGE),
    "delete": Row(post=VERB, args=IN_IMAGE),
    "new-image": Row(
        get=MANAGER, post="302 302 403 302 302 302 302 404", args=IN_TENANT, body={"name": "New"}
    ),
    # The scene's image has its data elsewhere: closed to everybody who sees it.
    "data": Row(get="302 403  403  403  403  404  404  404", args=IN_IMAGE),
    "redistributable": Row(post=VERB, args=IN_IMAGE, body={"value": "1"}),
    "acknowledge": Row(
        post=VERB, args=IN_IMAGE, body={"consideration_1": "1", "consideration_2": "1"}
    ),
    # No image is made from itself.
    "made-from": Row(
        post=VERB.replace("302  302", "302  422"), args=IN_IMAGE, body={"parent": "the image"}
    ),
    "import-data": Row(post="302 422 403 404 404 404 404 404", args=IN_QUEUED),
    "cancel-import": Row(post="302 302 403 404 404 404 404 404", args=IN_QUEUED),
    "uploads": Row(post=DATA.format(201), options=TOLD, args=IN_QUEUED, headers=TUS),
    "upload": Row(
        head=DATA.format(200),
        patch=DATA.format(204),
        delete=DATA.format(204),
        options=TOLD,
        args=(*IN_QUEUED, "upload"),
        headers=TUS,
    ),
    "credentials": Row(get=PAGE, args=IN_TENANT),
    # A reader makes one too: it reads.
    "create-credential": Row(
        post=PAGE.replace("200", "201"),
        args=IN_TENANT,
        body={"name": "ci", "tenant": "the tenant", "role": "reader", "expires": "90"},
    ),
    # The scene's is the owner's; of another user of the same tenant there is none such.
    "confirm-revoke": Row(get=OWN.format(200), args=IN_TENANT, query="?credential={credential}"),
    "revoke-credential": Row(
        post=OWN.format(302), args=IN_TENANT, body={"credential": "the credential"}
    ),
    "confirm-leave": Row(get="302 404 403 404 200 404 404 404", args=IN_IMAGE),
}
# allauth's pages act on the person alone, not on a tenant.
OPEN = "200 302 302 302 302 302 302 302"
OWN_ACCOUNT = "302 200 200 200 200 200 200 200"
SIGNED_OUT_OR_IN = "200 200 200 200 200 200 200 200"
ROWS |= {
    "account_login": Row(get=OPEN, post=OPEN),
    "account_logout": Row(
        get="302 200 200 200 200 200 200 200", post="302 302 302 302 302 302 302 302"
    ),
    "account_inactive": Row(get=SIGNED_OUT_OR_IN),
    "account_signup": Row(get=OPEN, post=OPEN),
    "account_reauthenticate": Row(get=OWN_ACCOUNT, post=OWN_ACCOUNT),
    "account_change_password": Row(get=OWN_ACCOUNT, post=OWN_ACCOUNT),
    "account_set_password": Row(
        get="302 302 302 302 302 302 302 302", post="302 302 302 302 302 302 302 302"
    ),
    "account_reset_password": Row(get=SIGNED_OUT_OR_IN, post=SIGNED_OUT_OR_IN),
    "account_reset_password_done": Row(get=SIGNED_OUT_OR_IN),
    "account_reset_password_from_key": Row(
        get=SIGNED_OUT_OR_IN, post=SIGNED_OUT_OR_IN, args=("uid", "key")
    ),
    "account_reset_password_from_key_done": Row(get=SIGNED_OUT_OR_IN),
}
# Nobody in the scene has a second factor; who has one is in test_second_factor.py.
PASSWORD_FIRST = "302 302 302 302 302 302 302 302"
NO_CODES = "302 404 404 404 404 404 404 404"
ROWS |= {
    "mfa_index": Row(get=OWN_ACCOUNT),
    "mfa_authenticate": Row(get=PASSWORD_FIRST, post=PASSWORD_FIRST),
    "mfa_reauthenticate": Row(get=PASSWORD_FIRST, post=PASSWORD_FIRST),
    "mfa_activate_totp": Row(get=PASSWORD_FIRST, post=PASSWORD_FIRST),
    "mfa_deactivate_totp": Row(get=NO_CODES, post=NO_CODES),
    "mfa_view_recovery_codes": Row(get=NO_CODES),
    "mfa_generate_recovery_codes": Row(get=PASSWORD_FIRST, post=PASSWORD_FIRST),
    "mfa_download_recovery_codes": Row(get=NO_CODES),
}
IN_HOUSE = {name for name in ROWS if not name.startswith(("account_", "mfa_"))}
ROWS |= {name: Row(**row) for name, row in ADMIN.items()}


def named_urls(resolver: URLResolver, namespace: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found += named_urls(pattern, inner)
        else:
            found.append((f"{namespace}{pattern.name or pattern.pattern}", pattern))
    return found


def test_every_url_of_the_project_has_a_row_and_every_row_a_url():
    assert {name for name, _ in named_urls(get_resolver())} == set(ROWS)


def wanted(cells: str) -> dict[str, int]:
    return dict(zip(CALLERS, map(int, cells.split()), strict=True))


def address(scene: Scene, name: str, row: Row, caller: str, **others: str) -> str:
    values = {
        "tenant": scene.tenant_of(caller), "image": scene.image.pk, "uid": "1", "key": "no-such-key",
        "user": scene.producer.manager.pk, "member": scene.offer_to(caller).pk, "producer": scene.producer.id,
        "event": Event.objects.latest("pk").pk, "group": scene.group.pk,
        "queued": scene.upload.image_id, "upload": scene.upload.pk,
        "credential": scene.credential.pk,
    } | others  # fmt: skip
    if row.path:
        return row.path.format(**values)
    return reverse(name, args=[values.get(arg, arg) for arg in row.args]) + row.query.format(
        **values
    )


def ask(scene: Scene, name: str, row: Row, caller: str, method: str, **others: str) -> HttpResponse:
    how: dict[str, Any] = {"headers": row.headers} if row.cells(method) else {}
    if method == "post":
        how["data"] = body(scene, row, caller)
    elif method == "patch":
        how |= {"content_type": "application/offset+octet-stream", "data": b"1"}
    return getattr(scene.clients[caller], method)(
        address(scene, name, row, caller, **others), **how
    )


def body(scene: Scene, row: Row, caller: str) -> dict[str, object]:
    own = scene.offer_to(caller).pk
    named = {
        "own": own, "the image": scene.image.pk, "the tenant": scene.tenant_of(caller),
        "the credential": scene.credential.pk,
    }  # fmt: skip
    return {key: named.get(value, value) for key, value in row.body.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_caller_gets_what_the_table_says(name):
    scene, row = build_scene(), ROWS[name]
    for method in METHODS:
        for caller in CALLERS:
            cells = row.cells(method)
            if not cells and name not in IN_HOUSE:
                continue
            expected = wanted(cells)[caller] if cells else (302 if caller == "anonymous" else 405)
            before, point = everything(), transaction.savepoint_create()
            answer = ask(scene, name, row, caller, method)
            assert answer.status_code == expected, (
                f"{caller} {method} {name}: {answer.status_code}, not {expected}"
            )
            done = expected in (201, 204, 302) and method not in ("get", "head", "options")
            if not done or caller == "anonymous":
                assert everything() == before, f"{caller} {method} {name} changed something"
            transaction.savepoint_rollback(point)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", sorted(n for n, row in ROWS.items() if row.args[:1] == ("tenant",))
)
def test_nobody_acts_for_a_tenant_of_others_whether_it_exists_or_not(name):
    scene, row = build_scene(), ROWS[name]
    before, method = everything(), next(m for m in ("post", *METHODS) if row.cells(m))
    answers = [
        ask(scene, name, row, "pending", method, tenant=tenant_id)
        for tenant_id in (scene.producer.id, "999999999")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert without_token(answers[0]).replace(scene.producer.id, "999999999") == without_token(
        answers[1]
    )
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["accept", "reject", "postpone"])
def test_a_reader_of_the_member_is_refused_every_answer(name):
    scene = build_scene()
    before = everything()
    answer = scene.pending.reader_client().post(
        reverse(name, args=[scene.pending.id]),
        {"offer": scene.offer_to("pending").pk, "tab": "pending"},
    )
    assert answer.status_code == 403
    assert everything() == before
    assert Membership.objects.get(member_id=scene.pending.id).status == "pending"
