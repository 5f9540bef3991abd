"""Verbs that meet: real threads on connections of their own, ROUNDS times, each with either of them first.

Whatever comes first, the outcome is one that some order of the two gives, told as it is, and history agrees.
"""

from functools import partial

import pytest

from sharing.errors import Gone, NotShareable
from sharing.handshake import answer, delete_image, hold, offer, prune, withdraw
from sharing.models import Event, Image, Membership
from sharing.results import Outcome
from tests.factories import ImageFactory, MembershipFactory
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 200
BULK = 12


@pytest.fixture
def race(transactional_db):
    with together() as race:
        yield race


@pytest.fixture
def images(producer):
    """An image for each round."""
    return Image.objects.bulk_create(
        ImageFactory.build(owner=producer.tenant) for _ in range(ROUNDS)
    )


@pytest.fixture
def offered(images, consumer):
    """Each image with the key of an offer to the consumer, of the given status."""

    def pairs(status="pending"):
        offers = Membership.objects.bulk_create(
            MembershipFactory.build(image=image, member_id=consumer.id, status=status)
            for image in images
        )
        return [(image, offer.pk) for image, offer in zip(images, offers, strict=True)]

    return pairs


def history(image):
    return list(
        Event.objects.filter(image_id=image.pk).order_by("pk").values_list("verb", flat=True)
    )


def standing(image):
    rows = Membership.objects.filter(image_id=image.pk)
    return list(rows.order_by("member_id").values_list("status", flat=True))


def ids(touched):
    return [row.id for row in touched]


def test_accepting_against_withdrawing_ends_in_one_clean_outcome(race, offered, producer, consumer):
    seen = set()
    for image, key in offered():
        answered, withdrawn = race(
            partial(answer, [key], "accepted", by=consumer.by),
            partial(withdraw, image, [consumer.id], by=producer.by),
        )

        assert ids(withdrawn) == [key]
        assert standing(image) == []
        assert not Image.objects.visible_to(consumer.id).filter(pk=image.pk).exists()
        assert type(answered) is Gone or ids(answered.changed) == [key]
        before = [] if type(answered) is Gone else ["accepted"]
        assert history(image) == [*before, "withdrawn"]
        seen.add(type(answered))
    assert len(seen) == 2


def test_accepting_against_pruning_loses_no_accept(race, offered, producer, consumer):
    seen = set()
    for image, key in offered("rejected"):
        answered, pruned = race(
            partial(answer, [key], "accepted", by=consumer.by),
            partial(prune, image=image, by=producer.by),
        )

        if pruned:
            assert ids(pruned) == [key]
            assert type(answered) is Gone
            assert (standing(image), history(image)) == ([], ["pruned"])
        else:
            assert ids(answered.changed) == [key]
            assert (standing(image), history(image)) == (["accepted"], ["accepted"])
        seen.add(bool(pruned))
    assert len(seen) == 2


def test_leaving_against_pruning_everything_prunes_only_who_had_left(
    race, offered, producer, consumer
):
    seen = set()
    for image, key in offered("accepted"):
        left, pruned = race(
            partial(answer, [key], "rejected", by=consumer.by), partial(prune, by=producer.by)
        )

        assert ids(left.changed) == [key]
        if pruned:
            assert (standing(image), history(image)) == ([], ["rejected", "pruned"])
        else:
            assert (standing(image), history(image)) == (["rejected"], ["rejected"])
        seen.add(bool(pruned))
        prune(by=producer.by)
    assert len(seen) == 2


def test_two_different_answers_leave_the_later_one(race, offered, consumer):
    seen = set()
    for image, key in offered():
        race(
            partial(answer, [key], "accepted", by=consumer.by),
            partial(answer, [key], "rejected", by=consumer.by),
        )

        assert sorted(history(image)) == ["accepted", "rejected"]
        assert standing(image) == history(image)[-1:]
        seen.update(standing(image))
    assert seen == {"accepted", "rejected"}


def test_two_equal_answers_are_one_change(race, offered, consumer):
    for image, key in offered():
        accept = partial(answer, [key], "accepted", by=consumer.by)

        both = race(accept, accept)

        assert sorted((len(done.changed), done.unchanged) for done in both) == [(0, 1), (1, 0)]
        assert history(image) == ["accepted"]


def test_a_double_offer_makes_one_row_and_one_event(race, images, producer, consumer, stranger):
    for image in images:
        offer_both = partial(offer, image, [consumer.id, stranger.id], by=producer.by)

        both = race(offer_both, offer_both)

        outcomes = sorted([result.outcome for result in results] for results in both)
        assert outcomes == [[Outcome.ALREADY_MEMBER] * 2, [Outcome.OFFERED] * 2]
        told = [r.standing.status for results in both for r in results if r.standing]
        assert told == ["pending", "pending"]
        assert standing(image) == ["pending", "pending"]
        assert history(image) == ["offered", "offered"]


def test_an_offer_against_deleting_the_image_leaves_nothing_behind(
    race, images, producer, consumer
):
    seen = set()
    for image in images:
        offers, ended = race(
            partial(offer, image, [consumer.id], by=producer.by),
            partial(delete_image, image, by=producer.by),
        )

        assert standing(image) == []
        assert not Image.objects.filter(pk=image.pk).exists()
        if ended:
            assert [result.outcome for result in offers] == [Outcome.OFFERED]
            assert history(image) == ["offered", "deleted"]
        else:
            assert type(offers) is Gone
            assert history(image) == ["deleted"]
        seen.add(ended)
    assert seen == {0, 1}


def test_an_offer_against_a_hold_is_made_before_it_or_not_at_all(
    race, images, producer, consumer, by_operator
):
    seen = set()
    for image in images:
        offers, held = race(
            partial(offer, image, [consumer.id], by=producer.by),
            partial(hold, image, by=by_operator),
        )

        assert held is True
        before = [] if type(offers) is NotShareable else ["offered"]
        assert history(image) == [*before, "held"]
        seen.add(type(offers))
    assert len(seen) == 2


@pytest.mark.parametrize("verb", ["accepted", "withdrawn"])
def test_deleting_an_image_against_another_verb_writes_one_ending(
    race, offered, producer, consumer, verb
):
    seen = set()
    for image, key in offered():
        meanwhile = {
            "accepted": partial(answer, [key], "accepted", by=consumer.by),
            "withdrawn": partial(withdraw, image, None, by=producer.by),
        }[verb]

        done, ended = race(meanwhile, partial(delete_image, image, by=producer.by))

        first = [] if type(done) is Gone else [verb]
        assert history(image) == (
            ["withdrawn", "deleted"] if first == ["withdrawn"] else [*first, "deleted"]
        )
        assert ended == (0 if first == ["withdrawn"] else 1)
        endings = Event.objects.filter(image_id=image.pk, member_id=consumer.id)
        assert endings.exclude(verb="accepted").count() == 1
        seen.add(type(done))
    assert len(seen) == 2


@pytest.mark.parametrize(("verb", "ending"), [("delete", "deleted"), ("withdraw", "withdrawn")])
def test_ending_the_same_twice_is_ending_it_once(race, offered, producer, verb, ending):
    for image, _ in offered():
        end = {
            "delete": partial(delete_image, image, by=producer.by),
            "withdraw": partial(withdraw, image, None, by=producer.by),
        }[verb]

        both = race(end, end)

        assert [type(outcome) for outcome in both].count(Gone) == 1
        assert history(image) == [ending]


def test_offers_together_never_overrun_the_quota(race, images, producer, settings):
    settings.MEMBER_QUOTA = 5
    for image in images:
        both = race(
            partial(offer, image, ["1", "2", "3"], by=producer.by),
            partial(offer, image, ["4", "5", "6"], by=producer.by),
        )

        assert sorted(type(outcome).__name__ for outcome in both) == ["QuotaExceeded", "list"]
        assert standing(image) == ["pending"] * 3


def test_answering_many_against_pruning_everything_loses_no_accept(
    race, images, producer, consumer
):
    """Both take many rows, and in opposite order in every other round: a deadlock is tried again."""
    for number in range(ROUNDS):
        Membership.objects.all().remove()
        offers = Membership.objects.bulk_create(
            MembershipFactory.build(image=image, member_id=consumer.id, status="rejected")
            for image in images[:BULK][:: 1 if number % 2 else -1]
        )
        keys = {offer.pk for offer in offers}

        answered, pruned = race(
            partial(answer, keys, "accepted", by=consumer.by), partial(prune, by=producer.by)
        )

        accepted = set() if type(answered) is Gone else set(ids(answered.changed))
        assert accepted.isdisjoint(ids(pruned))
        assert accepted | set(ids(pruned)) == keys
        assert set(Membership.objects.accepted().values_list("pk", flat=True)) == accepted
        assert Membership.objects.count() == len(accepted)
