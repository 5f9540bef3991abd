from datetime import timedelta

import pytest
from django.utils import timezone

from sharing import handshake
from sharing.errors import ChecklistRequired
from sharing.models import Event, Image
from tests.factories import ImageFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return ImageFactory(
        owner=producer.tenant,
        checklist_confirmed_at=None,
        checklist_confirmed_by="",
        checklist_checksum="",
    )


def test_the_first_offer_of_an_image_needs_the_checklist(producer, consumer, image):
    with refused(ChecklistRequired):
        handshake.offer(image, [consumer.id], checklist=False, by=producer.by)


def test_who_confirmed_when_and_for_which_checksum_is_kept(producer, consumer, image):
    handshake.offer(image, [consumer.id], checklist=True, by=producer.by)

    image.refresh_from_db()
    assert image.checklist_confirmed_by == producer.manager.email
    assert timezone.now() - image.checklist_confirmed_at < timedelta(minutes=1)
    assert image.checklist_checksum == image.checksum
    assert image.checklist_stands


def test_a_later_offer_of_the_same_data_is_not_asked_again(producer, consumer, stranger, image):
    handshake.offer(image, [consumer.id], checklist=True, by=producer.by)
    confirmed = Image.objects.values("checklist_confirmed_at", "checklist_confirmed_by").get()

    handshake.offer(image, [stranger.id], checklist=False, by=producer.by)

    assert Image.objects.values(*confirmed).get() == confirmed


def test_new_data_is_confirmed_again(producer, consumer, stranger, image):
    handshake.offer(image, [consumer.id], checklist=True, by=producer.by)
    Image.objects.update(checksum="0" * 32)

    with refused(ChecklistRequired):
        handshake.offer(image, [stranger.id], checklist=True, by=producer.by)
    image.refresh_from_db()
    with refused(ChecklistRequired):
        handshake.offer(image, [stranger.id], checklist=False, by=producer.by)
    handshake.offer(image, [stranger.id], checklist=True, by=producer.by)

    assert Image.objects.get().checklist_checksum == "0" * 32


def test_a_door_that_cannot_ask_records_no_confirmation(producer, consumer, image):
    handshake.offer(image, [consumer.id], by=producer.by)

    image.refresh_from_db()
    assert image.checklist_confirmed_at is None
    assert [event.verb for event in Event.objects.all()] == ["offered"]
