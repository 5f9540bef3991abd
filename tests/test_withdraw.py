import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing import handshake
from sharing.errors import Gone, NotAllowed
from sharing.models import Event, Image, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


@pytest.fixture
def three(image):
    """The image's members 1, 2 and 3: one of each status."""
    return [
        MembershipFactory(image=image, member_id=str(n), status=status)
        for n, status in enumerate(STATUSES, start=1)
    ]


def members(image):
    return sorted(image.memberships.values_list("member_id", flat=True))


@pytest.mark.parametrize("status", STATUSES)
def test_an_owner_withdraws_a_membership_whatever_its_status(producer, consumer, image, status):
    standing = MembershipFactory(image=image, member_id=consumer.id, status=status)

    removed = handshake.withdraw(image, [consumer.id], by=producer.by)

    assert removed == [(standing.pk, image.pk, consumer.id)]
    assert not Membership.objects.exists()


@pytest.mark.parametrize(
    ("chosen", "left"), [(["1"], ["2", "3"]), (["1", "3"], ["2"]), (["1", "9"], ["2", "3"]), (None, [])],
    ids=["one", "several", "one of them gone already", "all"],
)  # fmt: skip
def test_an_owner_withdraws_one_several_or_all(producer, image, three, chosen, left):
    removed = handshake.withdraw(image, chosen, by=producer.by)

    assert members(image) == left
    assert len(removed) == 3 - len(left)


@pytest.mark.parametrize("chosen", ["the member", "all"])
def test_withdrawing_one_relationship_never_touches_another(
    producer, consumer, image, three, chosen
):
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    other_image = ImageFactory(owner=producer.tenant)
    elsewhere = MembershipFactory(image=other_image, member_id=consumer.id, status="accepted")
    foreign = MembershipFactory(member_id=consumer.id)

    handshake.withdraw(image, [consumer.id] if chosen == "the member" else None, by=producer.by)

    assert members(image) == (["1", "2", "3"] if chosen == "the member" else [])
    assert set(Membership.objects.of_member(consumer.id)) == {elsewhere, foreign}


def test_after_a_withdrawal_the_member_sees_the_image_no_more(producer, consumer, image):
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")

    handshake.withdraw(image, [consumer.id], by=producer.by)

    assert not Image.objects.visible_to(consumer.id).exists()


class TestWhoMayWithdraw:
    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize("chosen", ["own", "all"])
    def test_a_member_never_deletes_its_row(self, consumer, image, status, chosen):
        MembershipFactory(image=image, member_id=consumer.id, status=status)

        with refused(NotAllowed):
            handshake.withdraw(image, [consumer.id] if chosen == "own" else None, by=consumer.by)

    def test_a_stranger_is_refused(self, stranger, image, three):
        with refused(NotAllowed):
            handshake.withdraw(image, None, by=stranger.by)

    def test_a_reader_of_the_owner_is_refused(self, producer, image, three):
        with refused(NotAllowed):
            handshake.withdraw(image, ["1"], by=producer.read_by)

    def test_an_operator_may(self, image, three, by_operator):
        handshake.withdraw(image, ["1"], by=by_operator)

        assert members(image) == ["2", "3"]


def test_leaving_makes_the_row_rejected_and_leaves_it_to_the_owner(producer, consumer, image):
    standing = MembershipFactory(image=image, member_id=consumer.id, status="accepted")

    handshake.answer([standing.pk], "rejected", by=consumer.by)

    assert Membership.objects.get() == standing
    assert handshake.prune(image=image, by=producer.by) == [(standing.pk, image.pk, consumer.id)]


@pytest.mark.parametrize(
    "chosen", [["9"], [], ["1\x00"], None], ids=["not a member", "nobody", "NUL", "all of none"]
)
def test_withdrawing_what_does_not_stand_is_gone(producer, image, chosen):
    MembershipFactory(member_id="9")

    with refused(Gone):
        handshake.withdraw(image, chosen, by=producer.by)


def test_withdrawing_from_an_image_that_was_deleted_is_gone(producer, image, three):
    handshake.delete_image(image, by=producer.by)

    with refused(Gone):
        handshake.withdraw(image, None, by=producer.by)


def test_a_withdrawal_is_one_delete_and_its_queries_do_not_depend_on_the_number_of_members(
    producer, image
):
    ids = [str(n) for n in range(60)]
    for member_id in ids:
        MembershipFactory(image=image, member_id=member_id)

    def statements(chosen):
        with CaptureQueriesContext(connection) as captured:
            handshake.withdraw(image, chosen, by=producer.by)
        return [query["sql"] for query in captured]

    one, fifty, rest = statements(ids[:1]), statements(ids[1:51]), statements(None)

    assert len(one) == len(fifty) == len(rest)
    assert [sum("DELETE FROM" in sql for sql in many) for many in (one, fifty, rest)] == [1, 1, 1]
    assert Event.objects.count() == 60
