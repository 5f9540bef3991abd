import pytest
from django.urls import reverse

from sharing import handshake
from sharing.errors import Gone, NotAllowed, Protected
from sharing.imagedata.records import set_protected
from sharing.models import Event, Image
from tests.factories import ImageFactory
from tests.pages import read, told
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


def address(party, image):
    return reverse("protect", args=[party.id, image.pk])


def test_a_protected_image_is_not_deleted_until_its_owner_lifts_the_protection(producer, image):
    page = producer.client().post(address(producer, image), {"value": "1"}, follow=True)
    assert told(read(page)) == ["Protected: it cannot be deleted until you lift the protection."]
    with refused(Protected):
        handshake.delete_image(Image.objects.get(), by=producer.by)
    page = producer.client().post(address(producer, image), {"value": "0"}, follow=True)
    assert told(read(page)) == ["The protection is lifted: the image can be deleted."]
    handshake.delete_image(Image.objects.get(), by=producer.by)


def test_history_tells_of_each_change_and_of_no_repetition(producer, image):
    for protected in (True, True, False, False):
        set_protected(image, protected, by=producer.by)
    assert list(Event.objects.values_list("verb", flat=True)) == ["protected", "unprotected"]


@pytest.mark.parametrize("value", ["", "2", "yes", "\x00"])
def test_anything_but_yes_or_no_is_refused_by_name(producer, image, value):
    with unchanged():
        page = producer.client().post(address(producer, image), {"value": value})
    assert page.status_code == 422
    assert "Value:" in read(page).words


def test_only_the_owners_managers_protect(producer, consumer, image):
    for by in (producer.read_by, consumer.by):
        with refused(NotAllowed):
            set_protected(image, True, by=by)


def test_an_image_that_is_gone_is_told(producer, image):
    Image.objects.all().delete()
    with refused(Gone):
        set_protected(image, True, by=producer.by)
