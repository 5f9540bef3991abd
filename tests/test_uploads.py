"""Resumable upload by the tus protocol: what is announced, told and ended, by whom, and what is refused."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sharing.imagedata import imports
from sharing.models import Image, Upload
from tests.factories import MembershipFactory
from tests.imported import RAW, imported, queued
from tests.pages import read
from tests.refusals import unchanged
from tests.tus import HALF, append, assert_refused, begin, kept, metadata, on, tus

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def image(producer):
    return queued(producer)


@pytest.fixture
def upload(image, producer):
    return imports.begin(image, len(RAW), filename="disk.img", modified=1_700, by=producer.by)


def test_a_file_is_announced_sent_in_two_parts_and_becomes_the_images_data(producer, image):
    created = begin(
        producer, image, Upload_Metadata=metadata(filename="dëbian.img", modified="1700")
    )
    assert (created.status_code, created["Tus-Resumable"]) == (201, "1.0.0")
    upload = Upload.objects.get()
    assert created["Location"] == reverse("upload", args=[producer.id, image.pk, upload.pk])
    assert (upload.filename, upload.modified, upload.begun_by) == (
        "dëbian.img", 1700, producer.manager.email,
    )  # fmt: skip
    half = append(producer, upload, RAW[:HALF], 0)
    assert (half.status_code, half["Upload-Offset"]) == (204, str(HALF))
    told = on(producer, upload, "HEAD")
    assert (told.status_code, told["Upload-Offset"], told["Upload-Length"]) == (
        200, str(HALF), str(len(RAW)),
    )  # fmt: skip
    assert "no-store" in told["Cache-Control"]
    assert told["Upload-Metadata"] == metadata(filename="dëbian.img", modified="1700")
    rest = append(producer, upload, RAW[HALF:], HALF)
    assert (rest.status_code, rest["Upload-Offset"]) == (204, str(len(RAW)))
    image.refresh_from_db()
    assert (image.status, image.size, image.disk_format) == ("active", len(RAW), "raw")
    assert on(producer, upload, "HEAD").status_code == 404


def test_the_same_file_announced_again_is_the_same_upload(producer, image):
    told = {"Upload_Metadata": metadata(filename="debian.img", modified="1700000000000")}
    first, again = (begin(producer, image, **told) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert Upload.objects.count() == 1


def test_an_upload_tells_when_it_expires(producer, image, settings):
    settings.UPLOAD_EXPIRY = 5
    created = begin(producer, image)
    part = append(producer, Upload.objects.get(), b"1", 0)
    for answer in (created, part):
        left = parsedate_to_datetime(answer["Upload-Expires"]) - timezone.now()
        assert timedelta(hours=4, minutes=59) < left <= timedelta(hours=5)


def test_an_upload_is_ended_and_what_arrived_is_gone(producer, image, upload):
    append(producer, upload, RAW[:HALF], 0)
    answer = on(producer, upload, "DELETE")
    assert (answer.status_code, answer["Tus-Resumable"]) == (204, "1.0.0")
    assert not Upload.objects.exists()
    assert kept(upload) == 0
    assert on(producer, upload, "DELETE").status_code == 404


@pytest.mark.parametrize("name", ["uploads", "upload"])
def test_options_tell_what_the_server_speaks(producer, upload, name):
    ids = [upload.image_id, upload.pk][: 1 if name == "uploads" else 2]
    answer = tus(producer, "OPTIONS", name, *ids, Tus_Resumable=None)
    assert (answer.status_code, answer["Tus-Version"], answer["Tus-Extension"]) == (
        204, "1.0.0", "creation,expiration,termination",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "status"), [("PATCH", 204), ("DELETE", 204), ("HEAD", 200), ("PUT", 405)]
)
def test_a_post_may_stand_for_a_method_that_a_proxy_does_not_pass(producer, upload, method, status):
    headers = {"X_HTTP_Method_Override": method, "Upload_Offset": 0}
    assert on(producer, upload, "POST", b"1", **headers).status_code == status
    assert on(producer, upload, "GET", **headers).status_code == 405


@pytest.mark.parametrize("version", [None, "", "0.2.2", "2.0.0"])
@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_another_version_of_the_protocol_is_refused(producer, upload, method, version):
    with unchanged():
        answer = on(producer, upload, method, Tus_Resumable=version, Upload_Offset=0)
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_method_that_the_protocol_does_not_have_here_is_405(producer, upload, method):
    with unchanged():
        answer = on(producer, upload, method)
    assert_refused(answer, 405, "This address speaks tus: HEAD, PATCH, DELETE, OPTIONS.")
    assert answer["Allow"] == "HEAD, PATCH, DELETE, OPTIONS"


class TestCreation:
    @pytest.mark.parametrize("length", [None, "", "-1", "1.5", "0x10", "1e3", "9" * 20, "²"])
    def test_with_no_length_or_one_that_is_no_number_is_refused(self, producer, image, length):
        length = length if length is None else length.encode().decode("latin-1")
        with unchanged():
            answer = begin(producer, image, length)
        assert_refused(answer, 400, "Upload-Length: a whole number of bytes.")

    @pytest.mark.parametrize(
        ("length", "sentence"),
        [(0, "Length: this file is empty"), (2**50 + 1, "Length: a whole number of bytes from 1")],
    )
    def test_with_a_length_that_no_disk_has_is_refused(self, producer, image, length, sentence):
        with unchanged():
            answer = begin(producer, image, length)
        assert_refused(answer, 422, sentence)

    @pytest.mark.parametrize(
        ("told", "names"),
        [
            ("filename !", "filename"),
            ("filename /w==", "filename"),
            (metadata(filename="a\0b"), "filename"),
            (metadata(modified="yesterday"), "modified"),
            (metadata(modified="9" * 19), "modified"),
            (metadata(modified=""), "modified"),
            ("filename ZGlzaw==,other ?", "other"),
        ],
    )
    def test_with_bad_metadata_is_refused_by_name(self, producer, image, told, names):
        with unchanged():
            answer = begin(producer, image, Upload_Metadata=told)
        assert_refused(answer, 400, f"Upload-Metadata: {names}")

    @pytest.mark.parametrize("told", ["", "filename", "is_confidential", " filename , "])
    def test_with_metadata_that_says_nothing_is_taken(self, producer, image, told):
        assert begin(producer, image, Upload_Metadata=told).status_code == 201
        assert (Upload.objects.get().filename, Upload.objects.get().modified) == ("", None)

    def test_of_another_file_meanwhile_is_refused(self, producer, image, upload):
        with unchanged():
            answer = begin(producer, image, 5)
        assert_refused(answer, 409, "Another file is on its way to this image: disk.img")

    def test_beyond_the_quota_is_refused(self, producer, image):
        producer.tenant.byte_quota = len(RAW) - 1
        producer.tenant.save()
        with unchanged():
            answer = begin(producer, image)
        assert_refused(answer, 422, "would exceed the quota")

    def test_for_an_image_that_has_its_data_is_refused(self, producer):
        image = imported(producer)
        with unchanged():
            answer = begin(producer, image)
        assert_refused(answer, 409, "This image has its data, and data never changes.")

    def test_for_an_image_on_hold_is_refused(self, producer, image):
        Image.objects.update(on_hold=True)
        with unchanged():
            answer = begin(producer, image)
        assert_refused(answer, 409, "An operator put this image on hold")


class TestCallers:
    """The table of test_access walks them all; here, who is a party, and what is told."""

    @pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
    def test_a_member_that_accepted_the_image_is_told_of_no_upload(
        self, producer, consumer, upload, method
    ):
        MembershipFactory(image=upload.image, member_id=consumer.id, status="accepted")
        with unchanged():
            answer = on(consumer, upload, method, b"1", Upload_Offset=0)
            made = begin(consumer, upload.image)
        assert_refused(made, 404, "There is no such upload, or it has ended.")
        assert answer.status_code == 404

    @pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
    def test_a_reader_is_refused(self, producer, upload, method):
        with unchanged():
            answer = on(producer, upload, method, client=producer.reader_client(), Upload_Offset=0)
        assert answer.status_code == 403

    def test_an_upload_of_another_image_or_none_is_404(self, producer, upload):
        other = queued(producer)
        with unchanged():
            assert tus(producer, "HEAD", "upload", other.pk, upload.pk).status_code == 404
            assert tus(producer, "HEAD", "upload", upload.image_id, uuid4()).status_code == 404
            assert begin(producer, Image(pk=uuid4())).status_code == 404

    @pytest.mark.parametrize("ids", ["no-uuid/uploads/", "{0}/uploads/no-uuid/"])
    def test_a_malformed_id_is_no_address(self, producer, image, ids):
        path = f"/t/{producer.id}/images/{ids.format(image.pk)}"
        answer = producer.client().head(path, headers={"Tus-Resumable": "1.0.0"})
        assert answer.status_code == 404

    @pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "PATCH", "DELETE"])
    def test_whoever_is_not_signed_in_is_told_so_in_plain_text(self, producer, upload, method):
        with unchanged():
            answer = on(producer, upload, method, client=Client(), Upload_Offset=0)
        assert (answer.status_code, answer["Content-Type"]) == (401, "text/plain; charset=utf-8")

    @pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
    def test_a_request_without_the_token_of_a_page_is_refused(self, producer, upload, method):
        client = producer.client()
        client.handler.enforce_csrf_checks = True
        how = {"client": client, "Upload_Offset": 0, "X_HTTP_Method_Override": "DELETE"}
        with unchanged():
            assert on(producer, upload, method, b"1", **how).status_code == 403
        assert kept(upload) == 0

    def test_a_request_with_the_token_of_a_page_is_taken(self, producer, upload):
        client = producer.client()
        client.handler.enforce_csrf_checks = True
        page = read(client.get(reverse("image", args=[producer.id, upload.image_id])))
        token = page.one("#import form.choosing input[name=csrfmiddlewaretoken]")["value"]
        answer = append(producer, upload, RAW, 0, client=client, X_CSRFToken=token)
        assert answer.status_code == 204
