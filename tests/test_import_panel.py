"""The import panel of a queued image: how its import stands, for its owner and for its readers."""

import os
import time

import pytest
from django.urls import reverse

from sharing.imagedata import imports, store
from sharing.models import Event, Image, Upload
from tests.factories import ImageFactory, MembershipFactory
from tests.imported import RAW, imported, queued
from tests.pages import HTMX, read

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

HALF = len(RAW) // 2


@pytest.fixture
def image(producer):
    return queued(producer)


@pytest.fixture
def upload(image, producer):
    """Half of `debian.img` arrived, a while ago."""
    upload = imports.begin(image, len(RAW), filename="debian.img", modified=1_700, by=producer.by)
    part = store.part_of(upload.pk)
    part.write_bytes(RAW[:HALF])
    os.utime(part, (time.time() - 60,) * 2)
    return upload


def page_of(party, image, client=None):
    answer = (client or party.client()).get(reverse("image", args=[party.id, image.pk]))
    assert answer.status_code == 200
    return read(answer)


def panel(party, image, client=None):
    return page_of(party, image, client).one("#import")


class TestPanel:
    def test_of_an_image_without_data_takes_a_file(self, producer, image):
        shown = panel(producer, image)
        assert shown.one("#import-title").words == "This image waits for its data"
        assert shown.one("form.choosing")["action"] == reverse(
            "import-data", args=[producer.id, image.pk]
        )
        assert shown["data-uploads"] == reverse("uploads", args=[producer.id, image.pk])
        assert "hx-get" not in shown.attributes

    def test_says_which_format_the_data_must_have(self, producer):
        image = queued(producer, disk_format="vmdk")
        assert "Its format has to be vmdk." in panel(producer, image).words

    def test_of_an_interrupted_import_says_how_far_it_is_and_what_to_do(self, producer, upload):
        shown = panel(producer, upload.image)
        assert shown.one("#import-title").words == "The import was interrupted"
        assert "debian.img: 32.0 KiB of 64.0 KiB arrived." in shown.words
        assert "Choose or drop the same file again to go on" in shown.words
        bar = shown.one(".standing progress")
        assert (bar["value"], bar["max"]) == (str(HALF), str(len(RAW)))
        known = [shown[f"data-{name}"] for name in ("name", "length", "modified")]
        assert known == ["debian.img", str(len(RAW)), "1700"]
        assert "hx-get" not in shown.attributes

    def test_of_an_import_that_moves_says_who_began_it_and_looks_again_by_itself(
        self, producer, upload
    ):
        store.part_of(upload.pk).write_bytes(RAW[:HALF])
        shown = panel(producer, upload.image)
        assert shown.one("#import-title").words == "Its data is arriving"
        assert "Begun by manager@producer.example" in shown.words
        assert shown["hx-trigger"] == "every 2s"

    def test_of_an_import_of_which_nothing_arrived_yet_says_so(self, producer, image):
        imports.begin(image, len(RAW), by=producer.by)
        assert "A file without a name: 0 bytes of 64.0 KiB" in panel(producer, image).words

    def test_of_data_that_is_verified_looks_again_by_itself_and_takes_no_file(
        self, producer, upload
    ):
        Upload.objects.update(settling=True)
        shown = panel(producer, upload.image)
        assert shown.one("#import-title").words == "Verifying its data"
        assert "all 64.0 KiB arrived" in shown.words
        assert shown["hx-trigger"] == "every 2s"
        assert not shown.all("form.choosing")

    def test_tells_why_the_last_file_was_refused_until_another_is_on_its_way(self, producer, image):
        for reason in ("Older.", "This is no disk."):
            Event.objects.create(
                verb="refused", image_id=image.pk, owner_id=producer.id, actor="ada", note=reason
            )
        [message] = panel(producer, image).texts(".message-error")
        assert message.startswith("The last file was refused. This is no disk. Nothing of it was")
        imports.begin(image, 5, by=producer.by)
        assert not panel(producer, image).all(".message-error")

    def test_of_an_image_on_hold_takes_no_file(self, producer, image):
        Image.objects.update(on_hold=True)
        shown = panel(producer, image)
        assert "On hold: it takes no data" in shown.words
        assert not shown.all("form.choosing")

    def test_is_without_controls_for_a_reader_who_sees_how_far_it_is(self, producer, upload):
        shown = panel(producer, upload.image, producer.reader_client())
        assert "32.0 KiB of 64.0 KiB arrived" in shown.words
        assert not shown.all("form")
        assert not shown.all("button")

    def test_tells_a_reader_who_can_import(self, producer, image):
        shown = panel(producer, image, producer.reader_client())
        assert "A manager of your tenant can import it." in shown.words

    def test_is_neither_a_members_nor_on_an_image_that_has_its_data(
        self, producer, consumer, image
    ):
        MembershipFactory(image=image, member_id=consumer.id, status="accepted")
        assert not page_of(consumer, image).all("#import")
        assert not page_of(producer, imported(producer)).all("#import")

    def test_escapes_what_the_file_is_called(self, producer, image):
        imports.begin(image, 5, filename='"><b>x</b>', by=producer.by)
        assert panel(producer, image)["data-name"] == '"><b>x</b>'

    @pytest.mark.parametrize(("fixture", "number"), [("image", 11), ("upload", 9)])
    def test_has_its_number_of_queries(
        self, producer, request, fixture, number, django_assert_num_queries
    ):
        found = request.getfixturevalue(fixture)
        client, image = producer.client(), getattr(found, "image", found)
        with django_assert_num_queries(number):
            page_of(producer, image, client)


def test_an_offer_on_a_queued_image_answers_with_the_members_alone(producer, image):
    image = ImageFactory(owner=producer.tenant, status="queued")
    answer = producer.client().post(
        reverse("offer", args=[producer.id, image.pk]), {"tenant_ids": "1"}, headers=HTMX
    )
    assert not read(answer).all("#import")
