"""The owner lets members export an image, or no longer: the switch on its page."""

import pytest
from django.urls import reverse

from sharing.models import Event, Image
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import HTMX, read, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
REDISTRIBUTABLE = "Redistributable: members that accepted it may take its data out."
NOT = "Not redistributable: only you export it."


@pytest.fixture
def image(producer, consumer):
    image = ImageFactory(owner=producer.tenant)
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


def place(party, image):
    return reverse("redistributable", args=[party.id, image.pk])


def post(party, image, value="1", client=None, **kwargs):
    return (client or party.client()).post(place(party, image), {"value": value}, **kwargs)


def panel(party, image, client=None):
    answer = (client or party.client()).get(reverse("image", args=[party.id, image.pk]))
    return read(answer).one("#export")


@pytest.mark.parametrize(
    ("before", "value", "sentence", "verb", "button"),
    [
        (False, "1", REDISTRIBUTABLE, "opened", "Make it not redistributable"),
        (True, "0", NOT, "closed", "Mark as redistributable"),
    ],
)
class TestSwitch:
    @pytest.fixture(autouse=True)
    def _before(self, image, before):
        Image.objects.update(redistributable=before)

    def test_answers_with_the_panel_in_place(
        self, producer, image, before, value, sentence, verb, button
    ):
        page = read(post(producer, image, value, headers=HTMX))
        assert [part["id"] for part in page.all("section")] == ["export"]
        assert page.one(".redistributable button").words == button
        assert page.one(".redistributable button")["value"] == ("0" if value == "1" else "1")
        assert told(page) == [sentence]
        assert Event.objects.latest("pk").verb == verb

    def test_leads_back_to_the_page_without_a_script(
        self, producer, image, before, value, sentence, verb, button
    ):
        answer = producer.client().post(place(producer, image), {"value": value}, follow=True)
        assert answer.redirect_chain == [(reverse("image", args=[producer.id, image.pk]), 302)]
        assert told(read(answer)) == [sentence]
        assert Image.objects.get().redistributable is (value == "1")

    def test_said_twice_changes_and_records_it_once(
        self, producer, image, before, value, sentence, verb, button
    ):
        post(producer, image, value)
        with unchanged():
            assert post(producer, image, value).status_code == 302


def test_the_page_says_what_it_means(producer, image):
    assert panel(producer, image).one(".redistributable p").words == (
        "Not redistributable. Members use it in this cloud; only you, the owner, may take its data out."
    )
    Image.objects.update(redistributable=True, restriction="Windows")
    assert panel(producer, image).one(".redistributable p").words == (
        "Redistributable. Members that accepted it may download its data and pass it on. What they took stays with "
        "them. The licence goes before that: nobody but an operator exports it."
    )


def test_a_reader_sees_how_it_is_and_no_switch(producer, image):
    client = producer.reader_client()
    shown = panel(producer, image, client)
    assert "Not redistributable: its data is for your tenant." in shown.words
    assert not shown.all("form")
    with unchanged():
        assert post(producer, image, client=client).status_code == 403


def test_a_member_neither_sees_nor_turns_it(consumer, image):
    assert not panel(consumer, image).all("form")
    with unchanged():
        assert post(consumer, image).status_code == 403


def test_to_a_stranger_there_is_no_such_image(stranger, image):
    with unchanged():
        assert post(stranger, image).status_code == 404


@pytest.mark.parametrize("value", ["", "2", "on", "true", "1\x00"])
def test_what_is_neither_yes_nor_no_is_refused(producer, image, value):
    for headers in ({}, HTMX):
        with unchanged():
            answer = post(producer, image, value, headers=headers)
        assert answer.status_code == 422
        assert "Value:" in answer.content.decode()


def test_of_an_image_deleted_meanwhile_is_404(producer, image, monkeypatch):
    Image.objects.all().delete()
    assert post(producer, image).status_code == 404
