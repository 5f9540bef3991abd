"""Imports while somebody cancels, deletes or holds, while two send, and where disk or database fail."""

import hashlib

import pytest
from django.db import OperationalError

from sharing import handshake
from sharing.errors import Conflict, Gone, Protected, StorageFull
from sharing.imagedata import imports, intake, store
from sharing.imagedata.imports import begin, cancel, receive
from sharing.models import Image, Upload
from tests.imported import RAW, leftovers, queued, sending
from tests.refusals import refused

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

HALF = len(RAW) // 2


@pytest.fixture
def image(producer):
    return queued(producer)


@pytest.fixture
def upload(image, producer):
    return begin(image, len(RAW), filename="disk.img", modified=1_700_000_000_000, by=producer.by)


def test_two_senders_of_the_same_bytes_do_not_mix(image, upload, producer):
    def other_sender_first(size):
        if not intake.arrived(store.part_of(upload.pk)):
            receive(upload, sending(RAW[:HALF]), 0, by=producer.by)
        return RAW[:size]

    with refused(Conflict):
        receive(upload, other_sender_first, 0, by=producer.by)
    assert store.part_of(upload.pk).read_bytes() == RAW[:HALF]


def test_a_cancelled_upload_leaves_nothing_and_the_image_queued(image, upload, producer):
    receive(upload, sending(RAW[:HALF]), 0, by=producer.by)
    cancel(upload, by=producer.by)
    assert leftovers() == []
    assert not Upload.objects.exists()
    image.refresh_from_db()
    assert image.status == "queued"
    cancel(upload, by=producer.by)  # again changes nothing


def test_an_upload_that_is_cancelled_while_its_last_bytes_arrive_stores_nothing(
    image, upload, producer
):
    def cancelled_meanwhile(size):
        cancel(upload, by=producer.by)
        return RAW[:size]

    with pytest.raises(Gone):
        receive(upload, cancelled_meanwhile, 0, by=producer.by)
    image.refresh_from_db()
    assert (image.status, image.data) == ("queued", "")
    assert leftovers() == []


def test_an_image_that_is_deleted_while_its_last_bytes_arrive_leaves_no_data(
    image, upload, producer
):
    def deleted_meanwhile(size):
        handshake.delete_image(Image.objects.get(pk=image.pk), by=producer.by)
        return RAW[:size]

    with pytest.raises(Gone):
        receive(upload, deleted_meanwhile, 0, by=producer.by)
    assert leftovers() == []


def test_an_image_on_hold_takes_no_data(image, producer, by_operator):
    handshake.hold(image, by=by_operator)
    with refused(Protected):
        begin(image, len(RAW), by=producer.by)


def test_an_upload_whose_image_was_put_on_hold_meanwhile_is_kept_and_goes_on_after_the_release(
    image, upload, producer, by_operator
):
    handshake.hold(image, by=by_operator)
    with refused(Protected):
        receive(upload, sending(), 0, by=producer.by)
    assert store.part_of(upload.pk).read_bytes() == RAW
    handshake.release(image, by=by_operator)
    receive(upload, sending(b""), len(RAW), by=producer.by)
    image.refresh_from_db()
    assert image.status == "active"


def test_a_full_disk_keeps_what_arrived_before(image, upload, producer, monkeypatch):
    monkeypatch.setattr(intake, "CHUNK", 4096)
    written = []

    def pwrite(file, chunk, offset, real=intake.os.pwrite):
        written.append(offset)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        return real(file, chunk, offset)

    monkeypatch.setattr(intake.os, "pwrite", pwrite)
    with pytest.raises(StorageFull):
        receive(upload, sending(), 0, by=producer.by)
    assert intake.arrived(store.part_of(upload.pk)) == 8192
    monkeypatch.undo()
    receive(upload, sending(RAW[8192:]), 8192, by=producer.by)
    image.refresh_from_db()
    assert image.checksum == hashlib.md5(RAW).hexdigest()


def test_a_commit_that_breaks_leaves_the_image_queued_and_data_that_it_does_not_refer_to(
    image, upload, producer, monkeypatch
):
    def fails(*args, **kwargs):
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(imports, "record", fails)
    with pytest.raises(RuntimeError):
        receive(upload, sending(), 0, by=producer.by)
    image.refresh_from_db()
    assert (image.status, image.data) == ("queued", "")
    assert [found.name for found in store.image_store().stored()] == [store.name_for(upload)]


def test_a_commit_whose_answer_is_lost_keeps_the_data(image, upload, producer, monkeypatch):
    activate = imports._activate

    def answer_lost(*args, **kwargs):
        activate(*args, **kwargs)
        raise OperationalError("the connection is gone")

    monkeypatch.setattr(imports, "_activate", answer_lost)
    with pytest.raises(OperationalError):
        receive(upload, sending(), 0, by=producer.by)
    image.refresh_from_db()
    assert b"".join(store.image_store().stream(image.data, 0, image.size)) == RAW


def test_a_second_request_at_the_last_byte_does_not_end_what_the_first_one_stores(
    image, upload, producer, monkeypatch
):
    store.part_of(upload.pk).write_bytes(RAW)
    append = intake.append

    def first_one_is_quicker(*args):
        monkeypatch.setattr(intake, "append", append)
        receive(upload, sending(b""), len(RAW), by=producer.by)
        return append(*args)

    monkeypatch.setattr(intake, "append", first_one_is_quicker)
    with pytest.raises(Gone):
        receive(upload, sending(b""), len(RAW), by=producer.by)
    image.refresh_from_db()
    assert image.status == "active"
    assert leftovers() == [image.data]


def test_after_a_cancellation_no_more_bytes_are_taken(image, upload, producer, monkeypatch):
    monkeypatch.setattr(intake, "CHUNK", 4096)
    asked = []

    def goes_on(size):
        asked.append(size)
        if len(asked) == 2:
            cancel(upload, by=producer.by)
        return RAW[:size]

    with pytest.raises(Gone):
        receive(upload, goes_on, 0, by=producer.by)
    assert len(asked) == 2
    assert leftovers() == []
