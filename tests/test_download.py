"""Image data: who gets it, with which headers, and what history keeps of that."""

import gzip
import hashlib
from base64 import b64encode
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from sharing.imagedata import handout
from sharing.models import Image, Membership
from tests.downloading import ETAG, SIZE, address, bytes_of, downloads, get, head, said
from tests.factories import MembershipFactory
from tests.imported import RAW, imported
from tests.pages import read
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return imported(producer, name="Golden disk")


@pytest.fixture
def shared(producer, consumer):
    """A redistributable image of the producer that the consumer accepted."""
    image = imported(producer, name="Golden disk", redistributable=True)
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


def test_the_owner_gets_the_data_whole(producer, image):
    answer = get(producer, image)

    assert answer.status_code == 200
    assert bytes_of(answer) == RAW
    said = {name: answer[name] for name in answer.headers}
    assert said["Content-Length"] == str(SIZE)
    assert said["Content-Type"] == "application/octet-stream"
    assert said["Content-Disposition"] == 'attachment; filename="Golden disk.img"'
    assert said["Accept-Ranges"] == "bytes"
    assert said["ETag"] == ETAG
    assert said["Content-MD5"] == hashlib.md5(RAW).hexdigest()
    digest = b64encode(hashlib.sha512(RAW).digest()).decode()
    assert said["Repr-Digest"] == f"sha-512=:{digest}:"
    assert said["Cache-Control"] == "private, no-cache"
    assert said["X-Content-Type-Options"] == "nosniff"
    assert "Content-Range" not in said


def test_head_says_what_get_would_and_records_nothing(producer, image):
    whole = get(producer, image)
    with unchanged():
        answer = head(producer, image)

    assert answer.status_code == 200
    assert answer.content == b""
    assert dict(answer.headers) == dict(whole.headers)


def test_data_is_never_compressed_on_the_way(producer, image):
    answer = get(producer, image, Accept_Encoding="gzip")
    page = producer.client().get(
        reverse("image", args=[producer.id, image.pk]), headers={"Accept-Encoding": "gzip"}
    )

    assert "Content-Encoding" not in answer
    assert bytes_of(answer) == RAW
    assert answer["ETag"] == ETAG
    assert b"Golden disk" in gzip.decompress(page.content)


def test_pages_are_still_never_kept(producer, image):
    page = producer.client().get(reverse("image", args=[producer.id, image.pk]))
    assert "no-store" in page["Cache-Control"]


class TestWhoGetsIt:
    def test_a_reader_of_the_owner_and_a_member_that_accepted(self, producer, consumer, shared):
        for client, party in (
            (producer.reader_client(), producer),
            (consumer.client(), consumer),
            (consumer.reader_client(), consumer),
        ):
            assert bytes_of(client.get(address(party, shared))) == RAW

    @pytest.mark.parametrize("method", [get, head])
    @pytest.mark.parametrize("status", ["rejected", "none"])
    def test_to_others_there_is_no_such_image(self, consumer, shared, method, status):
        Membership.objects.update(status="rejected")
        if status == "none":
            Membership.objects.all().delete()
        with unchanged():
            assert method(consumer, shared).status_code == 404

    def test_not_who_waits_to_answer(self, consumer, shared):
        Membership.objects.update(status="pending")
        with unchanged():
            answer = get(consumer, shared)
        assert answer.status_code == 403
        assert "Only a member that accepted the offer can use the image." in said(answer)

    def test_not_who_is_not_signed_in(self, producer, image):
        with unchanged():
            answer = Client().get(address(producer, image))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")

    def test_not_who_names_no_image(self, producer):
        for text in (str(uuid4()), "junk"):
            place = f"/t/{producer.id}/images/{text}/data/"
            assert producer.client().get(place).status_code == 404

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
    def test_not_by_another_method(self, producer, image, method):
        with unchanged():
            answer = getattr(producer.client(), method)(address(producer, image))
        assert answer.status_code == 405
        assert answer["Allow"] == "GET, HEAD"

    @pytest.mark.parametrize(
        ("fields", "reason", "remedy"),
        [
            ({"on_hold": True}, "on hold", "An operator can release it."),
            ({"status": "deactivated"}, "deactivated", "can reactivate it."),
            ({"restriction": "Windows"}, "licence (Windows", "Only an operator"),
            ({"data": ""}, "cloud's image service", "as a new image."),
        ],
    )
    def test_not_the_owner_where_it_is_closed_and_the_page_says_why(
        self, producer, image, fields, reason, remedy
    ):
        Image.objects.update(**fields)
        for headers in ({}, {"Range": "bytes=1-"}, {"If_None_Match": ETAG}):
            with unchanged():
                answer = get(producer, image, **headers)
            assert answer.status_code == 403
            assert reason in said(answer)
            assert remedy in said(answer)
            assert head(producer, image, **headers).status_code == 403

    def test_not_a_member_where_its_owner_did_not_open_it(self, consumer, shared):
        Image.objects.update(redistributable=False)
        with unchanged():
            answer = get(consumer, shared)
        assert answer.status_code == 403
        assert "has not marked it as redistributable" in said(answer)
        assert "The owner can mark it as redistributable." in said(answer)


class TestHistory:
    def test_tells_both_sides(self, producer, consumer, shared):
        get(consumer, shared)
        for party, whose, by in (
            (producer, ("you", consumer.id), consumer.id),
            (consumer, (producer.id, "you"), consumer.manager.email),
        ):
            page = read(party.client().get(reverse("activity", args=[party.id])))
            cells = page.all("tbody tr")[0].all("td")
            assert page.texts("tbody th")[0] == "Downloaded"
            assert tuple(cell.words for cell in cells[2:]) == (*whose, by)

    def test_keeps_a_download_in_parts_as_one(self, producer, image):
        for asked in ("bytes=0-999", "bytes=1000-1999", "bytes=2000-"):
            assert get(producer, image, Range=asked).status_code == 206
        assert downloads() == 1

    def test_keeps_each_download_from_the_beginning(self, producer, image):
        for _ in range(2):
            get(producer, image)
        assert downloads() == 2

    def test_is_written_before_the_first_byte_leaves(self, producer, image, monkeypatch):
        def fails(*args, **kwargs):
            raise RuntimeError

        monkeypatch.setattr(handout, "take_out", fails)
        client = producer.client()
        client.raise_request_exception = False
        answer = client.get(address(producer, image))
        assert answer.status_code == 500
        assert not answer.streaming
