"""Resumable upload by the tus protocol: the parts of a file, in order, whole or cut off."""

import pytest
from django.core.handlers.wsgi import LimitedStream

from sharing.imagedata import imports
from sharing.models import Event, Upload
from tests.imported import RAW, queued
from tests.refusals import unchanged
from tests.tus import append, assert_refused, kept

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def upload(producer):
    return imports.begin(queued(producer), len(RAW), by=producer.by)


@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "text/plain"])
def test_another_type_of_content_is_refused(producer, upload, content_type):
    answer = append(producer, upload, b"1", 0, content_type=content_type)
    assert_refused(answer, 415, "Content-Type: application/offset+octet-stream")
    assert kept(upload) == 0


@pytest.mark.parametrize("offset", [None, "", "-1", "one", "1.0", "9" * 20])
def test_no_offset_or_one_that_is_no_number_is_refused(producer, upload, offset):
    answer = append(producer, upload, b"1", offset)
    assert_refused(answer, 400, "Upload-Offset: a whole number of bytes.")
    assert kept(upload) == 0


@pytest.mark.parametrize("offset", [0, 5, 15, len(RAW) - 1, len(RAW) + 1])
def test_an_offset_where_the_upload_does_not_stand_is_refused(producer, upload, offset):
    append(producer, upload, RAW[:10], 0)
    with unchanged():
        answer = append(producer, upload, b"1", offset)
    assert_refused(answer, 409, "Offset: this upload stands at 10 bytes")
    assert kept(upload) == 10


@pytest.mark.parametrize(("data", "offset"), [(RAW + b"1", 0), (RAW, 10)])
def test_more_bytes_than_were_announced_are_refused_and_none_is_taken(
    producer, upload, data, offset
):
    append(producer, upload, RAW[:10], 0) if offset == 10 else None
    before = kept(upload)
    with unchanged():
        answer = append(producer, upload, data, offset)
    assert_refused(answer, 413, "more bytes than were announced")
    assert kept(upload) == before


def test_data_that_is_not_what_it_must_be_ends_the_upload_and_says_so(producer):
    image = queued(producer, disk_format="qcow2")
    upload = imports.begin(image, len(RAW), by=producer.by)
    assert_refused(append(producer, upload, RAW, 0), 422, "This is no qcow2 image")
    assert not Upload.objects.exists()
    assert Event.objects.latest("pk").verb == "refused"
    image.refresh_from_db()
    assert (image.status, image.data) == ("queued", "")


def test_a_full_disk_is_507_and_what_arrived_before_is_kept(producer, upload, monkeypatch):
    append(producer, upload, RAW[:10], 0)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sharing.imagedata.intake.os.pwrite", full)
    answer = append(producer, upload, RAW[10:20], 10)
    assert_refused(answer, 507, "The disk of the portal is full.")
    assert kept(upload) == 10


@pytest.mark.parametrize("error", [ConnectionResetError, TimeoutError, OSError, None])
def test_a_connection_that_breaks_keeps_what_arrived(producer, upload, monkeypatch, error):
    whole = LimitedStream.read
    sizes = iter([100])

    def breaks(stream, size=-1):
        for size in sizes:
            return whole(stream, size)
        if error:
            raise error("the peer is gone")
        return b""

    client = producer.client()
    monkeypatch.setattr(LimitedStream, "read", breaks)
    answer = append(producer, upload, RAW, 0, client=client)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "100")
    assert kept(upload) == 100


def test_a_body_in_chunks_is_read_where_the_server_marks_its_end(producer, upload):
    client = producer.client()
    client.defaults |= {"wsgi.input_terminated": True}
    answer = append(producer, upload, RAW, 0, client=client, Content_Length="")
    assert (answer.status_code, answer["Upload-Offset"]) == (204, str(len(RAW)))


def test_a_body_in_chunks_is_refused_where_it_does_not(producer, upload):
    answer = append(producer, upload, RAW, 0, Content_Length="")
    assert_refused(answer, 411, "Content-Length: say how many bytes come.")
    assert kept(upload) == 0
