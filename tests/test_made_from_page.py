"""The owner registers what an image was made from; the producer of that never learns of it."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from sharing import handshake
from sharing.imagedata.exports import acknowledge, take_out
from sharing.imagedata.records import register_parent
from sharing.models import Event, Image, Membership
from tests.factories import MembershipFactory
from tests.imported import imported, queued
from tests.pages import HTMX, read, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(producer, consumer):
    image = imported(producer, name="Golden disk")
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


@pytest.fixture
def image(consumer):
    return imported(consumer, name="Clinic disk")


def place(party, image):
    return reverse("made-from", args=[party.id, image.pk])


def post(party, image, parent, client=None, **kwargs):
    return (client or party.client()).post(place(party, image), {"parent": str(parent)}, **kwargs)


def panel(party, image, client=None):
    answer = (client or party.client()).get(reverse("image", args=[party.id, image.pk]))
    return read(answer).one("#export")


def test_the_answer_is_the_panel_with_trail_and_inherited_limits(producer, consumer, image):
    parent = imported(producer, name="Windows base", properties={"os_type": "windows"})
    MembershipFactory(image=parent, member_id=consumer.id, status="accepted")
    page = read(post(consumer, image, parent.pk, headers=HTMX))
    assert [part["id"] for part in page.all("section")] == ["export"]
    assert page.texts("ol.trail li") == ["Clinic disk", "Windows base"]
    assert "Licence: Windows, inherited from Windows base." in page.words
    assert page.one("button[disabled]").words == "Download"
    assert told(page) == ["Registered as made from “Windows base”."]
    assert not page.all(".made-from")


def test_without_a_script_it_leads_back_to_the_page(consumer, shared, image):
    answer = consumer.client().post(
        place(consumer, image), {"parent": f" {shared.pk.hex.upper()} "}, follow=True
    )
    assert answer.redirect_chain == [(reverse("image", args=[consumer.id, image.pk]), 302)]
    page = read(answer)
    assert told(page) == ["Registered as made from “Golden disk”."]
    assert page.texts("ol.trail li") == ["Clinic disk", "Golden disk"]
    event = Event.objects.latest("pk")
    assert (event.verb, event.owner_id, event.member_id) == ("derived", consumer.id, "")


def test_the_form_is_there_until_something_is_registered(consumer, shared, image):
    form = panel(consumer, image).one(".made-from form")
    assert form["action"] == place(consumer, image)
    assert form.one("label").words.startswith("UUID of the image that it was made from")
    register_parent(image, shared.pk, by=consumer.by)
    assert not panel(consumer, image).all(".made-from")


def test_what_is_registered_stays(consumer, shared, image):
    register_parent(image, shared.pk, by=consumer.by)
    other = queued(consumer)
    for headers in ({}, HTMX):
        with unchanged():
            answer = post(consumer, image, other.pk, headers=headers)
        assert answer.status_code == 409
        assert "is registered already, and stays." in told(read(answer))[0]


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("typed", ["", "junk", "5d912aaa", "\x00", "x" * 5000])
def test_what_is_no_uuid_is_refused_beside_the_field(consumer, image, typed, headers):
    with unchanged():
        answer = post(consumer, image, typed, headers=headers)
    page = read(answer)
    assert answer.status_code == 422
    assert page.one("#export input[name=parent]")["aria-invalid"] == "true"
    assert "open" in page.one("#export .made-from").attributes


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_the_tenant_cannot_see_is_refused_as_what_there_is_not(stranger, shared, headers):
    image = queued(stranger)
    answers = set()
    for parent in (shared.pk, uuid4()):
        with unchanged():
            answer = post(stranger, image, parent, headers=headers)
        page = read(answer)
        assert answer.status_code == 422
        assert page.one("#export input[name=parent]")["value"] == str(parent)
        answers.add(told(page)[0].replace(str(parent), "it"))
    assert answers == {
        f"Made from: it is no image that tenant {stranger.id} owns or that is shared to it."
    }


def test_an_image_is_not_made_from_itself(consumer, image):
    with unchanged():
        answer = post(consumer, image, image.pk)
    assert answer.status_code == 422
    assert told(read(answer)) == ["Made from: that image was made from this one."]


@pytest.mark.parametrize(
    ("caller", "status"),
    [("reader", 403), ("producer", 403), ("stranger", 404), ("anonymous", 302)],
)
def test_only_a_manager_of_the_owner_registers(
    producer, consumer, stranger, shared, image, caller, status
):
    """The producer, to whom the image was shared back, is a member there."""
    MembershipFactory(image=image, member_id=producer.id, status="accepted")
    party = {"producer": producer, "stranger": stranger}.get(caller, consumer)
    client = {"reader": consumer.reader_client(), "anonymous": Client()}.get(caller)
    with unchanged():
        assert post(party, image, shared.pk, client).status_code == status
    if status == 403:
        assert not panel(party, image, client).all(".made-from")


def test_get_is_405(consumer, image):
    with unchanged():
        assert consumer.client().get(place(consumer, image)).status_code == 405


def test_the_producers_pages_hold_no_trace_of_what_a_consumer_made(
    producer, consumer, shared, image
):
    register_parent(image, shared.pk, by=consumer.by)
    another = imported(consumer, name="Clinic disk 2", base_image_ref=shared.pk)
    acknowledge(another, by=consumer.by)
    another.refresh_from_db()
    take_out(another, by=consumer.by)
    handshake.offer(another, ["6120047"], checklist=True, by=consumer.by)

    client, tenant = producer.client(), producer.id
    addresses = [
        *(reverse(name, args=[tenant]) for name in ("inbox", "images", "activity", "help", "new-image")),
        *(reverse(name, args=[tenant, shared.pk]) for name in ("image", "confirm-delete", "confirm-prune")),
        f"{reverse('confirm-withdraw', args=[tenant, shared.pk])}?all=1",
        f"{reverse('images', args=[tenant])}?q=Clinic",
        f"{reverse('images', args=[tenant])}?q={another.pk}",
        f"{reverse('inbox', args=[tenant])}?status=accepted",
    ]  # fmt: skip
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        text = answer.content.decode().replace("Clinic” here", "").replace('value="Clinic"', "")
        for trace in ("Clinic disk", str(image.pk), consumer.manager.email):
            assert trace not in text, address
    for made in (image, another):
        for name in ("image", "data"):
            assert client.get(reverse(name, args=[tenant, made.pk])).status_code == 404
    assert not Image.objects.visible_to(tenant).filter(pk__in=(image.pk, another.pk)).exists()
    arms = Event.objects.seen_by(tenant)
    assert not any(arm.filter(image_id__in=(image.pk, another.pk)).exists() for arm in arms)
    assert Membership.objects.of_owner(tenant).count() == 1
    assert Image.objects.filter(base_image_ref=shared.pk).count() == 2
