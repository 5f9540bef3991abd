"""Every screen of the operators, and what they do there."""

from collections.abc import Iterator
from functools import partial
from itertools import count, cycle
from typing import Any
from urllib.parse import quote

from tests.bench.scale.operation import DEEP, FIRST, Key, Operation, read
from tests.bench.scale.pages import COMMON, NOTHING, RARE
from tests.bench.scale.scene import MEMBERS_FROM, TYPICAL, Scene, Side, workshop_keys
from tests.bench.scale.verbs import A_TURN, credentials_of, offered, pending_of, take_back

SHARING = "/admin/sharing"


def screens(scene: Scene) -> Iterator[Operation]:
    for name, path in (*_lists(), *_lists_by_part(scene)):
        yield from _listed(scene, name, path)
    for side in scene.sides:
        for name, path in (*_lists_about(side), *_forms(scene, side)):
            yield _shown(scene, name, path, side.label)
        for name, path, status in _histories(scene, side):
            yield _shown(scene, f"history of {name}", path, side.label, status)
    for name, path in _always():
        yield _shown(scene, name, path)


def _shown(
    scene: Scene, name: str, path: str, tenant: str = TYPICAL, status: int = 200
) -> Operation:
    return read("admin", name, scene.operator.get(path), tenant=tenant, status=status)


def _listed(scene: Scene, name: str, path: str) -> Iterator[Operation]:
    """The first page, and the one in the middle of those that a list has."""
    yield _shown(scene, name, path)
    if "q=" not in path and scene.size >= 10_000:
        deep = f"{path}{'&' if '?' in path else '?'}p=10"
        yield read("admin", name, scene.operator.get(deep), position=DEEP)


def _lists() -> Iterator[tuple[str, str]]:
    for model in ("image", "membership", "event", "tenant", "user"):
        yield f"{model}s", f"{SHARING}/{model}/"
    for model, narrowed in (
        ("membership", "status__exact=rejected"), ("event", "verb__exact=offered"), ("event", "verb__exact=rejected"),
    ):  # fmt: skip
        yield f"{model}s: {narrowed}", f"{SHARING}/{model}/?{narrowed}"
    for model, words in (
        ("image", (COMMON, RARE, NOTHING)), ("tenant", ("4", "Halden", NOTHING)), ("user", ("manager", NOTHING)),
    ):  # fmt: skip
        for word in words:
            yield f"{model}s with {word}", f"{SHARING}/{model}/?q={word}"


def _lists_by_part(scene: Scene) -> Iterator[tuple[str, str]]:
    """As much of an ID as still finds all that a search shows: the same number of rows at every size."""
    from sharing.admin.bounded import FOUND_CAP
    from sharing.models import Tenant, User

    tenant = scene.sides[0].owner.tenant
    for model, rows, lookup in (
        ("tenant", Tenant.objects.order_by(), "id__startswith"), ("user", User.objects.order_by(), "email__icontains"),
    ):  # fmt: skip
        part = scene.beginning(rows, lookup, tenant, FOUND_CAP)
        yield f"{model}s with a part of an ID", f"{SHARING}/{model}/?q={part}"


def _lists_about(side: Side) -> Iterator[tuple[str, str]]:
    owner, member, image = side.owner.tenant, side.consumer.tenant, side.image.pk
    for model, what, query in (
        ("image", "of owner", f"owner__exact={owner}"), ("image", "with UUID", f"q={image}"),
        ("image", "with owner", f"q={owner}"), ("image", "with name", f"q={quote(side.image.name)}"),
        ("membership", "of image", f"image__exact={image}"), ("membership", "with UUID", f"q={image}"),
        ("membership", "with owner", f"q={owner}"), ("membership", "with member", f"q={member}"),
        ("event", "of image", f"image_id__exact={image}"), ("event", "of member", f"member_id__exact={member}"),
        ("event", "with UUID", f"q={image}"), ("event", "with owner", f"q={owner}"),
        ("event", "with member", f"q={member}"),
        ("tenant", "with ID", f"q={owner}"), ("tenant", "with e-mail", f"q={quote(side.owner.email)}"),
        ("user", "with e-mail", f"q={quote(side.owner.email)}"),
        ("applicationcredential", "with tenant", f"q={owner}"),
        ("applicationcredential", "with e-mail", f"q={quote(side.owner.email)}"),
    ):  # fmt: skip
        yield f"{model}s {what}", f"{SHARING}/{model}/?{query}"


def _forms(scene: Scene, side: Side) -> Iterator[tuple[str, str]]:
    for model, key in _records(side).items():
        yield model, f"{SHARING}/{model}/{key}/change/"
    yield "group", f"/admin/auth/group/{scene.group}/change/"


def _histories(scene: Scene, side: Side) -> Iterator[tuple[str, str, int]]:
    """Of records they are the events, narrowed: the screen redirects to that list."""
    for model, key in _records(side).items():
        records = model in ("image", "membership", "event")
        yield model, f"{SHARING}/{model}/{key}/history/", 302 if records else 200
    yield "group", f"/admin/auth/group/{scene.group}/history/", 200


def _records(side: Side) -> dict[str, Any]:
    """A row of each model."""
    from sharing.models import Event

    return {
        "image": side.image.pk, "membership": side.accepted.pk, "tenant": side.owner.tenant, "user": side.owner.user_id,
        "event": Event.objects.filter(image_id=side.image.pk).order_by("id")[0].pk,
        "applicationcredential": side.owner.credential["id"],
    }  # fmt: skip


def _always() -> Iterator[tuple[str, str]]:
    user, event = f"{SHARING}/user/", f"{SHARING}/event/"
    yield from {
        "index": "/admin/", "app index": f"{SHARING}/", "groups": "/admin/auth/group/",
        "credentials": f"{SHARING}/applicationcredential/", "images on hold": f"{SHARING}/image/?on_hold__exact=1",
        "operators": f"{user}?is_staff__exact=1", "inactive users": f"{user}?is_active__exact=0",
        "superusers": f"{user}?is_superuser__exact=1", "events: held": f"{event}?verb__exact=held",
        "events: pruned": f"{event}?verb__exact=pruned", "add group": "/admin/auth/group/add/",
        **{f"add {model}": f"{SHARING}/{model}/add/" for model in ("membership", "tenant", "user")},
    }.items()  # fmt: skip


def verbs(scene: Scene) -> Iterator[Operation]:
    for side in scene.sides:
        yield from _on_images(scene, side)
        yield from _on_memberships(scene, side)
    yield from _on_people(scene, scene.sides[0])


def _does(
    name: str, side: Side, requests: Iterator[bytes], status: int = 302, **how: Any
) -> Operation:
    return Operation(Key("admin", name, side.label, FIRST), status, requests, **how)


def _act(scene: Scene, model: str, action: str, keys: Any, **more: object) -> bytes:
    """An action on ticked rows of a list."""
    return scene.operator.post(
        f"{SHARING}/{model}/", htmx=False, action=action, index=0, _selected_action=keys, **more
    )


def _on_images(scene: Scene, side: Side) -> Iterator[Operation]:
    fresh, keys = partial(scene.workshop, side), workshop_keys(side.label)
    for name, verbs in (
        ("hold and release", ("put_on_hold", "release_from_hold")),
        ("mark as restricted and lift", ("mark_as_restricted", "lift_the_mark")),
    ):
        requests = [_act(scene, "image", verb, key) for verb in verbs for key in keys]
        yield _does(name, side, cycle(requests), begin=fresh, end=fresh)


def _on_memberships(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import Membership

    page, rows = f"{SHARING}/membership/add/", pending_of(side.consumer)
    answers = [
        _act(scene, "membership", verb, key)
        for verb in ("accept", "reject", "postpone")
        for key in rows
    ]
    put_back = partial(Membership.objects.filter(pk__in=rows).update, status="pending")
    yield _does("answer on behalf", side, cycle(answers), end=put_back)
    offers = (
        scene.operator.post(page, htmx=False, image=side.image.pk, member_id=one, note="") for one in scene.members
    )  # fmt: skip
    yield _does("offer", side, offers, end=partial(take_back, side))
    asked = _act(scene, "membership", "withdraw", rows[:1])
    yield _does("withdraw?", side, cycle([asked]), 200)
    ready = [str(MEMBERS_FROM + 10**15 + at) for at in range(A_TURN)]
    supply = _Supply(scene, side, ready)
    yield _does(
        "withdraw", side, supply, most=A_TURN, before=supply.fill, end=partial(take_back, side)
    )


class _Supply(Iterator[bytes]):
    """Withdrawals of memberships that get new keys with each turn."""

    def __init__(self, scene: Scene, side: Side, ids: list[str]) -> None:
        self._scene, self._side, self._ids = scene, side, ids
        self._requests: Iterator[bytes] = iter(())

    def fill(self) -> None:
        offered(self._side, self._ids)
        rows = self._side.image.memberships.filter(member_id__in=self._ids)
        keys = list(rows.values_list("pk", flat=True))
        self._requests = (
            _act(self._scene, "membership", "withdraw", key, confirmed=1) for key in keys
        )

    def __next__(self) -> bytes:
        return next(self._requests)


def _on_people(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import Tenant, User

    operator, owner = scene.operator, side.owner
    tenants = (
        operator.post(f"{SHARING}/tenant/add/", htmx=False, id=one, name="bench", **_forms_of_none(1))
        for one in scene.members
    )  # fmt: skip
    yield _does("add tenant", side, tenants, end=Tenant.objects.filter(name="bench").delete)
    users = (
        operator.post(
            f"{SHARING}/user/add/",
            htmx=False,
            email=f"new{number}@bench.example",
            usable_password="false",
        )
        for number in count()
    )
    new = User.objects.filter(email__endswith="@bench.example")
    yield _does("add user", side, users, end=new.delete)
    facts = Tenant.objects.values("name", "contact", "support_note").get(pk=owner.tenant)
    changed = [
        operator.post(
            f"{SHARING}/tenant/{owner.tenant}/change/", htmx=False, **facts | {"byte_quota": quota},
            **_forms_of_none(2),
        )
        for quota in (10**12, 10**13)
    ]  # fmt: skip
    own = Tenant.objects.filter(pk=owner.tenant)
    yield _does("change tenant", side, cycle(changed), end=partial(own.update, byte_quota=None))
    yield from _on_users(scene, side)


def _on_users(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import ApplicationCredential

    owner, page = side.owner, f"{SHARING}/user/{side.owner.user_id}/change/"
    facts = {"email": owner.email, "is_active": "on"} | _forms_of_none(2)
    changed = [
        scene.operator.post(page, htmx=False, **facts, last_name=name) for name in ("A", "B")
    ]
    yield _does("change user", side, cycle(changed))
    asked = _act(scene, "user", "remove_second_factor", owner.user_id)
    yield _does("remove second factor, there is none", side, cycle([asked]))
    keys, make = credentials_of(owner)
    gone = ApplicationCredential.objects.filter(pk__in=keys).delete
    asked = _act(scene, "applicationcredential", "revoke", keys[0])
    yield _does("revoke credential?", side, cycle([asked]), 200, begin=make, end=gone)
    revoked = [_act(scene, "applicationcredential", "revoke", key, confirmed=1) for key in keys]
    yield _does("revoke credential", side, cycle(revoked), most=A_TURN, before=make, end=gone)


def _forms_of_none(number: int) -> dict[str, int]:
    """What so many lists within a form send where nothing is in them."""
    parts = ["tenant_users", "tenant_users-2"][:number]
    return {f"{part}-{what}_FORMS": 0 for part in parts for what in ("TOTAL", "INITIAL")}
