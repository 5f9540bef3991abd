from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sharing import handshake
from sharing.errors import BadInput, Gone, NotAllowed, NotVisible, Stale
from sharing.models import Event, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


@pytest.fixture
def offered(image, consumer):
    return MembershipFactory(image=image, member_id=consumer.id)


@pytest.mark.parametrize(
    ("before", "after"), [pair for pair in product(STATUSES, STATUSES) if len(set(pair)) == 2]
)
def test_a_member_may_change_any_answer_to_any_other(consumer, offered, before, after):
    Membership.objects.update(status=before)

    done = handshake.answer([offered.pk], after, by=consumer.by)

    offered.refresh_from_db()
    assert offered.status == after
    assert offered.answered_by == consumer.manager.email
    assert timezone.now() - offered.answered_at < timedelta(minutes=1)
    assert ([touched.id for touched in done.changed], done.unchanged, done.gone) == (
        [offered.pk], 0, 0,
    )  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
def test_giving_the_same_answer_again_changes_nothing(consumer, offered, status):
    Membership.objects.update(status=status, answered_by="first@consumer.example")

    with unchanged():
        done = handshake.answer([offered.pk], status, by=consumer.by)

    assert (done.changed, done.unchanged, done.gone) == ([], 1, 0)


def test_an_answer_touches_no_other_relationship(producer, consumer, stranger, image, offered):
    MembershipFactory(image=image, member_id=stranger.id)
    MembershipFactory(image=ImageFactory(owner=producer.tenant), member_id=consumer.id)
    others = Membership.objects.exclude(pk=offered.pk).order_by("pk").values()
    before = list(others)

    handshake.answer([offered.pk], "accepted", by=consumer.by)

    assert list(others.all()) == before


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("current", STATUSES)
class TestOnlyTheMembersTenantAnswers:
    @pytest.fixture(autouse=True)
    def standing(self, offered, current):
        Membership.objects.update(status=current)

    def test_an_owner_who_answers_for_a_member_is_refused(self, producer, offered, status):
        with refused(NotAllowed):
            handshake.answer([offered.pk], status, by=producer.by)

    def test_a_reader_of_the_member_is_refused(self, consumer, offered, status):
        with refused(NotAllowed):
            handshake.answer([offered.pk], status, by=consumer.read_by)

    def test_to_a_stranger_the_offer_does_not_exist(self, stranger, offered, status):
        with refused(NotVisible):
            handshake.answer([offered.pk], status, by=stranger.by)

    def test_to_another_member_of_the_image_it_does_not_exist(
        self, stranger, image, offered, status
    ):
        MembershipFactory(image=image, member_id=stranger.id, status="accepted")

        with refused(NotVisible):
            handshake.answer([offered.pk], status, by=stranger.by)


def test_an_operator_answers_on_behalf_of_a_member(offered, by_operator):
    handshake.answer([offered.pk], "accepted", by=by_operator)

    offered.refresh_from_db()
    assert (offered.status, offered.answered_by) == ("accepted", by_operator.user)


def test_an_owner_is_refused_even_among_offers_of_its_own(producer, offered):
    """A tenant that owns one image and is a member of another answers the second, not the first."""
    own = MembershipFactory(member_id=producer.id)

    with refused(NotAllowed):
        handshake.answer([own.pk, offered.pk], "accepted", by=producer.by)


def test_one_that_is_not_the_callers_among_many_is_counted_as_gone_and_left_alone(
    consumer, offered
):
    others = MembershipFactory()

    done = handshake.answer([offered.pk, others.pk, 10**9], "accepted", by=consumer.by)

    assert ([touched.id for touched in done.changed], done.unchanged, done.gone) == (
        [offered.pk], 0, 2,
    )  # fmt: skip
    others.refresh_from_db()
    assert others.status == "pending"


class TestAnOfferThatStandsNoMore:
    @pytest.fixture
    def gone(self, producer, consumer, image):
        handshake.offer(image, [consumer.id], by=producer.by)
        return Membership.objects.get().pk

    @pytest.fixture(params=["withdraw", "prune", "delete"])
    def ended(self, request, producer, consumer, image, gone):
        handshake.answer([gone], "rejected", by=consumer.by)
        match request.param:
            case "withdraw":
                handshake.withdraw(image, [consumer.id], by=producer.by)
            case "prune":
                handshake.prune(image=image, by=producer.by)
            case "delete":
                handshake.delete_image(image, by=producer.by)

    @pytest.mark.usefixtures("ended")
    def test_is_gone_for_its_member(self, consumer, gone):
        with refused(Gone):
            handshake.answer([gone], "accepted", by=consumer.by)

    @pytest.mark.usefixtures("ended")
    def test_is_gone_for_an_operator(self, by_operator, gone):
        with refused(Gone):
            handshake.answer([gone], "accepted", by=by_operator)

    @pytest.mark.usefixtures("ended")
    def test_never_was_for_anybody_else(self, producer, stranger, gone):
        for party in (producer, stranger):
            with refused(NotVisible):
                handshake.answer([gone], "accepted", by=party.by)

    @pytest.mark.parametrize("status", STATUSES)
    def test_is_not_answered_by_answering_the_offer_made_again(
        self, producer, consumer, image, gone, status
    ):
        handshake.withdraw(image, [consumer.id], by=producer.by)
        handshake.offer(image, [consumer.id], by=producer.by)

        with refused(Gone):
            handshake.answer([gone], status, by=consumer.by)


@pytest.mark.parametrize(
    "ids", [[], [10**9], [0], [-1], [2**70]], ids=["none", "unknown", "0", "-1", "huge"]
)
def test_offers_that_never_were_do_not_exist(consumer, offered, ids):
    with refused(NotVisible):
        handshake.answer(ids, "accepted", by=consumer.by)


@pytest.mark.parametrize("status", ["approved", "", "ACCEPTED", "accepted ", "pending\x00", None])
def test_an_unknown_status_is_refused(consumer, offered, status):
    with refused(BadInput):
        handshake.answer([offered.pk], status, by=consumer.by)


def test_the_number_of_queries_does_not_depend_on_the_number_of_offers(producer, consumer):
    def queries(offers):
        with CaptureQueriesContext(connection) as captured:
            handshake.answer([offer.pk for offer in offers], "accepted", by=consumer.by)
        return len(captured)

    images = ImageFactory.create_batch(60, owner=producer.tenant)
    offers = [MembershipFactory(image=image, member_id=consumer.id) for image in images]

    assert queries(offers[:50]) == queries(offers[50:51])
    assert Membership.objects.accepted().count() == Event.objects.count() == 51


class TestMoreThanAPiece:
    @pytest.fixture(autouse=True)
    def two_a_piece(self, monkeypatch):
        monkeypatch.setattr("sharing.handshake.answering.OFFERS_A_PIECE", 2)

    @pytest.fixture
    def ids(self, producer, consumer):
        offers = [
            MembershipFactory(image__owner=producer.tenant, member_id=consumer.id) for _ in range(5)
        ]
        return [offer.pk for offer in offers]

    def test_are_answered_each_and_counted_together(self, consumer, ids):
        handshake.answer(ids[:1], "accepted", by=consumer.by)
        Membership.objects.filter(pk=ids[4]).remove()

        answered = handshake.answer(ids, "accepted", by=consumer.by)

        assert sorted(row.id for row in answered.changed) == ids[1:4]
        assert (answered.unchanged, answered.gone, answered.stale) == (1, 1, 0)
        assert Event.objects.filter(verb="accepted").count() == 4

    def test_of_which_none_is_as_it_was_seen_are_refused(self, consumer, ids):
        handshake.answer(ids[:1], "accepted", by=consumer.by)
        Membership.objects.filter(pk__in=ids[1:]).remove()

        with refused(Stale):
            handshake.answer(ids, "rejected", seen="pending", by=consumer.by)

    def test_that_never_were_do_not_exist(self, consumer, ids):
        with refused(NotVisible):
            handshake.answer([10**9 + n for n in range(5)], "accepted", by=consumer.by)

    def test_among_which_one_is_the_owners_to_leave_alone_are_refused_all(
        self, consumer, ids, stranger
    ):
        own = MembershipFactory(image__owner=consumer.tenant, member_id=stranger.id)

        with refused(NotAllowed):
            handshake.answer([*ids, own.pk], "accepted", by=consumer.by)
