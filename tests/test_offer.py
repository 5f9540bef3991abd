from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sharing import handshake
from sharing.errors import (
    BadInput,
    Gone,
    NotAllowed,
    NotShareable,
)
from sharing.models import Event, Image, Membership
from sharing.results import Outcome
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="debian-12")


def outcomes(results):
    return {result.member_id: result.outcome for result in results}


def test_an_offer_starts_pending_and_keeps_who_offered_when_and_the_note(producer, consumer, image):
    results = handshake.offer(image, [consumer.id], note="As agreed.", by=producer.by)

    assert outcomes(results) == {consumer.id: Outcome.OFFERED}
    row = Membership.objects.get()
    assert (row.image_id, row.member_id, row.status) == (image.pk, consumer.id, "pending")
    assert (row.offered_by, row.note) == (producer.manager.email, "As agreed.")
    assert (row.answered_by, row.answered_at) == ("", None)
    assert timezone.now() - row.created_at < timedelta(minutes=1)


@pytest.mark.parametrize("status", Membership.Status.values)
def test_offering_a_pair_that_stands_changes_nothing_and_says_so(producer, consumer, image, status):
    standing = MembershipFactory(image=image, member_id=consumer.id, status=status, note="First.")

    with unchanged():
        [result] = handshake.offer(image, [consumer.id], note="Second.", by=producer.by)

    assert result.outcome is Outcome.ALREADY_MEMBER
    assert result.standing == standing
    assert result.standing.status == status


@pytest.mark.parametrize(
    "bad",
    ["", " ", "abc", "12 34", "-1", "1.5", "1" * 21, "12\x00", "12\n", "\N{FULLWIDTH DIGIT FOUR}", "../1", "1,2"],
)  # fmt: skip
def test_one_bad_id_does_not_lose_the_others(producer, consumer, stranger, image, bad):
    results = handshake.offer(image, [consumer.id, bad, stranger.id], by=producer.by)

    assert [result.member_id for result in results] == [consumer.id, bad, stranger.id]
    assert outcomes(results)[bad] is Outcome.INVALID
    assert set(Membership.objects.values_list("member_id", flat=True)) == {consumer.id, stranger.id}


def test_a_tenant_id_follows_the_pattern_of_this_cloud(producer, image, settings):
    settings.TENANT_ID_PATTERN = "[a-f0-9]{4}|[a-f0-9]{8}"
    ids = ["beef", "deadbeef", "beefdead0", producer.id, "xbeef", "beefx"]

    assert list(outcomes(handshake.offer(image, ids, by=producer.by)).values()) == [
        Outcome.OFFERED, Outcome.OFFERED, *[Outcome.INVALID] * 4,
    ]  # fmt: skip


def test_an_id_is_never_longer_than_its_column_whatever_the_pattern(producer, image, settings):
    settings.TENANT_ID_PATTERN = ".*"

    results = handshake.offer(image, ["x" * 64, "x" * 65], by=producer.by)

    assert list(outcomes(results).values()) == [Outcome.OFFERED, Outcome.INVALID]


def test_an_id_given_twice_is_offered_once_and_told_once(producer, consumer, image):
    results = handshake.offer(image, [consumer.id, consumer.id], by=producer.by)

    assert [(r.member_id, r.outcome) for r in results] == [(consumer.id, Outcome.OFFERED)]
    assert Membership.objects.count() == 1
    assert Event.objects.count() == 1


def test_a_tenant_cannot_offer_to_itself(producer, image):
    with unchanged():
        [result] = handshake.offer(image, [producer.id], by=producer.by)

    assert result.outcome is Outcome.OWN_ID


def test_an_operator_cannot_offer_an_image_to_its_owner(producer, image, by_operator):
    with unchanged():
        [result] = handshake.offer(image, [producer.id], by=by_operator)

    assert result.outcome is Outcome.OWN_ID


@pytest.mark.parametrize("end", ["withdraw", "prune"])
def test_offering_again_after_a_withdrawal_or_a_prune_starts_at_pending(
    producer, consumer, image, end
):
    handshake.offer(image, [consumer.id], note="First.", by=producer.by)
    first = Membership.objects.get()
    handshake.answer([first.pk], "rejected", by=consumer.by)
    if end == "withdraw":
        handshake.withdraw(image, [consumer.id], by=producer.by)
    else:
        handshake.prune(image=image, by=producer.by)

    handshake.offer(image, [consumer.id], by=producer.by)

    again = Membership.objects.get()
    assert again.pk != first.pk
    assert (again.status, again.note, again.answered_by, again.answered_at) == (
        "pending", "", "", None,
    )  # fmt: skip


def test_an_offer_touches_no_other_relationship(producer, consumer, stranger, image):
    MembershipFactory(image=image, member_id=stranger.id, status="accepted")
    MembershipFactory(
        image=ImageFactory(owner=producer.tenant), member_id=consumer.id, status="rejected"
    )
    before = list(Membership.objects.order_by("pk").values())

    handshake.offer(image, [consumer.id], by=producer.by)

    assert list(Membership.objects.order_by("pk").values())[: len(before)] == before


class TestWhoMayOffer:
    @pytest.mark.parametrize("status", Membership.Status.values)
    def test_a_member_that_offers_is_refused(self, consumer, stranger, image, status):
        MembershipFactory(image=image, member_id=consumer.id, status=status)

        with refused(NotAllowed):
            handshake.offer(image, [stranger.id], by=consumer.by)

    def test_a_stranger_that_offers_is_refused(self, stranger, image):
        with refused(NotAllowed):
            handshake.offer(image, [stranger.id], by=stranger.by)

    def test_a_reader_of_the_owner_is_refused(self, producer, consumer, image):
        with refused(NotAllowed):
            handshake.offer(image, [consumer.id], by=producer.read_by)

    def test_an_operator_may_offer_any_image(self, consumer, image, by_operator):
        handshake.offer(image, [consumer.id], by=by_operator)

        assert Membership.objects.get().offered_by == by_operator.user


@pytest.mark.parametrize(
    "state",
    [{"visibility": Image.Visibility.PRIVATE}, {"on_hold": True}],
    ids=["private", "on hold"],
)
@pytest.mark.parametrize("caller", ["owner", "operator"])
def test_an_image_that_is_private_or_on_hold_is_offered_by_nobody(
    producer, consumer, by_operator, state, caller
):
    image = ImageFactory(owner=producer.tenant, **state)

    with refused(NotShareable):
        handshake.offer(image, [consumer.id], by=producer.by if caller == "owner" else by_operator)


def test_what_decides_is_the_image_now_not_as_the_caller_saw_it(producer, consumer, image):
    Image.objects.filter(pk=image.pk).update(on_hold=True)

    with refused(NotShareable):
        handshake.offer(image, [consumer.id], by=producer.by)


def test_an_image_that_was_deleted_meanwhile_is_gone(producer, consumer, image):
    Image.objects.filter(pk=image.pk).delete()

    with refused(Gone):
        handshake.offer(image, [consumer.id], by=producer.by)


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b"], ids=["too long", "NUL"])
def test_a_note_that_cannot_be_kept_is_refused(producer, consumer, image, note):
    with refused(BadInput):
        handshake.offer(image, [consumer.id], note=note, by=producer.by)


def test_a_note_is_kept_as_written_up_to_its_limit(producer, consumer, image):
    note = "🐧\n" * 250

    handshake.offer(image, [consumer.id], note=note, by=producer.by)

    assert Membership.objects.get().note == note


def test_the_number_of_queries_does_not_depend_on_the_number_of_ids(producer, image):
    def queries(ids):
        with CaptureQueriesContext(connection) as captured:
            handshake.offer(image, ids, by=producer.by)
        return len(captured)

    assert queries([str(n) for n in range(500)]) == queries(["1000"])
    assert Membership.objects.count() == Event.objects.count() == 501
