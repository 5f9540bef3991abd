import pytest

from sharing import handshake
from sharing.errors import Gone, NotAllowed, Protected
from sharing.models import Image, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer, consumer):
    image = ImageFactory(owner=producer.tenant)
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


def test_an_image_on_hold_is_shown_and_its_memberships_stay(producer, consumer, image, by_operator):
    assert handshake.hold(image, by=by_operator) is True

    assert Image.objects.get().on_hold
    for party in (producer, consumer):
        assert Image.objects.visible_to(party.id).get() == image
    assert Membership.objects.get().status == "accepted"


def test_an_image_on_hold_can_still_be_left_pruned_and_withdrawn(
    producer, consumer, image, by_operator
):
    handshake.hold(image, by=by_operator)

    handshake.answer([Membership.objects.get().pk], "rejected", by=consumer.by)

    assert len(handshake.prune(by=producer.by)) == 1


def test_a_released_image_can_be_offered_again(producer, stranger, image, by_operator):
    handshake.hold(image, by=by_operator)

    assert handshake.release(image, by=by_operator) is True

    handshake.offer(image, [stranger.id], by=producer.by)
    assert not Image.objects.get().on_hold


@pytest.mark.parametrize(
    ("verb", "on_hold"),
    [(handshake.hold, True), (handshake.release, False)],
    ids=["hold", "release"],
)
class TestHoldAndRelease:
    def test_say_when_there_was_nothing_to_change(self, image, by_operator, verb, on_hold):
        Image.objects.update(on_hold=on_hold)

        with unchanged():
            assert verb(image, by=by_operator) is False

    def test_are_refused_to_everybody_but_an_operator(
        self, producer, consumer, stranger, image, verb, on_hold
    ):
        Image.objects.update(on_hold=not on_hold)
        for by in (producer.by, producer.read_by, consumer.by, consumer.read_by, stranger.by):
            with refused(NotAllowed):
                verb(image, by=by)

    def test_say_when_the_image_was_deleted(self, image, by_operator, verb, on_hold):
        handshake.delete_image(image, by=by_operator)

        with refused(Gone):
            verb(image, by=by_operator)

    def test_touch_no_other_image(self, producer, image, by_operator, verb, on_hold):
        Image.objects.update(on_hold=not on_hold)
        other = ImageFactory(owner=producer.tenant, on_hold=not on_hold)

        verb(image, by=by_operator)

        other.refresh_from_db()
        assert other.on_hold is not on_hold


def test_an_image_on_hold_is_not_deleted_by_its_owner_but_by_an_operator(
    producer, image, by_operator
):
    """The owner could bring it back without the hold, by loading its list again."""
    handshake.hold(image, by=by_operator)

    with refused(Protected):
        handshake.delete_image(image, by=producer.by)
    handshake.delete_image(image, by=by_operator)

    assert not Image.objects.exists()
