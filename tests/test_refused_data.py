"""Data that cannot be taken: the upload ends, the image stays queued, and nothing is left but the reason."""

from contextlib import suppress

import pytest

from sharing.errors import BadData
from sharing.imagedata import store
from sharing.imagedata.imports import begin, receive
from sharing.models import Event, Upload
from tests.disks import HOSTILE
from tests.imported import RAW, leftovers, queued, sending

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

HALF = len(RAW) // 2


def test_data_that_is_not_what_the_record_says_ends_the_upload_and_leaves_nothing(producer):
    image = queued(producer, disk_format="qcow2")
    upload = begin(image, len(RAW), by=producer.by)
    with pytest.raises(BadData, match="no qcow2 image"):
        receive(upload, sending(), 0, by=producer.by)
    image.refresh_from_db()
    assert (image.status, image.size, image.disk_format) == ("queued", 0, "qcow2")
    assert leftovers() == []
    assert not Upload.objects.exists()
    event = Event.objects.latest("pk")
    assert event.verb == "refused"
    assert "no qcow2 image" in event.note


def test_data_that_arrived_in_parts_is_judged_as_strictly(producer):
    image = queued(producer, disk_format="qcow2")
    upload = begin(image, len(RAW), by=producer.by)
    store.part_of(upload.pk).write_bytes(RAW[:HALF])
    with pytest.raises(BadData):
        receive(upload, sending(RAW[HALF:]), HALF, by=producer.by)
    image.refresh_from_db()
    assert image.status == "queued"
    assert leftovers() == []
    assert Event.objects.latest("pk").verb == "refused"


def test_after_a_refusal_the_right_file_can_be_imported(producer):
    image = queued(producer, disk_format="raw")
    hostile = begin(image, 8, by=producer.by)
    with pytest.raises(BadData):
        receive(hostile, sending(b"QFI\xfb\0\0\0\3"), 0, by=producer.by)
    receive(begin(image, len(RAW), by=producer.by), sending(), 0, by=producer.by)
    image.refresh_from_db()
    assert image.status == "active"


@pytest.mark.parametrize("name", HOSTILE)
def test_each_kind_of_hostile_data_is_refused_in_one_piece_and_in_two(producer, name):
    data, disk_format, _ = HOSTILE[name]
    for cut in (len(data), len(data) // 2):
        image = queued(producer, disk_format=disk_format)
        upload = begin(image, len(data), by=producer.by)
        with suppress(BadData):
            receive(upload, sending(data[:cut]), 0, by=producer.by)
            receive(upload, sending(data[cut:]), cut, by=producer.by)
        image.refresh_from_db()
        assert (image.status, image.data, leftovers()) == ("queued", "", [])
        assert Event.objects.latest("pk").verb == "refused"
