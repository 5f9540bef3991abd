"""Image data over the API: handed out whole or in part, to whom the export rules allow."""

import hashlib

import pytest

from sharing.imagedata.store import image_store
from sharing.models import Image, Membership
from tests.api.client import Api, api, reader_api
from tests.api.refusing import at, refused
from tests.downloading import ETAG, SIZE, downloads
from tests.factories import MembershipFactory
from tests.imported import RAW, imported, queued
from tests.refusals import unchanged

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

OCTETS = "application/octet-stream"


@pytest.fixture
def image(producer):
    """An image that waits for its data."""
    return queued(producer, disk_format="raw", container_format="bare")


@pytest.fixture
def full(producer, consumer):
    """A redistributable image of the producer that the consumer accepted."""
    image = imported(producer, name="Golden disk", redistributable=True)
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


def get(asking, image, method="GET", **headers):
    return asking.call(method, at(image, "file"), **headers)


class TestDownload:
    def test_is_whole_for_the_owner_and_the_member_and_their_readers(
        self, producer, consumer, full
    ):
        for asking in (api(producer), reader_api(producer), api(consumer), reader_api(consumer)):
            told = get(asking, full)
            assert (told.status, told.content) == (200, RAW)
            assert told.headers["Content-MD5"] == hashlib.md5(RAW).hexdigest()
            assert told.headers["Content-Type"] == OCTETS
            assert told.headers["Content-Length"] == str(SIZE)
            assert told.headers["ETag"] == ETAG
        assert downloads() == 4

    @pytest.mark.parametrize(
        ("asked", "sent"),
        [
            ("bytes=0-0", slice(0, 1)), ("bytes=512-1023", slice(512, 1024)), ("bytes=65000-", slice(65000, None)),
            ("bytes=-100", slice(SIZE - 100, None)), (f"bytes=0-{SIZE * 2}", slice(0, None)),
        ],
    )  # fmt: skip
    def test_of_a_part_is_206_without_the_md5_of_the_whole(self, producer, full, asked, sent):
        told = get(api(producer), full, Range=asked)
        start, stop, _ = sent.indices(SIZE)
        assert (told.status, told.content) == (206, RAW[sent])
        assert told.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
        assert "Content-MD5" not in told.headers

    @pytest.mark.parametrize(
        "asked", [f"bytes={SIZE}-", f"bytes={SIZE * 9}-{SIZE * 10}", "bytes=-0"]
    )
    def test_of_a_part_that_is_not_there_is_416(self, producer, full, asked):
        told = get(api(producer), full, Range=asked)
        assert told.headers["Content-Range"] == f"bytes */{SIZE}"
        refused(416, get, api(producer), full, Range=asked)

    def test_of_what_the_client_has_is_304(self, producer, full):
        with unchanged():
            told = get(api(producer), full, If_None_Match=ETAG)
        assert (told.status, told.content, told.headers["ETag"]) == (304, b"", ETAG)

    def test_of_other_data_than_the_client_wants_is_412(self, producer, full):
        refused(412, get, api(producer), full, If_Match='"other"')

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_of_a_queued_image_is_204_to_whom_it_will_be_given(
        self, producer, consumer, image, method
    ):
        membership = MembershipFactory(image=image, member_id=consumer.id, status="accepted")
        for asking in (api(producer), api(consumer)):
            with unchanged():
                told = get(asking, image, method)
            assert (told.status, told.content) == (204, b"")
            assert not {"Content-Length", "Content-Type"} & told.headers.keys()
        Membership.objects.filter(pk=membership.pk).update(status="pending")
        assert get(api(consumer), image, method).status == 403

    @pytest.mark.parametrize(
        "facts",
        [{"status": "deactivated"}, {"on_hold": True}, {"restriction": "Windows"}, {"data": ""}],
    )
    @pytest.mark.parametrize("headers", [{}, {"Range": "bytes=1-"}, {"If_None_Match": ETAG}])
    def test_is_refused_where_it_is_closed(self, producer, consumer, full, facts, headers):
        Image.objects.update(**facts)
        for asking in (api(producer), api(consumer)):
            refused(403, get, asking, full, **headers)
            assert get(asking, full, "HEAD", **headers).status == 403

    def test_is_refused_to_a_member_where_its_owner_did_not_open_it(self, producer, consumer, full):
        Image.objects.update(redistributable=False)
        assert "redistributable" in refused(403, get, api(consumer), full)
        assert get(api(producer), full).status == 200

    def test_is_refused_to_who_has_not_answered(self, consumer, full):
        Membership.objects.update(status="pending")
        assert "accepted" in refused(403, get, api(consumer), full)
        assert get(api(consumer), full, "HEAD").status == 403

    @pytest.mark.parametrize("status", ["rejected", "none"])
    def test_is_404_to_who_may_not_see_it(self, consumer, full, status):
        Membership.objects.update(status="rejected")
        if status == "none":
            Membership.objects.all().delete()
        refused(404, get, api(consumer), full)
        assert get(api(consumer), full, "HEAD").status == 404

    def test_is_401_without_a_token(self, full):
        refused(401, get, Api(), full)

    def test_by_head_says_what_get_would_and_records_nothing(self, producer, full):
        whole = get(api(producer), full)
        with unchanged():
            told = get(api(producer), full, "HEAD")
        assert (told.status, told.content, told.headers) == (200, b"", whole.headers)

    def test_that_the_store_cannot_give_is_503(self, producer, full):
        image_store().delete(full.data)
        refused(503, get, api(producer), full)
