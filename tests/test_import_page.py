"""The two forms of a queued image: import a file, and cancel an import."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sharing.imagedata import imports, store
from sharing.imagedata.intake import arrived
from sharing.models import Image, Upload
from tests.disks import qcow2
from tests.factories import MembershipFactory
from tests.imported import RAW, imported, queued
from tests.pages import read, told
from tests.refusals import unchanged

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

HALF = len(RAW) // 2
VERBS = ("import-data", "cancel-import")


@pytest.fixture
def image(producer):
    return queued(producer)


@pytest.fixture
def upload(image, producer):
    """Half of `debian.img` arrived."""
    upload = imports.begin(image, len(RAW), filename="debian.img", modified=1_700, by=producer.by)
    store.part_of(upload.pk).write_bytes(RAW[:HALF])
    return upload


def page_of(party, image, client=None):
    answer = (client or party.client()).get(reverse("image", args=[party.id, image.pk]))
    assert answer.status_code == 200
    return read(answer)


def send(party, name, image, client=None, **fields):
    return (client or party.client()).post(reverse(name, args=[party.id, image.pk]), fields)


def disk(data=RAW, name="debian.img"):
    return SimpleUploadedFile(name, data)


class TestImport:
    def test_takes_the_file_of_a_form_and_shows_the_image(self, producer, image):
        client = producer.client()
        answer = send(producer, "import-data", image, client, file=disk())
        assert answer["Location"] == reverse("image", args=[producer.id, image.pk])
        assert told(page_of(producer, image, client)) == [
            "debian.img: imported, verified and stored."
        ]
        image.refresh_from_db()
        assert (image.status, image.size) == ("active", len(RAW))

    def test_begins_anew_because_a_file_of_the_same_name_and_length_may_be_another(
        self, producer, image
    ):
        upload = imports.begin(image, len(RAW), filename="debian.img", by=producer.by)
        store.part_of(upload.pk).write_bytes(RAW[:HALF])
        send(producer, "import-data", image, file=disk(RAW[::-1]))
        image.refresh_from_db()
        assert b"".join(store.image_store().stream(image.data, 0, image.size)) == RAW[::-1]

    def test_says_that_data_is_still_verified_where_a_task_does_it(
        self, producer, image, monkeypatch
    ):
        monkeypatch.setattr("sharing.imagedata.store.LocalImages.is_local", lambda self: False)
        monkeypatch.setattr("sharing.imagedata.imports.settle_later", _Later)
        client = producer.client()
        send(producer, "import-data", image, client, file=disk())
        page = page_of(producer, image, client)
        assert told(page) == ["debian.img: all of it arrived."]
        assert page.one("#import-title").words == "Verifying its data"

    def test_of_data_that_is_refused_says_why_once(self, producer):
        image = queued(producer, disk_format="raw")
        answer = send(producer, "import-data", image, file=disk(qcow2()))
        assert answer.status_code == 422
        page = read(answer)
        assert "its content is qcow2" in page.one("#import .message-error").words
        assert told(page) == []
        image.refresh_from_db()
        assert (image.status, image.data) == ("queued", "")
        assert not Upload.objects.exists()

    def test_of_another_file_than_the_one_on_its_way_is_refused(self, producer, upload):
        with unchanged():
            answer = send(producer, "import-data", upload.image, file=disk(name="other.img"))
        assert answer.status_code == 409
        [message] = told(read(answer))
        assert message.startswith("Another file is on its way to this image: debian.img")
        assert arrived(store.part_of(upload.pk)) == HALF

    @pytest.mark.parametrize("fields", [{}, {"file": ""}, {"file": disk(b"")}, {"other": disk()}])
    def test_of_no_file_is_refused(self, producer, image, fields):
        with unchanged():
            answer = send(producer, "import-data", image, **fields)
        assert answer.status_code == 422
        assert "Disk image:" in read(answer).one("#error").words

    def test_of_an_image_that_has_its_data_is_refused(self, producer):
        image = imported(producer)
        with unchanged():
            answer = send(producer, "import-data", image, file=disk())
        assert answer.status_code == 409
        assert "data never changes" in told(read(answer))[0]


class _Later:
    @staticmethod
    def enqueue(*_args):
        """Runs when the worker finds the time."""


class TestCancel:
    def test_forgets_what_arrived_and_leaves_the_image_queued(self, producer, upload):
        client = producer.client()
        answer = send(producer, "cancel-import", upload.image, client)
        assert answer["Location"] == reverse("image", args=[producer.id, upload.image_id])
        page = page_of(producer, upload.image, client)
        assert told(page) == ["The import is cancelled. What had arrived is gone; the image stays."]
        assert page.one("#import-title").words == "This image waits for its data"
        assert not Upload.objects.exists()
        assert arrived(store.part_of(upload.pk)) == 0

    def test_of_what_ended_already_changes_nothing(self, producer, image):
        with unchanged():
            assert send(producer, "cancel-import", image).status_code == 302


class TestCallers:
    @pytest.mark.parametrize("verb", VERBS)
    def test_a_member_and_a_reader_are_refused(self, producer, consumer, upload, verb):
        MembershipFactory(image=upload.image, member_id=consumer.id, status="accepted")
        with unchanged():
            for party, client in ((consumer, None), (producer, producer.reader_client())):
                answer = send(party, verb, upload.image, client, file=disk())
                assert answer.status_code == 403

    @pytest.mark.parametrize("verb", VERBS)
    def test_a_stranger_and_a_missing_image_are_404(self, producer, stranger, upload, verb):
        with unchanged():
            for party, image in ((stranger, upload.image), (producer, Image(pk=uuid4()))):
                assert send(party, verb, image, file=disk()).status_code == 404

    @pytest.mark.parametrize("verb", VERBS)
    def test_whoever_is_not_signed_in_signs_in(self, producer, upload, verb):
        with unchanged():
            answer = send(producer, verb, upload.image, Client(), file=disk())
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/")

    @pytest.mark.parametrize("verb", VERBS)
    def test_looking_at_a_verb_shows_that_it_acts(self, producer, upload, verb):
        with unchanged():
            answer = producer.client().get(reverse(verb, args=[producer.id, upload.image_id]))
        assert answer.status_code == 405

    @pytest.mark.parametrize("path", ["import/", "import/cancel/"])
    def test_a_malformed_id_is_no_address(self, producer, path):
        answer = producer.client().post(f"/t/{producer.id}/images/no-uuid/{path}")
        assert answer.status_code == 404
