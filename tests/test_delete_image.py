import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing import handshake
from sharing.errors import Gone, NotAllowed, Protected
from sharing.models import Event, Image, ImageTag, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


@pytest.fixture
def three(image):
    return [
        MembershipFactory(image=image, member_id=str(n), status=status)
        for n, status in enumerate(STATUSES)
    ]


def test_deleting_an_image_ends_its_memberships_and_no_others(producer, image, three):
    ImageTag.objects.create(image=image, name="gold")
    other = MembershipFactory(image=ImageFactory(owner=producer.tenant), member_id="0")

    assert handshake.delete_image(image, by=producer.by) == 3

    assert Image.objects.get() == other.image
    assert Membership.objects.get() == other
    assert not ImageTag.objects.exists()


def test_an_image_without_members_is_deleted_too(producer, image):
    assert handshake.delete_image(image, by=producer.by) == 0

    assert not Image.objects.exists()


@pytest.mark.parametrize("caller", ["owner", "operator"])
def test_a_protected_image_cannot_be_deleted(producer, by_operator, image, three, caller):
    Image.objects.update(protected=True)

    with refused(Protected):
        handshake.delete_image(image, by=producer.by if caller == "owner" else by_operator)


def test_a_deleted_image_is_gone(producer, image, three):
    handshake.delete_image(image, by=producer.by)

    with refused(Gone):
        handshake.delete_image(image, by=producer.by)


class TestWhoMayDelete:
    @pytest.mark.parametrize("status", STATUSES)
    def test_a_member_is_refused(self, consumer, image, status):
        MembershipFactory(image=image, member_id=consumer.id, status=status)

        with refused(NotAllowed):
            handshake.delete_image(image, by=consumer.by)

    def test_a_stranger_is_refused(self, stranger, image):
        with refused(NotAllowed):
            handshake.delete_image(image, by=stranger.by)

    def test_a_reader_of_the_owner_is_refused(self, producer, image):
        with refused(NotAllowed):
            handshake.delete_image(image, by=producer.read_by)

    def test_an_operator_may(self, image, three, by_operator):
        assert handshake.delete_image(image, by=by_operator) == 3


def test_the_number_of_queries_does_not_depend_on_the_number_of_members(producer):
    def queries(members):
        image = ImageFactory(owner=producer.tenant)
        MembershipFactory.create_batch(members, image=image)
        with CaptureQueriesContext(connection) as captured:
            handshake.delete_image(image, by=producer.by)
        return len(captured)

    assert queries(1) == queries(50)
    assert Event.objects.count() == 51
