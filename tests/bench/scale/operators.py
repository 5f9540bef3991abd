"""Every screen of the operators."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.bench.scale.operation import DEEP, Operation, read
from tests.bench.scale.pages import COMMON, NOTHING, RARE
from tests.bench.scale.scene import TYPICAL, Scene, Side

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
