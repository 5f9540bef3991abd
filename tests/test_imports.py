"""How an image comes to its data: announced, received, verified, stored."""

import hashlib
from io import BytesIO

import pytest
from django.db import connection

from sharing import handshake
from sharing.errors import BadInput, Conflict, NotAllowed
from sharing.imagedata import intake, store
from sharing.imagedata.imports import begin, cancel, receive
from sharing.models import Event, Image, Upload
from tests.imported import RAW, imported, leftovers, queued, sending
from tests.refusals import refused, unchanged

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

HALF = len(RAW) // 2


@pytest.fixture
def image(producer):
    return queued(producer)


@pytest.fixture
def upload(image, producer):
    return begin(image, len(RAW), filename="disk.img", modified=1_700_000_000_000, by=producer.by)


def test_an_image_that_received_all_its_bytes_is_active_with_size_hashes_and_format(
    image, upload, producer
):
    assert receive(upload, sending(), 0, by=producer.by) == len(RAW)
    image.refresh_from_db()
    assert (image.status, image.size, image.virtual_size) == ("active", len(RAW), len(RAW))
    assert (image.disk_format, image.container_format) == ("raw", "bare")
    assert image.checksum == hashlib.md5(RAW).hexdigest()
    assert image.os_hash_algo == "sha512"
    assert image.os_hash_value == hashlib.sha512(RAW).hexdigest()
    assert b"".join(store.image_store().stream(image.data, 0, image.size)) == RAW
    assert leftovers() == [image.data]
    assert not Upload.objects.exists()


def test_history_tells_who_imported_the_data_and_its_checksum(image, upload, producer):
    receive(upload, sending(), 0, by=producer.by)
    event = Event.objects.latest("pk")
    assert (event.verb, event.actor, event.member_id) == ("imported", producer.by.user, "")
    assert event.note == hashlib.md5(RAW).hexdigest()


def test_a_connection_that_ends_early_keeps_what_arrived_and_the_upload_goes_on_there(
    image, upload, producer
):
    assert receive(upload, sending(RAW[:HALF]), 0, by=producer.by) == HALF
    image.refresh_from_db()
    assert (image.status, image.data) == ("queued", "")
    assert intake.arrived(store.part_of(upload.pk)) == HALF
    assert receive(upload, sending(RAW[HALF:]), HALF, by=producer.by) == len(RAW)
    image.refresh_from_db()
    assert image.os_hash_value == hashlib.sha512(RAW).hexdigest()
    assert leftovers() == [image.data]


def test_a_connection_that_breaks_keeps_the_chunks_before(upload, producer, monkeypatch):
    monkeypatch.setattr(intake, "CHUNK", 4096)
    chunks = iter([RAW[:4096], RAW[4096:8192]])

    def breaks(size):
        for chunk in chunks:
            return chunk
        raise ConnectionResetError("the peer is gone")

    with pytest.raises(ConnectionResetError):
        receive(upload, breaks, 0, by=producer.by)
    assert intake.arrived(store.part_of(upload.pk)) == 8192
    assert Upload.objects.get() == upload


def test_no_database_connection_is_held_while_bytes_arrive(upload, producer):
    def slowly(size):
        assert connection.connection is None
        return RAW[:size]

    assert receive(upload, slowly, 0, by=producer.by) == len(RAW)


def test_no_byte_beyond_the_announced_length_is_read(image, producer):
    upload = begin(image, 512, by=producer.by)
    sent = BytesIO(RAW)
    receive(upload, sent.read, 0, by=producer.by)
    image.refresh_from_db()
    assert (image.size, sent.tell()) == (512, 512)


def test_an_upload_whose_bytes_are_all_here_is_settled_by_sending_nothing_more(
    image, upload, producer
):
    store.part_of(upload.pk).write_bytes(RAW)  # the server fell between the last byte and the store
    assert receive(upload, sending(b""), len(RAW), by=producer.by) == len(RAW)
    image.refresh_from_db()
    assert (image.status, image.checksum) == ("active", hashlib.md5(RAW).hexdigest())


@pytest.mark.parametrize("offset", [1, HALF, len(RAW), len(RAW) + 1, -1])
def test_an_offset_where_the_upload_does_not_stand_is_refused(upload, producer, offset):
    with refused(Conflict):
        receive(upload, sending(), offset, by=producer.by)
    assert leftovers() == []


def test_the_same_file_announced_again_is_the_same_upload(image, upload, producer):
    receive(upload, sending(RAW[:HALF]), 0, by=producer.by)
    with unchanged():
        again = begin(
            image, len(RAW), filename="disk.img", modified=1_700_000_000_000, by=producer.by
        )
    assert again == upload
    assert intake.arrived(store.part_of(again.pk)) == HALF


@pytest.mark.parametrize(
    "other",
    [
        {"length": HALF},
        {"filename": "other.img"},
        {"modified": 1_700_000_000_001},
        {"modified": None},
    ],
)
def test_another_file_cannot_be_announced_while_one_is_on_its_way(image, upload, producer, other):
    same = {"length": len(RAW), "filename": "disk.img", "modified": 1_700_000_000_000}
    with refused(Conflict):
        begin(image, **(same | other), by=producer.by)


@pytest.mark.parametrize("length", [0, -1, 2**63])
def test_a_length_that_no_file_has_is_refused(image, producer, length):
    with refused(BadInput):
        begin(image, length, by=producer.by)


def test_data_never_changes_a_second_import_is_refused(producer):
    image = imported(producer)
    with refused(Conflict):
        begin(image, len(RAW), by=producer.by)


def test_an_upload_that_began_before_another_way_gave_the_image_its_data_is_refused(
    image, upload, producer
):
    Image.objects.filter(pk=image.pk).update(status="active", checksum="0" * 32)  # loaded meanwhile
    with refused(Conflict):
        receive(upload, sending(), 0, by=producer.by)
    image.refresh_from_db()
    assert (image.data, image.checksum) == ("", "0" * 32)


@pytest.mark.parametrize("caller", ["reader", "stranger", "consumer"])
def test_only_the_owners_managers_import_and_cancel(
    image, upload, producer, consumer, stranger, caller
):
    by = {
        "reader": producer.read_by,
        "stranger": stranger.by,
        "consumer": consumer.by,
    }[caller]
    for verb in (
        lambda: begin(image, len(RAW), by=by),
        lambda: receive(upload, sending(), 0, by=by),
        lambda: cancel(upload, by=by),
    ):
        with refused(NotAllowed):
            verb()
    assert leftovers() == []


def test_deleting_an_image_removes_its_data_only_once_it_is_committed(producer, monkeypatch):
    image = imported(producer)
    handshake.delete_image(image, by=producer.by)
    assert leftovers() == []


def test_a_deletion_that_is_undone_keeps_the_data(producer):
    from django.db import transaction

    image = imported(producer)
    with transaction.atomic():
        handshake.delete_image(Image.objects.get(pk=image.pk), by=producer.by)
        transaction.set_rollback(True)
    assert leftovers() == [image.data]
