from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from sharing import handshake
from sharing.models import Event, Image, Membership
from sharing.models.event import AppendOnly
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="debian-12")


@pytest.fixture
def told(image, producer, consumer, stranger, by_operator):
    """A history with every verb: the consumer's offer goes through all statuses, the stranger's is pruned."""

    def answer(party, *statuses):
        [offer] = Membership.objects.of_member(party.id)
        for status in statuses:
            handshake.answer([offer.pk], status, by=party.by)

    Image.objects.update(checklist_confirmed_at=None)
    handshake.offer(
        image, [consumer.id, stranger.id], note="Agreed.", checklist=True, by=producer.by
    )
    answer(consumer, "accepted", "rejected", "pending")
    answer(stranger, "rejected")
    handshake.prune(by=producer.by)
    handshake.withdraw(image, [consumer.id], by=producer.by)
    handshake.offer(image, [consumer.id], by=by_operator)
    handshake.hold(image, by=by_operator)
    handshake.release(image, by=by_operator)
    handshake.delete_image(image, by=producer.by)


def seen_by(party):
    """Verb and member of each event that the party may read, oldest first."""
    return [
        (event.verb, event.member_id)
        for event in sorted(
            (event for arm in Event.objects.seen_by(party.id) for event in arm),
            key=lambda event: event.pk,
        )
    ]


@pytest.mark.usefixtures("told")
def test_every_verb_leaves_who_did_what_when_and_for_which_tenant(
    image, producer, consumer, stranger, by_operator
):
    owner = (producer.manager.email, producer.id)
    member = (consumer.manager.email, consumer.id)
    other = (stranger.manager.email, stranger.id)
    nobody = (by_operator.user, "")
    events = list(Event.objects.order_by("pk"))
    assert [(e.verb, e.member_id, (e.actor, e.actor_tenant_id)) for e in events] == [
        ("confirmed", "", owner),
        ("offered", consumer.id, owner),
        ("offered", stranger.id, owner),
        ("accepted", consumer.id, member),
        ("rejected", consumer.id, member),
        ("postponed", consumer.id, member),
        ("rejected", stranger.id, other),
        ("pruned", stranger.id, owner),
        ("withdrawn", consumer.id, owner),
        ("offered", consumer.id, nobody),
        ("held", "", nobody),
        ("released", "", nobody),
        ("deleted", consumer.id, owner),
    ]
    assert {(e.image_id, e.image_name, e.owner_id) for e in events} == {
        (image.pk, "debian-12", producer.id)
    }
    assert all(timezone.now() - e.at < timedelta(minutes=1) for e in events)
    assert [e.note for e in events][:3] == [image.checksum, "Agreed.", "Agreed."]


@pytest.mark.usefixtures("told")
def test_an_event_names_the_offer_it_is_about(consumer):
    first, second = Event.objects.filter(verb="offered", member_id=consumer.id).order_by("pk")

    of_first = Event.objects.filter(offer_id=first.offer_id).order_by("pk")
    assert [event.verb for event in of_first] == [
        "offered", "accepted", "rejected", "postponed", "withdrawn",
    ]  # fmt: skip
    of_second = Event.objects.filter(offer_id=second.offer_id).order_by("pk")
    assert [event.verb for event in of_second] == ["offered", "deleted"]


@pytest.mark.usefixtures("told")
def test_both_sides_read_theirs_even_after_everything_is_gone(producer, consumer, stranger):
    assert not Image.objects.exists()
    assert len(seen_by(producer)) == 13
    assert seen_by(consumer) == [
        (verb, consumer.id)
        for verb in (
            "offered", "accepted", "rejected", "postponed", "withdrawn", "offered", "deleted",
        )
    ]  # fmt: skip
    assert seen_by(stranger) == [(v, stranger.id) for v in ("offered", "rejected", "pruned")]


def test_who_is_no_party_reads_nothing(producer, consumer, stranger, image):
    handshake.offer(image, [consumer.id], by=producer.by)

    assert seen_by(stranger) == []


def test_a_tenant_that_is_both_sides_reads_each_event_once(producer, consumer, image):
    mine = ImageFactory(owner=consumer.tenant)
    handshake.offer(image, [consumer.id], by=producer.by)
    handshake.offer(mine, [producer.id], by=consumer.by)

    assert seen_by(consumer) == [("offered", consumer.id), ("offered", producer.id)]


def test_history_outlives_the_people_in_it(producer, consumer, image):
    handshake.offer(image, [consumer.id], by=producer.by)
    email = producer.manager.email
    producer.manager.delete()

    assert Event.objects.get().actor == email


def test_an_image_without_members_leaves_one_event_when_it_is_deleted(producer, image):
    handshake.delete_image(image, by=producer.by)

    assert seen_by(producer) == [("deleted", "")]


def test_a_renamed_image_keeps_the_names_it_had(producer, consumer, stranger, image):
    handshake.offer(image, [consumer.id], by=producer.by)
    Image.objects.update(name="debian-13")
    handshake.offer(image, [stranger.id], by=producer.by)

    assert list(Event.objects.order_by("pk").values_list("image_name", flat=True)) == [
        "debian-12", "debian-13",
    ]  # fmt: skip


class TestAppendOnly:
    @pytest.fixture
    def event(self, producer, consumer, image):
        handshake.offer(image, [consumer.id], by=producer.by)
        return Event.objects.get()

    DOORS = {
        "save": lambda event: event.save(),
        "save some fields": lambda event: event.save(update_fields=["actor"]),
        "save under its key": lambda event: Event(
            **Event.objects.values().get() | {"actor": "x"}
        ).save(),
        "forced save": lambda event: Event(**Event.objects.values().get() | {"actor": "x"}).save(
            force_update=True
        ),
        "update": lambda event: Event.objects.filter(pk=event.pk).update(actor="x"),
        "update of what is seen": lambda event: Event.objects.seen_by("4471021")[0].update(
            actor="x"
        ),
        "bulk_update": lambda event: Event.objects.bulk_update([event], ["actor"]),
        "update_or_create": lambda event: Event.objects.update_or_create(
            pk=event.pk, defaults={"actor": "x"}
        ),
        "upsert": lambda event: Event.objects.bulk_create(
            [event], update_conflicts=True, unique_fields=["id"], update_fields=["actor"]
        ),
        "delete": lambda event: event.delete(),
        "delete of all": lambda event: Event.objects.all().delete(),
        "delete of what is seen": lambda event: Event.objects.seen_by("4471021")[0].delete(),
    }

    @pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
    def test_no_door_of_the_model_rewrites_history(self, event, door):
        event.actor = "somebody else"

        refusals = (AppendOnly, IntegrityError, ValueError)
        with unchanged(), pytest.raises(refusals), transaction.atomic():
            door(event)

    def test_no_row_points_at_an_event_and_an_event_at_none(self):
        """So that no cascade reaches it."""
        assert not Event._meta.related_objects
        assert not [field for field in Event._meta.get_fields() if field.is_relation]


class TestOneTransaction:
    """A change without its event, or an event without its change, cannot be."""

    @pytest.fixture
    def offered(self, image, consumer):
        return MembershipFactory(image=image, member_id=consumer.id, status="rejected")

    VERBS = {
        "offer": lambda s: handshake.offer(s["image"], ["9"], checklist=True, by=s["producer"].by),
        "answer": lambda s: handshake.answer([s["offered"].pk], "accepted", by=s["consumer"].by),
        "withdraw": lambda s: handshake.withdraw(s["image"], None, by=s["producer"].by),
        "prune": lambda s: handshake.prune(by=s["producer"].by),
        "delete": lambda s: handshake.delete_image(s["image"], by=s["producer"].by),
        "hold": lambda s: handshake.hold(s["image"], by=s["by_operator"]),
    }

    @pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
    def test_where_the_event_cannot_be_written_nothing_is_changed(
        self, monkeypatch, producer, consumer, image, offered, by_operator, verb
    ):
        def broken(*args, **kwargs):
            raise OSError("No space left on device")

        monkeypatch.setattr("sharing.models.event.EventQuerySet.append", broken)
        scene = {
            "producer": producer, "consumer": consumer, "image": image,
            "offered": offered, "by_operator": by_operator,
        }  # fmt: skip

        with unchanged(), pytest.raises(OSError, match="No space"):
            verb(scene)
