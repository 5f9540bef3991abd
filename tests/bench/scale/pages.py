"""Every page of producer and consumer. Left out: image data itself (`tests.bench.downloads`, `imports`), and sign-in,
which asks for nothing that grows."""

from collections.abc import Iterator
from urllib.parse import quote

from tests.bench.scale.operation import DEEP, Operation, read
from tests.bench.scale.party import Party
from tests.bench.scale.scene import Scene, Side

# Searches: in one name of sixteen three times, in 70 of all, in none; a word that images carry as a tag.
COMMON, RARE, NOTHING, TAG = "debian", "canary", "no-such-image", "golden"


def pages(scene: Scene) -> Iterator[Operation]:
    for side in scene.sides:
        yield from _image_lists(scene, side)
        yield from _searches(scene, side)
        yield from _image_page(scene, side)
        yield from _consumer(scene, side)
        yield from _activity(scene, side)
        yield from _questions(side)
    yield from _same_for_all(scene.sides[0])


def listed(side: Side, party: Party, name: str, path: str, deep: str = "") -> Iterator[Operation]:
    """The first page, and for the hottest the one that `deep` leads to; a typical tenant's lists are one page."""
    yield read("html", name, party.get(party.home + path), tenant=side.label)
    if deep and side.is_hottest:
        address = f"{party.home}{path}{'&' if '?' in path else '?'}{deep}"
        yield read("html", name, party.get(address), tenant=side.label, position=DEEP)


def _image_lists(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.forms import ImagesForm
    from sharing.models import Image

    for who, party, rows in (
        ("owner", side.owner, Image.objects.owned_by(side.owner.tenant)),
        ("consumer", side.consumer, Image.objects.accepted_by(side.consumer.tenant)),
    ):
        for sort, order in ImagesForm.ORDERS.items():
            deep = scene.deep(rows, *order)
            yield from listed(
                side, party, f"images of {who} by {sort}", f"images/?sort={sort}", deep
            )
        show = "mine" if who == "owner" else "shared"
        deep = scene.deep(rows, "-created_at", "-id")
        yield from listed(side, party, f"images of {who}: {show}", f"images/?show={show}", deep)


def _searches(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import Image

    for who, party, image, rows in (
        ("owner", side.owner, side.image, Image.objects.owned_by(side.owner.tenant)),
        ("consumer", side.consumer, side.accepted.image, Image.objects.accepted_by(side.consumer.tenant)),
    ):  # fmt: skip
        for what, words, deep in (
            ("common name", COMMON, scene.deep(rows, "-created_at", "-id")),
            ("rare name", RARE, ""),
            ("no name", NOTHING, ""),
            ("tag", TAG, ""),
            ("UUID", image.pk, ""),
        ):
            path = f"images/?q={quote(str(words))}"
            yield from listed(side, party, f"images of {who} with {what}", path, deep)


def _image_page(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.paging import PAGE_SIZE

    members = side.image.memberships
    path = f"images/{side.image.pk}/"
    deep = scene.deep(members.all())
    yield from listed(side, side.owner, "image and members", path, deep)
    for status in ("pending", "accepted", "rejected"):
        rows = members.filter(status=status)
        deep = scene.deep(rows)
        yield from listed(
            side, side.owner, f"image and members {status}", f"{path}?status={status}", deep
        )
    member = scene.middle(members.all()).member_id
    # A beginning by which more than a page of members is found, at every size.
    part = scene.beginning(members.order_by(), "member_id__startswith", member, PAGE_SIZE)
    for digits, begin in (("1 digit", member[:1]), ("some digits", part), ("all digits", member)):
        first = digits == "1 digit"
        deep = (
            scene.deep(members.filter(member_id__startswith=begin), "member_id", "id")
            if first
            else ""
        )
        name = f"image and members from {digits}"
        yield from listed(side, side.owner, name, f"{path}?q={begin}", deep)
    for status, image_id in (
        ("accepted", side.accepted.image_id),
        ("pending", side.pending.image_id),
    ):
        yield from listed(side, side.consumer, f"image shared, {status}", f"images/{image_id}/")
    address = f"/images/{side.image.pk}/"
    yield read("html", "find image", side.owner.get(address), tenant=side.label, status=302)


def _consumer(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import Membership

    party = side.consumer
    mine = Membership.objects.of_member(party.tenant).in_force()
    for status in ("pending", "accepted", "rejected"):
        rows = mine.filter(status=status)
        deep = scene.deep(rows)
        yield from listed(side, party, f"inbox: {status}", f"inbox/?status={status}", deep)
    yield read("html", "home", party.get("/"), tenant=side.label, status=302)


def _activity(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import Event

    by_owner, _ = Event.objects.seen_by(side.owner.tenant)
    _, as_member = Event.objects.seen_by(side.consumer.tenant)
    for who, party, rows in (
        ("owner", side.owner, by_owner),
        ("consumer", side.consumer, as_member),
    ):
        deep = scene.deep(rows)
        yield from listed(side, party, f"activity of {who}", "activity/", deep)
        # What is everywhere, what is seldom, and what never was.
        for verb in ("offered", "rejected", "held", "pruned"):
            yield from listed(
                side, party, f"activity of {who}: {verb}", f"activity/?verb={verb}",
                deep if verb in ("offered", "rejected") else "",
            )  # fmt: skip


def _questions(side: Side) -> Iterator[Operation]:
    """The pages that ask before what cannot be undone."""
    image = f"images/{side.image.pk}/"
    member = side.image.memberships.order_by("pk").values_list("member_id", flat=True)[0]
    for name, party, path in (
        ("withdraw one?", side.owner, f"{image}withdraw/confirm/?member={member}"),
        ("withdraw all?", side.owner, f"{image}withdraw/confirm/?all=1"),
        ("prune?", side.owner, f"{image}prune/confirm/"),
        ("prune all images?", side.owner, "images/prune/confirm/"),
        ("delete?", side.owner, f"{image}delete/confirm/"),
        ("leave?", side.consumer, f"images/{side.accepted.image_id}/leave/confirm/"),
        ("new image, owner", side.owner, "images/new/"),
        ("new image, consumer", side.consumer, "images/new/"),
    ):
        yield from listed(side, party, name, path)


def _same_for_all(side: Side) -> Iterator[Operation]:
    chosen = f"credentials/revoke/confirm/?credential={side.owner.credential['id']}"
    for name, path in (
        ("credentials", "credentials/"),
        ("revoke credential?", chosen),
        ("help", "help/"),
        ("help on API", "help/api/"),
    ):
        yield from listed(side, side.owner, name, path)
