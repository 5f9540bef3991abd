"""What producer and consumer do on the pages. Each undoes itself, or has plenty to act on, made before each turn."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import batched, cycle, islice
from typing import Any

from tests.bench.scale.databases import run
from tests.bench.scale.operation import FIRST, Key, Operation
from tests.bench.scale.party import Party
from tests.bench.scale.scene import MEMBERS_FROM, Scene, Side, workshop_keys

A_TURN, MANY, REJECTED = 30, 25, 5
CHECKLIST = {"no_secrets": "on", "may_be_passed_on": "on", "trusted": "on"}


def verbs(scene: Scene) -> Iterator[Operation]:
    for side in scene.sides:
        yield from _offers(scene, side)
        yield from _switches(scene, side)
        yield from _ends(scene, side)
        yield from _answers(side)
    yield from _new(scene.sides[0])


def operation(
    name: str, side: Side, status: int, requests: Iterator[bytes], **how: Any
) -> Operation:
    return Operation(Key("html", name, side.label, FIRST), status, requests, **how)


def _offers(scene: Scene, side: Side) -> Iterator[Operation]:
    party, page = side.owner, side.image_page
    for number in (1, MANY):
        offers = (
            party.post(f"{page}offer/", tenant_ids=" ".join(ids), **CHECKLIST)
            for ids in batched(scene.members, number)
        )
        yield operation(f"offer to {number}", side, 200, offers, end=partial(take_back, side))
        ready = [str(MEMBERS_FROM + 10**15 + at) for at in range(A_TURN * number)]
        withdrawals = [party.post(f"{page}withdraw/", member=ids) for ids in batched(ready, number)]
        yield operation(
            f"withdraw {number}", side, 200, cycle(withdrawals), most=A_TURN,
            before=partial(offered, side, ready), end=partial(take_back, side),
        )  # fmt: skip


def _switches(scene: Scene, side: Side) -> Iterator[Operation]:
    party, fresh = side.owner, partial(scene.workshop, side)
    pages = [f"{party.home}images/{key}/" for key in workshop_keys(side.label)]
    for verb, status in (("protect", 302), ("redistributable", 200)):
        requests = [party.post(f"{page}{verb}/", value=value) for value in (1, 0) for page in pages]
        yield operation(f"{verb} and back", side, status, cycle(requests), begin=fresh)
    considered = {"consideration_1": "on", "consideration_2": "on"}
    asked = [party.post(f"{page}acknowledge/", **considered) for page in pages]
    yield operation("acknowledge", side, 200, cycle(asked), most=A_TURN, before=fresh)
    said = [party.post(f"{page}made-from/", parent=side.image.pk) for page in pages]
    yield operation("made from", side, 200, cycle(said), most=A_TURN, before=fresh)


def _ends(scene: Scene, side: Side) -> Iterator[Operation]:
    party, supply = side.owner, partial(with_rejected, scene, side)
    pages = [f"{party.home}images/{key}/" for key in workshop_keys(side.label)]
    pruned = [party.post(f"{page}prune/") for page in pages]
    yield operation("prune", side, 200, cycle(pruned), most=A_TURN, before=supply)
    deleted = [party.post(f"{page}delete/") for page in pages]
    yield operation("delete image", side, 200, cycle(deleted), most=A_TURN, before=supply)
    every = [party.post(f"{party.home}images/prune/")]
    rarely = without_rejected(scene, side)
    yield operation("prune all images", side, 200, cycle(every), most=A_TURN, **rarely)


def _answers(side: Side) -> Iterator[Operation]:
    party = side.consumer
    keys = pending_of(party)
    put_back = partial(_make_pending, keys)
    for verb in ("accept", "reject"):
        for number in (1, MANY):
            if number > len(keys):
                continue
            requests = [
                party.post(f"{party.home}inbox/{one}/", offer=chosen, tab="pending")
                for one in (verb, "postpone")
                for chosen in batched(keys, number)
            ]
            name = f"{verb} {number}, and decide later"
            yield operation(name, side, 200, cycle(requests), end=put_back)


def _new(side: Side) -> Iterator[Operation]:
    from sharing.models import ApplicationCredential, Image

    party = side.owner
    mine = ApplicationCredential.objects.filter(
        holder__tenant=party.tenant, name__startswith="new-"
    )
    names = [f"new-{number}" for number in range(A_TURN)]
    facts = {"tenant": party.tenant, "role": "reader", "expires": "90"}
    page = f"{party.home}credentials/"
    created = [party.post(f"{page}create/", name=name, **facts) for name in names]
    yield operation(
        "create credential",
        side,
        201,
        cycle(created),
        most=A_TURN,
        before=mine.delete,
        end=mine.delete,
    )
    keys, before = credentials_of(party)
    revoked = [party.post(f"{page}revoke/", htmx=False, credential=key) for key in keys]
    yield operation(
        "revoke credential", side, 302, cycle(revoked), most=A_TURN, before=before, end=mine.delete
    )
    new = party.post(f"{party.home}images/new/", htmx=False, name="bench new", tags="golden, lts")
    made = Image.objects.owned_by(party.tenant).filter(name="bench new")
    yield operation("new image", side, 302, cycle([new]), end=made.delete)


def offered(side: Side, ids: list[str]) -> None:
    from sharing import handshake

    handshake.offer(side.image, ids, by=actor(side.owner))


def take_back(side: Side) -> None:
    """Members that the bench invented."""
    side.image.memberships.filter(member_id__regex=r"^1\d{18}$").delete()


def with_rejected(scene: Scene, side: Side, number: int = A_TURN) -> None:
    """The workshop's images, each with REJECTED members, of which all rejected."""
    from sharing import handshake
    from sharing.models import Image, Membership

    images = Image.objects.filter(pk__in=scene.workshop(side)).order_by("pk")[:number]
    members = Membership.objects.filter(image_id__in=[image.pk for image in images])
    there = Counter(members.values_list("image_id", flat=True))
    for image in images:
        # A turn ends before it came to all of them.
        lacking = islice(scene.members, max(0, REJECTED - there[image.pk]))
        handshake.offer(image, list(lacking), by=actor(side.owner))
    members.exclude(status="rejected").update(status="rejected")


def without_rejected(scene: Scene, side: Side) -> dict[str, Callable[[], object]]:
    """What an operation on all the owner's rejected memberships needs: but for a few, they are none until its end."""
    from sharing.models import Membership

    kept: list[int] = []

    def begin() -> None:
        rejected = Membership.objects.of_owner(side.owner.tenant).rejected()
        kept.extend(rejected.values_list("pk", flat=True))
        for some in batched(kept, 10_000):
            Membership.objects.filter(pk__in=some).update(status="pending")
        # Else each prune looks at what they were, too; of less than 2% of the pages, VACUUM would leave the indexes.
        run(scene.database.url, "VACUUM (INDEX_CLEANUP ON) sharing_membership")

    def end() -> None:
        for some in batched(kept, 10_000):
            Membership.objects.filter(pk__in=some).update(status="rejected")
        kept.clear()

    return {"begin": begin, "before": partial(with_rejected, scene, side, 1), "end": end}


def pending_of(party: Party) -> list[int]:
    """Offers that the consumer may answer, over and over."""
    from sharing.models import Membership

    mine = Membership.objects.of_member(party.tenant).in_force().pending()
    return list(mine.order_by("-pk").values_list("pk", flat=True)[: 4 * MANY])


def _make_pending(keys: list[int]) -> None:
    from sharing.models import Membership

    unanswered = {"status": "pending", "answered_by": "", "answered_at": None}
    Membership.objects.filter(pk__in=keys).update(**unanswered)


def credentials_of(party: Party) -> tuple[list[Any], Callable[[], object]]:
    """Keys of credentials, and what makes them."""
    from uuid import UUID

    from sharing.models import ApplicationCredential, TenantUser

    keys = [UUID(int=2**100 + number) for number in range(A_TURN)]
    holder = TenantUser.objects.get(user_id=party.user_id, tenant=party.tenant)

    def make() -> None:
        there = ApplicationCredential.objects.filter(pk__in=keys).values_list("pk", flat=True)
        ApplicationCredential.objects.bulk_create(
            ApplicationCredential(pk=key, holder=holder, name=f"new-{key.int % 2**32}", role="reader", secret_hash="0")
            for key in set(keys) - set(there)
        )  # fmt: skip

    return keys, make


def actor(party: Party) -> Any:
    from sharing.tenancy import Actor

    return Actor(party.email, party.tenant, "manager")
