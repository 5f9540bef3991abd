"""Whether data may be taken out, told where it is decided: on the image's page and on the offer."""

import pytest
from django.urls import reverse

from sharing.imagedata.exports import CONSIDERATIONS, acknowledge
from sharing.models import Event, Image, Membership
from tests.downloading import address
from tests.factories import MembershipFactory
from tests.imported import imported, queued
from tests.pages import HTMX, read, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
TICKED = {"consideration_1": "on", "consideration_2": "on"}


@pytest.fixture
def image(producer, consumer):
    image = imported(producer, name="Golden disk")
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


@pytest.fixture
def made(consumer, image):
    """The consumer's image, made from the producer's."""
    return imported(consumer, name="Clinic disk", base_image_ref=image.pk)


def panel(party, image, client=None):
    answer = (client or party.client()).get(reverse("image", args=[party.id, image.pk]))
    return read(answer).one("#export")


def why_closed(shown):
    button = shown.one("button[disabled]")
    assert button.words == "Download"
    return shown.one(f"#{button['aria-describedby']}").words


def post(party, image, body=TICKED, **kwargs):
    return party.client().post(reverse("acknowledge", args=[party.id, image.pk]), body, **kwargs)


def test_the_owner_finds_a_link_to_the_data_with_its_size(producer, image):
    for client in (producer.client(), producer.reader_client()):
        link = panel(producer, image, client).one("a.button")
        assert (link.words, link["href"]) == ("Download 64.0 KiB", address(producer, image))
        assert not any(name.startswith("hx-") for name in link.attributes)


def test_a_member_finds_it_where_the_image_is_redistributable(consumer, image):
    assert why_closed(panel(consumer, image)) == (
        "Its owner has not marked it as redistributable, so only the owner exports it. "
        "The owner can mark it as redistributable."
    )
    Image.objects.update(redistributable=True)
    assert panel(consumer, image).one("a.button")["href"] == address(consumer, image)
    assert not panel(consumer, image).all("form")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"on_hold": True}, "An operator put this image on hold. An operator can release it."),
        ({"data": ""}, "Its data is in the cloud's image service, not in Proffer."),
        ({"status": "deactivated"}, "This image is deactivated."),
    ],
)
def test_a_closed_button_says_why_and_who_can_change_that(producer, image, fields, reason):
    Image.objects.update(**fields)
    assert why_closed(panel(producer, image)).startswith(reason)


def test_an_image_without_data_says_so(producer):
    assert why_closed(panel(producer, queued(producer))).startswith("This image has no data yet.")


def test_a_pending_member_is_told_to_accept_first(consumer, image):
    Membership.objects.update(status="pending")
    assert why_closed(panel(consumer, image)).endswith("You can accept it in your inbox.")


def test_the_licence_is_named_with_the_image_that_it_comes_from(producer, consumer):
    parent = imported(producer, name="Windows base", properties={"os_type": "windows"})
    child = imported(producer, base_image_ref=parent.pk)
    grandchild = imported(producer, base_image_ref=child.pk)
    assert panel(producer, parent).one(".licence").words.startswith("Licence: Windows. ")
    for image in (child, grandchild):
        licence = panel(producer, image).one(".licence")
        assert licence.words.startswith("Licence: Windows, inherited from Windows base. ")
        assert licence.one("a")["href"] == reverse("image", args=[producer.id, parent.pk])
        assert why_closed(panel(producer, image)).endswith("Only an operator can export it.")
    MembershipFactory(image=grandchild, member_id=consumer.id, status="accepted")
    unseen = panel(consumer, grandchild)
    assert unseen.one(".licence .mono").words == str(parent.pk)
    assert "Windows base" not in unseen.words


def test_an_image_without_a_restriction_names_no_licence(producer, image):
    assert not panel(producer, image).all(".licence")


class TestConsiderations:
    def test_are_shown_before_the_first_export(self, consumer, made):
        shown = panel(consumer, made)
        assert why_closed(shown).startswith("This image was made from one that was shared to you")
        assert shown.texts("fieldset label") == list(CONSIDERATIONS)
        assert not shown.all("input[checked]")

    def test_open_the_button_in_place(self, consumer, made):
        answer = post(consumer, made, headers=HTMX)
        page = read(answer)
        assert answer.status_code == 200
        assert [part["id"] for part in page.all("section")] == ["export"]
        assert page.one("a.button")["href"] == address(consumer, made)
        assert not page.all("fieldset")
        assert consumer.manager.email in page.words
        assert told(page) == ["Recorded that you considered both."]

    def test_open_it_without_a_script(self, consumer, made):
        answer = post(consumer, made)
        assert answer.status_code == 302
        assert answer["Location"] == reverse("image", args=[consumer.id, made.pk])
        assert panel(consumer, made).all("a.button")
        assert Event.objects.latest("pk").verb == "acknowledged"

    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize(
        "body", [{}, {"consideration_1": "on"}, {"consideration_2": "on"}, {"all": "on"}]
    )
    def test_are_both_to_be_ticked(self, consumer, made, body, headers):
        with unchanged():
            answer = post(consumer, made, body, headers=headers)
        page = read(answer)
        assert answer.status_code == 422
        boxes = {name: page.one(f"#export input[name={name}]") for name in TICKED}
        assert {n for n, box in boxes.items() if "checked" in box.attributes} == {*body} & {*TICKED}
        missing = [n for n, box in boxes.items() if box.attributes.get("aria-invalid") == "true"]
        assert missing == [name for name in TICKED if name not in body]
        assert "Consider this before you export it." in page.words

    def test_are_for_a_manager_to_acknowledge(self, consumer, made):
        client = consumer.reader_client()
        with unchanged():
            answer = client.post(reverse("acknowledge", args=[consumer.id, made.pk]), TICKED)
        assert answer.status_code == 403
        shown = panel(consumer, made, client)
        assert not shown.all("form")
        assert "A manager of your tenant can acknowledge them." in shown.words

    def test_are_not_asked_of_what_is_the_tenants_own_down_to_the_root(self, producer, image):
        child = imported(producer, base_image_ref=image.pk)
        assert panel(producer, child).all("a.button")

    def test_that_were_acknowledged_are_told_with_name_and_time(self, consumer, made):
        acknowledge(made, by=consumer.by)
        words = panel(consumer, made).words
        assert f"Considerations acknowledged by {consumer.manager.email} on" in words


@pytest.mark.parametrize(
    ("party", "status"), [("producer", 403), ("stranger", 404), ("anonymous", 302)]
)
def test_nobody_else_acknowledges(
    request, client, producer, stranger, consumer, made, party, status
):
    """The producer, to whom the image was shared back, is a member there."""
    MembershipFactory(image=made, member_id=producer.id, status="accepted")
    caller = None if party == "anonymous" else request.getfixturevalue(party)
    place = reverse("acknowledge", args=[caller.id if caller else consumer.id, made.pk])
    with unchanged():
        answer = (caller.client() if caller else client).post(place, TICKED)
    assert answer.status_code == status


class TestOffer:
    """What a consumer reads before it accepts."""

    @pytest.fixture(autouse=True)
    def _pending(self, image):
        Membership.objects.update(status="pending")

    def lines(self, party, image):
        inbox = read(party.client().get(reverse("inbox", args=[party.id])))
        page = read(party.client().get(reverse("image", args=[party.id, image.pk])))
        return inbox.one("article .prospect").words, page.one("#membership .prospect").words

    def test_says_that_the_data_can_be_taken_out(self, consumer, image):
        Image.objects.update(redistributable=True)
        for line in self.lines(consumer, image):
            assert line.startswith(
                "Export: after accepting you may download its data and pass it on."
            )

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({}, "Its owner has not marked it as redistributable"),
            ({"restriction": "Windows"}, "Restricted by a licence (Windows"),
            ({"redistributable": True, "data": ""}, "Its data is in the cloud's image service"),
        ],
    )
    def test_says_that_it_cannot_and_why(self, consumer, image, fields, reason):
        Image.objects.update(**fields)
        for line in self.lines(consumer, image):
            assert line.startswith("Export: you will not be able to take its data out. " + reason)

    def test_says_who_pays_and_where_it_can_be_used(self, consumer, image, settings):
        for line in self.lines(consumer, image):
            assert line.endswith("Only its owner is charged for the storage.")
        settings.REGION = "eu-north"
        for line in self.lines(consumer, image):
            assert line.endswith("It can be used within region eu-north only.")

    @pytest.mark.parametrize("status", ["accepted", "rejected"])
    def test_that_was_answered_says_no_more_of_it(self, consumer, image, status):
        Membership.objects.update(status=status)
        inbox = consumer.client().get(reverse("inbox", args=[consumer.id]), {"status": status})
        assert len(read(inbox).all("article")) == 1
        assert not read(inbox).all(".prospect")

    def test_stands_before_the_buttons(self, consumer, image):
        page = consumer.client().get(reverse("image", args=[consumer.id, image.pk]))
        text = read(page).one("#membership").words
        assert text.index("Export:") < text.index("Accept")
