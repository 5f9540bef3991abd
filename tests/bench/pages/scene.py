"""What the bench of the pages looks at: a seeded portal, and a tenant that has nothing."""

import json
import re
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.bench.api.scene import Operation
from tests.bench.pages.layers import BYTES, SIGNED_IN
from tests.serving import TOKEN

NOBODY, NEWCOMER = "4471021", "4471022"


def pages(folder: Path, images: int, memberships: int) -> list[Operation]:
    """Fills the database; the pages, full and empty, each asked for as a browser does by whom it concerns."""
    from django.core.management import call_command
    from django.urls import reverse

    from sharing.models import Image

    seeded = folder / "seeded.json"
    call_command("seedscale", images=images, memberships=memberships, json=str(seeded), verbosity=0)
    found = json.loads(seeded.read_text())
    owner, consumer, hottest = (found[f"hottest_{name}"] for name in ("owner", "consumer", "image"))
    nobody, newcomer = (_joined(tenant_id) for tenant_id in (NOBODY, NEWCOMER))
    image = Image.objects.create(owner_id=NEWCOMER, name="New", status=Image.Status.ACTIVE)

    def page(name: str, who: dict[str, Any], view: str, *args: object) -> Operation:
        return _asked(name, reverse(view, args=[who["tenant"], *args]), who["user"])

    return [
        _asked("bytes", BYTES, nobody["user"]),
        _asked("signed in", SIGNED_IN, nobody["user"]),
        page("images, none", nobody, "images"),
        page("images", owner, "images"),
        page("inbox, none", nobody, "inbox"),
        page("inbox", consumer, "inbox"),
        page("members, none", newcomer, "image", image.pk),
        page("members", hottest, "image", hottest["image"]),
        page("activity, none", nobody, "activity"),
        page("activity", owner, "activity"),
    ]


def _joined(tenant_id: str) -> dict[str, str]:
    """A tenant whose manager has one tenant more, as those of the seeded ones may."""
    from sharing.models import Tenant, TenantUser, User

    tenant = Tenant.objects.create(pk=tenant_id, name="Bench")
    user = User.objects.create_user(f"manager@{tenant_id}.example", "bench")
    TenantUser.objects.create(user=user, tenant=tenant, role=TenantUser.Role.MANAGER)
    return {"tenant": tenant_id, "user": user.email}


def _asked(name: str, path: str, email: str) -> Operation:
    from django.test import Client

    from sharing.models import User

    client = Client()
    user = User.objects.get(email=email)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = f"sessionid={client.session.session_key}; csrftoken={TOKEN}"
    head = (
        f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "Accept-Encoding: gzip", "Accept: text/html",
    )  # fmt: skip
    return Operation(name, 200, {}, 0, cycle(["\r\n".join([*head, "", ""]).encode()]))


def rows(page: bytes) -> int:
    return len(re.findall(b"data-row", page))
