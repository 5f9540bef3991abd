"""What the operators do on their screens."""

from collections.abc import Iterator
from functools import partial
from itertools import count, cycle
from typing import Any

from tests.bench.scale.operation import FIRST, Key, Operation
from tests.bench.scale.operators import SHARING
from tests.bench.scale.scene import MEMBERS_FROM, Scene, Side, workshop_keys
from tests.bench.scale.verbs import A_TURN, credentials_of, offered, pending_of, take_back


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
