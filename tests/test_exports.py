"""Who may take image data out, why not, and what history keeps of it."""

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.utils import timezone

from sharing.errors import Gone, NotAllowed
from sharing.imagedata.exports import (
    CONSIDERATIONS,
    ONE_DOWNLOAD,
    acknowledge,
    prospect,
    ruling,
    set_redistributable,
    take_out,
)
from sharing.models import Event, Image
from sharing.tenancy import Actor
from tests.factories import ImageFactory, MembershipFactory
from tests.imported import imported
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db
FLAGS = (False, True)
DERIVED = ("no", "from its own", "from a shared one", "from one that is gone", "and acknowledged")


def closed_because(caller, status, held, restricted, inherited, open_, derived, stored):
    """The rules of the product, told from the top; a word of the reason, or empty where data may go out."""
    theirs = derived in ("from a shared one", "from one that is gone")
    if caller == "operator":
        return "its owner exports it" if not restricted else "" if stored else "cloud's"
    return next(
        word
        for holds, word in (
            (caller == "pending", "accepted the offer"),
            (status == "queued", "no data yet"),
            (held, "on hold"),
            (status == "deactivated", "deactivated"),
            (restricted and inherited, "Windows, inherited from"),
            (restricted, "(Windows)"),
            (caller == "accepted" and not open_, "redistributable"),
            (caller in ("owner", "reader") and theirs, "two considerations"),
            (caller == "accepted" and theirs, "has not acknowledged"),
            (not stored, "cloud's"),
            (True, ""),
        )
        if holds
    )


@pytest.mark.parametrize("caller", ["owner", "reader", "pending", "accepted", "operator"])
def test_data_goes_out_where_the_rules_of_the_product_let_it(
    producer, consumer, stranger, by_operator, caller
):
    by = {"owner": producer.by, "reader": producer.read_by, "operator": by_operator}
    shared, own = ImageFactory(owner=stranger.tenant), ImageFactory(owner=producer.tenant)
    parents = dict(zip(DERIVED, (None, own.pk, shared.pk, uuid4(), shared.pk), strict=True))
    states = product(Image.Status.values, FLAGS, FLAGS, FLAGS, FLAGS, DERIVED, FLAGS)
    for status, held, restricted, inherited, open_, derived, stored in states:
        image = Image(
            owner=producer.tenant, status=status, on_hold=held, redistributable=open_,
            base_image_ref=parents[derived], data="ab/data" if stored else "",
            export_acknowledged_at=timezone.now() if derived == "and acknowledged" else None,
        )  # fmt: skip
        if restricted:
            image.restriction = "Windows"
            image.restriction_origin = uuid4() if inherited else image.pk
        member = caller if caller in ("pending", "accepted") else None
        ruled = ruling(image, by=by.get(caller, consumer.by), status=member)
        word = closed_because(caller, status, held, restricted, inherited, open_, derived, stored)
        assert ruled.allowed == (not word), (image.__dict__, ruled)
        assert word in ruled.reason
        assert bool(ruled.reason) == bool(ruled.remedy) == (not ruled.allowed)
        assert ruled.acknowledge == (word == "two considerations")


@pytest.mark.parametrize("status", [None, "pending", "rejected"])
def test_who_is_neither_owner_nor_accepted_takes_nothing_out(producer, stranger, status):
    image = imported(producer, redistributable=True)
    assert not ruling(image, by=stranger.by, status=status).allowed


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"redistributable": True, "data": "ab/data"}, ""),
        ({"redistributable": True, "status": "queued"}, ""),
        ({"redistributable": True}, "cloud's image service"),
        ({"data": "ab/data"}, "not marked it as redistributable"),
        ({"redistributable": True, "data": "ab/data", "restriction": "Windows"}, "(Windows)"),
    ],
)
def test_the_prospect_tells_a_consumer_what_it_may_do_once_it_accepts(producer, fields, word):
    told = prospect(ImageFactory.build(owner=producer.tenant, **fields))
    assert (told.allowed, word in told.reason) == (not word, True)


class TestDownload:
    def test_is_recorded_for_the_owner_alone_where_it_is_its_own(self, producer):
        image = imported(producer)
        take_out(image, by=producer.by)
        event = Event.objects.latest("pk")
        assert (event.verb, event.owner_id, event.member_id) == ("downloaded", producer.id, "")
        assert event.actor == producer.manager.email

    def test_of_a_member_is_recorded_for_both_sides(self, producer, consumer):
        image = imported(producer, redistributable=True)
        take_out(image, status="accepted", by=consumer.by)
        event = Event.objects.latest("pk")
        assert (event.verb, event.owner_id, event.member_id) == (
            "downloaded",
            producer.id,
            consumer.id,
        )

    def test_of_an_operator_is_recorded_without_a_tenant(self, producer, by_operator):
        image = imported(producer, properties={"os_type": "windows"})
        take_out(image, by=by_operator)
        event = Event.objects.latest("pk")
        assert (event.verb, event.member_id, event.actor_tenant_id) == ("downloaded", "", "")

    def test_that_goes_on_is_the_same_one(self, producer):
        image = imported(producer)
        for start in (0, 1000, 2000):
            take_out(image, start=start, by=producer.by)
        assert downloads() == 1

    @pytest.mark.parametrize("whose", ["another person", "another tenant", "another image", "old"])
    def test_that_goes_on_from_no_download_of_its_own_is_one(self, producer, consumer, whose):
        image = other = imported(producer, redistributable=True)
        by = producer.by
        if whose == "another person":
            by = Actor("else@producer.example", producer.id, "manager")
        elif whose == "another tenant":
            by = Actor(producer.manager.email, consumer.id, "manager")
        elif whose == "another image":
            other = imported(producer)
        then = timezone.now() - (ONE_DOWNLOAD if whose == "old" else timedelta())
        Event.objects.create(
            verb="downloaded", image_id=other.pk, owner_id=producer.id, actor=producer.manager.email, at=then
        )  # fmt: skip
        take_out(image, start=1000, status="accepted", by=by)
        assert downloads() == 2

    def test_that_is_refused_is_not_recorded(self, producer, consumer):
        image = imported(producer)
        for status in ("accepted", "pending"):
            with refused(NotAllowed):
                take_out(image, status=status, by=consumer.by)


class TestConsiderations:
    @pytest.fixture
    def made(self, producer, consumer):
        """The consumer's image, made from one that the producer shared to it."""
        shared = imported(producer)
        MembershipFactory(image=shared, member_id=consumer.id, status="accepted")
        return imported(consumer, base_image_ref=shared.pk)

    def test_are_two_sentences(self):
        assert len(CONSIDERATIONS) == 2

    def test_open_the_export_once_they_are_acknowledged(self, made, consumer):
        with refused(NotAllowed):
            take_out(made, by=consumer.by)
        acknowledge(made, by=consumer.by)
        made.refresh_from_db()
        take_out(made, by=consumer.by)
        assert made.export_acknowledged_by == consumer.manager.email

    def test_are_acknowledged_once(self, made, consumer):
        acknowledge(made, by=consumer.by)
        with unchanged():
            acknowledge(made, by=consumer.by)
        assert Event.objects.filter(verb="acknowledged").count() == 1

    def test_are_the_owners_managers_to_acknowledge(self, made, producer, consumer):
        for by in (consumer.read_by, producer.by):
            with refused(NotAllowed):
                acknowledge(made, by=by)

    def test_of_an_image_that_is_gone_are_refused(self, made, consumer):
        Image.objects.filter(pk=made.pk).delete()
        with refused(Gone):
            acknowledge(made, by=consumer.by)

    def test_are_still_asked_when_the_shared_image_is_gone(self, made, consumer):
        Image.objects.filter(pk=made.base_image_ref).delete()
        assert ruling(made, by=consumer.by).acknowledge

    def test_do_not_open_what_a_licence_closes(self, made, consumer):
        acknowledge(made, by=consumer.by)
        Image.objects.filter(pk=made.pk).update(restriction="Windows", restriction_origin=made.pk)
        made.refresh_from_db()
        assert not ruling(made, by=consumer.by).allowed


class TestRedistributable:
    def test_is_set_and_taken_back_and_recorded(self, producer):
        image = ImageFactory(owner=producer.tenant)
        for value, verb in ((True, "opened"), (False, "closed")):
            assert set_redistributable(image, value, by=producer.by)
            image.refresh_from_db()
            assert image.redistributable is value
            assert Event.objects.latest("pk").verb == verb
            with unchanged():
                assert not set_redistributable(image, value, by=producer.by)

    def test_is_the_owners_managers_to_set(self, producer, consumer):
        image = ImageFactory(owner=producer.tenant)
        for by in (producer.read_by, consumer.by):
            with refused(NotAllowed):
                set_redistributable(image, True, by=by)

    def test_of_an_image_that_is_gone_is_refused(self, producer):
        image = ImageFactory(owner=producer.tenant)
        Image.objects.all().delete()
        with refused(Gone):
            set_redistributable(image, True, by=producer.by)


def downloads():
    return Event.objects.filter(verb="downloaded").count()
