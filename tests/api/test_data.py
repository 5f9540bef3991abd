"""Image data that comes over the API in one go: taken whole or not at all."""

import hashlib
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from sharing.api.application import respond
from sharing.imagedata import direct
from sharing.imagedata.imports import begin, receive
from sharing.imagedata.store import CHUNK
from sharing.models import Event, Image, Tenant, Upload
from tests.api.client import api, reader_api
from tests.api.refusing import at, refused
from tests.disk_formats import qcow2
from tests.downloading import SIZE
from tests.factories import MembershipFactory
from tests.imported import RAW, leftovers, queued, sending

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

OCTETS = "application/octet-stream"
MD5 = hashlib.md5(RAW).hexdigest()


@pytest.fixture
def image(producer):
    """An image that waits for its data."""
    return queued(producer, disk_format="raw", container_format="bare")


def put(asking, image, data=RAW, content_type=OCTETS, **headers):
    return asking.put(at(image, "file"), data, content_type=content_type, **headers)


def nothing_is_kept(image):
    image.refresh_from_db()
    return (image.status, image.data, Upload.objects.count(), leftovers()) == ("queued", "", 0, [])


class TestUpload:
    @pytest.mark.parametrize("size", [{}, {"X_OpenStack_Image_Size": str(SIZE)}])
    def test_makes_the_image_active(self, producer, image, size):
        told = put(api(producer), image, **size)
        assert (told.status, told.content) == (204, b"")
        shown = api(producer).get(at(image)).json
        assert (shown["status"], shown["size"], shown["virtual_size"]) == ("active", SIZE, SIZE)
        assert (shown["checksum"], shown["os_hash_algo"]) == (MD5, "sha512")
        assert shown["os_hash_value"] == hashlib.sha512(RAW).hexdigest()
        image.refresh_from_db()
        assert leftovers() == [image.data]

    def test_is_told_in_the_history(self, producer, image):
        put(api(producer), image)
        event = Event.objects.latest("pk")
        assert (event.verb, event.actor, event.note) == ("imported", producer.manager.email, MD5)

    def test_a_second_time_is_refused(self, producer, image):
        put(api(producer), image)
        assert "data never changes" in refused(409, put, api(producer), image)
        assert api(producer).get(at(image, "file")).content == RAW

    def test_while_another_is_on_its_way_is_refused(self, producer, image):
        receive(begin(image, SIZE, by=producer.by), sending(RAW[:512]), 0, by=producer.by)
        refused(409, put, api(producer), image)

    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "text/plain", "application/octet-streams", "multipart/form-data", ""],
    )
    def test_of_another_type_is_refused(self, producer, image, content_type):
        assert OCTETS in refused(415, put, api(producer), image, content_type=content_type)
        assert nothing_is_kept(image)

    @pytest.mark.parametrize(
        "content_type", ["Application/Octet-Stream", f"{OCTETS}; charset=binary"]
    )
    def test_of_the_same_type_written_otherwise_is_taken(self, producer, image, content_type):
        assert put(api(producer), image, content_type=content_type).status == 204

    @pytest.mark.parametrize("formats", [{"disk_format": ""}, {"container_format": ""}])
    def test_before_the_formats_are_set_is_refused(self, producer, image, formats):
        Image.objects.update(**formats)
        assert "disk_format and container_format" in refused(400, put, api(producer), image)
        assert nothing_is_kept(image)

    def test_of_nothing_is_refused(self, producer, image):
        refused(400, put, api(producer), image, b"", Content_Type=OCTETS)
        assert nothing_is_kept(image)

    @pytest.mark.parametrize("size", ["1", str(SIZE + 1), "0", "-1", "x", "", "1e5", "9" * 50, "٣"])
    def test_of_another_size_than_announced_is_refused(self, producer, image, size):
        size = size.encode().decode("latin-1")
        assert "X-OpenStack-Image-Size" in refused(
            400, put, api(producer), image, X_OpenStack_Image_Size=size
        )
        assert nothing_is_kept(image)

    @pytest.mark.parametrize(
        ("disk_format", "data", "why"),
        [
            ("raw", qcow2(), "qcow2"),
            ("qcow2", RAW, "no qcow2 image"),
            ("vmdk", b"x" * 4096, "vmdk"),
        ],
    )
    def test_of_what_is_not_the_format_is_refused_and_recorded(
        self, producer, image, disk_format, data, why
    ):
        Image.objects.update(disk_format=disk_format)
        told = put(api(producer), image, data)
        assert (told.status, told.json["code"]) == (400, "400 Bad Request")
        assert why in told.message
        event = Event.objects.latest("pk")
        assert (event.verb, event.note) == ("refused", told.message)
        assert nothing_is_kept(image)
        Image.objects.update(disk_format="raw")
        assert put(api(producer), image).status == 204

    def test_by_a_reader_and_by_a_member_is_refused(self, producer, consumer, image):
        MembershipFactory(image=image, member_id=consumer.id, status="accepted")
        for asking in (reader_api(producer), api(consumer), reader_api(consumer)):
            refused(403, put, asking, image)
        assert nothing_is_kept(image)

    @pytest.mark.parametrize("status", ["rejected", "none"])
    def test_by_who_may_not_see_it_is_404(self, consumer, image, status):
        if status != "none":
            MembershipFactory(image=image, member_id=consumer.id, status=status)
        refused(404, put, api(consumer), image)

    @pytest.mark.parametrize("where", ["0197f000-0000-7000-8000-000000000000", "x", "%00"])
    def test_to_no_image_is_404(self, producer, where):
        refused(404, api(producer).put, f"/image/v2/images/{where}/file", RAW, content_type=OCTETS)

    def test_of_an_image_on_hold_is_refused(self, producer, image):
        Image.objects.update(on_hold=True)
        assert "on hold" in refused(403, put, api(producer), image)
        assert nothing_is_kept(image)

    @pytest.mark.parametrize("quota", [0, SIZE - 1])
    def test_beyond_the_quota_is_refused_before_a_byte_is_read(
        self, producer, image, quota, monkeypatch
    ):
        Tenant.objects.update(byte_quota=quota)
        monkeypatch.setattr(direct, "_receive", lambda *args: pytest.fail("Bytes were read."))
        assert "quota" in refused(413, put, api(producer), image)
        assert nothing_is_kept(image)

    def test_up_to_the_quota_is_taken(self, producer, image):
        Tenant.objects.update(byte_quota=SIZE)
        assert put(api(producer), image).status == 204


class Breaking(BytesIO):
    """A connection that breaks after these bytes."""

    def read(self, size=-1):
        chunk = super().read(size)
        if not chunk:
            raise ConnectionResetError("The peer is gone.")
        return chunk


class TestInChunks:
    @staticmethod
    def answered(producer, image, body, size=None):
        """The answer to a body without a length, which the server passes on as it comes."""
        headers = {"X-Auth-Token": api(producer).token}
        if size is not None:
            headers["X-OpenStack-Image-Size"] = str(size)
        environ = RequestFactory().put(at(image, "file"), headers=headers).environ
        environ |= {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_TYPE": OCTETS}
        environ.pop("CONTENT_LENGTH", None)
        return respond(WSGIRequest(environ))

    @pytest.mark.parametrize("size", [None, SIZE])
    def test_without_a_length_is_taken(self, producer, image, size):
        assert self.answered(producer, image, BytesIO(RAW), size).status_code == 204
        image.refresh_from_db()
        assert (image.status, image.checksum) == ("active", MD5)

    @pytest.mark.parametrize("size", [None, SIZE, 9000])
    def test_that_the_server_saw_break_is_refused(self, producer, image, size):
        assert self.answered(producer, image, Breaking(RAW[:9000]), size).status_code == 400
        assert nothing_is_kept(image)
        assert put(api(producer), image).status == 204

    @pytest.mark.parametrize("size", [0, 1, SIZE - 1, SIZE + 1])
    def test_of_another_length_than_announced_is_refused(self, producer, image, size):
        assert self.answered(producer, image, BytesIO(RAW), size).status_code == 400
        assert nothing_is_kept(image)

    @pytest.mark.parametrize("quota", [CHUNK, CHUNK + direct.STEP // 2])
    def test_is_refused_where_the_quota_ends_and_not_read_any_further(self, producer, image, quota):
        Tenant.objects.update(byte_quota=quota)
        body = BytesIO(RAW * (40 * CHUNK // SIZE))
        assert self.answered(producer, image, body).status_code == 413
        assert quota < body.tell() <= quota + CHUNK
        assert nothing_is_kept(image)

    def test_up_to_the_very_end_of_the_quota_is_taken(self, producer, image):
        Tenant.objects.update(byte_quota=SIZE)
        assert self.answered(producer, image, BytesIO(RAW)).status_code == 204

    def test_of_nothing_is_refused(self, producer, image):
        assert self.answered(producer, image, BytesIO()).status_code == 400
        assert nothing_is_kept(image)
