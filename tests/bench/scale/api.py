"""Every operation of the API, by the names of its table (`sharing/api/routes.py`). Left out: image data, and tokens by
password, whose time is that of the hash."""

from collections.abc import Iterator
from functools import partial
from itertools import count, cycle
from typing import Any
from urllib.parse import quote

from tests.bench.api.scene import request
from tests.bench.scale.image_lists import IMAGES, image_lists
from tests.bench.scale.operation import DEEP, FIRST, Key, Operation, read
from tests.bench.scale.party import Party
from tests.bench.scale.scene import MEMBERS_FROM, Scene, Side, workshop_keys
from tests.bench.scale.verbs import (
    A_TURN,
    offered,
    pending_of,
    take_back,
    with_rejected,
    without_rejected,
)

AUTH = "/identity/v3/auth"
PATCH = b"application/openstack-images-v2.1-json-patch"


def calls(scene: Scene) -> Iterator[Operation]:
    yield from _identity(scene.sides[0])
    yield from _discovery(scene.sides[0])
    for side in scene.sides:
        yield from image_lists(scene, side)
        yield from _members(scene, side)


def verbs(scene: Scene) -> Iterator[Operation]:
    for side in scene.sides:
        yield from _records(scene, side)
        yield from _ends(scene, side)
        yield from _handshake(scene, side)
    yield from _tokens(scene.sides[0])


def _told(name: str, party: Party, path: str, **how: Any) -> Operation:
    return read("api", name, party.call("GET", path), **how)


def _does(name: str, side: Side, status: int, requests: Iterator[bytes], **how: Any) -> Operation:
    return Operation(Key("api", name, side.label, FIRST), status, requests, **how)


def _identity(side: Side) -> Iterator[Operation]:
    from sharing.models import Tenant

    party, user = side.owner, f"/identity/v3/users/{side.owner.user_id}"
    own_name = quote(Tenant.objects.get(pk=party.tenant).name)
    for name, path, status in (
        ("list_identity_versions", "/identity", 300), ("show_identity_version", "/identity/v3", 200),
        ("list_my_tenants", f"{AUTH}/projects", 200), ("show_catalog", f"{AUTH}/catalog", 200),
        ("show_user", user, 200), ("list_tenants_of_user", f"{user}/projects", 200),
        ("find_tenant", f"/identity/v3/projects?name={own_name}", 200),
        ("show_tenant", f"/identity/v3/projects/{party.tenant}", 200),
    ):  # fmt: skip
        yield _told(name, party, path, status=status)
    shown = _about(party.call("GET", f"{AUTH}/tokens"), party.token)
    yield read("api", "show_token", shown)


def _discovery(side: Side) -> Iterator[Operation]:
    schemas = ("member", "members", "image", "images")
    for name, path, status in (
        ("show_versions", "/image", 300), ("list_versions", "/image/versions", 200),
        ("show_openapi", "/image/openapi.json", 200),
        *((f"show_schema_of_{name}", f"/image/v2/schemas/{name}", 200) for name in schemas),
    ):  # fmt: skip
        yield _told(name, side.owner, path, status=status)


def _members(scene: Scene, side: Side) -> Iterator[Operation]:
    path, owner = f"{IMAGES}/{side.image.pk}", side.owner
    middle = scene.middle(side.image.memberships.all(), "pk").member_id
    for name, party, address in (
        ("show_image, owner's", owner, path),
        ("show_image, shared", side.consumer, f"{IMAGES}/{side.accepted.image_id}"),
        ("list_members limit=25", owner, f"{path}/members?limit=25"),
        *(
            (f"list_members limit=25&status={status}", owner, f"{path}/members?limit=25&status={status}")
            for status in ("pending", "accepted", "rejected")
        ),
        ("list_members, member's own", side.consumer, f"{IMAGES}/{side.accepted.image_id}/members"),
        ("show_member", owner, f"{path}/members/{middle}"),
    ):  # fmt: skip
        yield _told(name, party, address, tenant=side.label)
    if side.is_hottest:
        for query in ("limit=25", "limit=25&status=rejected"):
            address = f"{path}/members?{query}&marker={middle}"
            yield _told(f"list_members {query}", owner, address, tenant=side.label, position=DEEP)
    else:
        # Without a limit it tells all members, as clients of Glance expect: for the hottest that is what it is.
        yield _told("list_members, all", owner, f"{path}/members", tenant=side.label)


def _records(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import Image, ImageTag

    party, fresh, keys = side.owner, partial(scene.workshop, side), workshop_keys(side.label)
    paths = [f"{IMAGES}/{key}" for key in keys]
    body = {
        "name": "bench new",
        "disk_format": "qcow2",
        "container_format": "bare",
        "tags": ["golden"],
    }
    made = Image.objects.owned_by(party.tenant).filter(name="bench new")
    new = party.call("POST", IMAGES, body)
    yield _does("create_image", side, 201, cycle([new]), end=made.delete)
    changed = [
        party.call("PATCH", path, [{"op": "replace", "path": "/min_ram", "value": ram}])
        for ram in (512, 1024)
        for path in paths
    ]
    changed = [one.replace(b"application/json", PATCH) for one in changed]
    yield _does("change_image", side, 200, cycle(changed), begin=fresh)
    yield _does(
        "add_tag", side, 204, cycle([party.call("PUT", f"{path}/tags/new") for path in paths]), most=A_TURN,
        begin=fresh, before=ImageTag.objects.filter(image_id__in=keys).delete,
    )  # fmt: skip
    yield _does(
        "remove_tag", side, 204, cycle([party.call("DELETE", f"{path}/tags/new") for path in paths]), most=A_TURN,
        begin=fresh, before=partial(_tag, keys),
    )  # fmt: skip
    verbs = ("deactivate", "reactivate")
    done = [party.call("POST", f"{path}/actions/{verb}") for verb in verbs for path in paths]
    yield _does("deactivate_image and reactivate_image", side, 204, cycle(done), begin=fresh)


def _tag(keys: list[Any]) -> None:
    from sharing.models import ImageTag

    tags = [ImageTag(image_id=key, name="new") for key in keys]
    ImageTag.objects.bulk_create(tags, ignore_conflicts=True)


def _ends(scene: Scene, side: Side) -> Iterator[Operation]:
    party, supply = side.owner, partial(with_rejected, scene, side)
    paths = [f"{IMAGES}/{key}" for key in workshop_keys(side.label)]
    pruned = [party.call("POST", f"{path}/actions/prune") for path in paths]
    yield _does("prune_image", side, 200, cycle(pruned), most=A_TURN, before=supply)
    deleted = [party.call("DELETE", path) for path in paths]
    yield _does("delete_image", side, 204, cycle(deleted), most=A_TURN, before=supply)
    every = [party.call("POST", "/image/v2/actions/prune")]
    rarely = without_rejected(scene, side)
    yield _does("prune_all", side, 200, cycle(every), most=A_TURN, **rarely)


def _handshake(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import Membership

    party, members = side.owner, f"{IMAGES}/{side.image.pk}/members"
    offers = (
        party.call("POST", members, {"member": one, "checklist": True}) for one in scene.members
    )
    yield _does("offer_image", side, 200, offers, end=partial(take_back, side))
    ready = [str(MEMBERS_FROM + 10**15 + at) for at in range(A_TURN)]
    yield _does(
        "withdraw_image", side, 204, cycle([party.call("DELETE", f"{members}/{one}") for one in ready]), most=A_TURN,
        before=partial(offered, side, ready), end=partial(take_back, side),
    )  # fmt: skip
    consumer = side.consumer
    images = Membership.objects.filter(pk__in=pending_of(consumer)).values_list(
        "image_id", flat=True
    )
    answers = [
        consumer.call("PUT", f"{IMAGES}/{image}/members/{consumer.tenant}", {"status": status})
        for status in ("accepted", "rejected", "pending") for image in images
    ]  # fmt: skip
    waiting = Membership.objects.filter(pk__in=pending_of(consumer))
    keys = list(waiting.values_list("pk", flat=True))
    put_back = partial(Membership.objects.filter(pk__in=keys).update, status="pending")
    yield _does("answer_offer", side, 200, cycle(answers), end=put_back)


def _tokens(side: Side) -> Iterator[Operation]:
    party = side.owner
    methods = {"application_credential": party.credential, "token": {"id": party.token}}
    for method, said in methods.items():
        body = {"auth": {"identity": {"methods": [method], method: said}}}
        yield _does(
            f"create_token by {method}", side, 201, cycle([request("POST", f"{AUTH}/tokens", "", body)])
        )  # fmt: skip
    revoked = (_about(party.call("DELETE", f"{AUTH}/tokens"), _fresh_token(party)) for _ in count())
    yield _does("revoke_token", side, 204, revoked)


def _about(call: bytes, token: str) -> bytes:
    return call.replace(b"\r\n\r\n", f"\r\nX-Subject-Token: {token}\r\n\r\n".encode(), 1)


def _fresh_token(party: Party) -> str:
    from uuid import uuid4

    import msgspec

    from sharing.api import tokens

    return tokens.written(msgspec.structs.replace(tokens.read(party.token), id=uuid4()))
