import pytest

from sharing import handshake
from sharing.errors import QuotaExceeded
from sharing.models import Image
from sharing.results import Outcome
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three(settings):
    settings.MEMBER_QUOTA = 3


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


def test_an_image_can_have_as_many_members_as_the_quota(producer, image):
    handshake.offer(image, ["1", "2"], by=producer.by)
    handshake.offer(image, ["3"], by=producer.by)

    assert image.memberships.count() == 3


def test_one_more_and_none_of_them_is_offered_it(producer, image):
    handshake.offer(image, ["1", "2"], by=producer.by)

    with refused(QuotaExceeded):
        handshake.offer(image, ["3", "4"], by=producer.by)


def test_a_refused_offer_records_no_checklist_either(producer, image):
    Image.objects.update(checklist_confirmed_at=None)

    with refused(QuotaExceeded):
        handshake.offer(image, ["1", "2", "3", "4"], checklist=True, by=producer.by)


def test_members_that_stand_and_bad_ids_take_no_more_room(producer, image):
    handshake.offer(image, ["1", "2", "3"], by=producer.by)

    results = handshake.offer(image, ["1", "2", "3", "x", producer.id], by=producer.by)

    assert Outcome.OFFERED not in [result.outcome for result in results]


def test_rejected_members_count_until_they_are_pruned(producer, image):
    for member_id in "123":
        MembershipFactory(image=image, member_id=member_id, status="rejected")

    with refused(QuotaExceeded):
        handshake.offer(image, ["4"], by=producer.by)
    handshake.prune(image=image, by=producer.by)
    handshake.offer(image, ["4"], by=producer.by)


def test_members_of_other_images_do_not_count(producer, image):
    MembershipFactory.create_batch(3, image=ImageFactory(owner=producer.tenant))

    handshake.offer(image, ["1", "2", "3"], by=producer.by)


@pytest.mark.parametrize("none", [0, -1])
def test_zero_or_less_is_no_limit(producer, image, settings, none):
    settings.MEMBER_QUOTA = none

    handshake.offer(image, ["1", "2", "3", "4"], by=producer.by)

    assert image.memberships.count() == 4
