"""What loading a list leaves alone: data that is in Proffer, and what owners said in the portal."""

import pytest

from sharing import loading
from sharing.errors import Gone
from sharing.imagedata.imports import begin, receive
from sharing.imagedata.records import register_parent, set_protected
from sharing.models import Image
from tests.image_lists import RECORD, load
from tests.imported import queued, sending
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db(transaction=True)

QUEUED = RECORD | {"status": "queued", "size": None, "checksum": None, "disk_format": "raw"}


def test_what_its_owner_said_in_the_portal_stays_when_the_list_is_loaded_again(producer):
    load(producer, RECORD | {"base_image_ref": None})
    image, parent = Image.objects.get(), queued(producer, properties={"os_type": "windows"})
    register_parent(image, parent.pk, by=producer.by)
    set_protected(image, True, by=producer.by)
    load(producer, RECORD | {"base_image_ref": None, "name": "Renamed"})
    image.refresh_from_db()
    assert (image.name, image.base_image_ref, image.protected) == ("Renamed", parent.pk, True)
    assert image.restriction == "Windows"


def test_an_image_whose_data_is_here_stays_as_it_is(producer):
    load(producer, QUEUED)
    image = Image.objects.get()
    receive(begin(image, 512, by=producer.by), sending(bytes(512)), 0, by=producer.by)
    with unchanged():
        assert load(producer, RECORD).changed == 0


def test_an_import_that_ends_while_the_list_is_loaded_is_not_overwritten(producer, monkeypatch):
    load(producer, QUEUED)
    compare = loading._compare

    def meanwhile(records):
        found = compare(records)
        image = Image.objects.get()
        receive(begin(image, 512, by=producer.by), sending(bytes(512)), 0, by=producer.by)
        return found

    monkeypatch.setattr(loading, "_compare", meanwhile)
    with pytest.raises(Gone):
        load(producer, QUEUED | {"name": "Renamed"})
    image = Image.objects.get()
    assert (image.status, image.size, image.name) == ("active", 512, RECORD["name"])
