"""The checklist before the first offer of an image: asked once for its data, recorded, asked again for new data."""

import pytest
from django.urls import reverse
from django.utils import timezone

from sharing import handshake
from sharing.checklist import ITEMS
from sharing.models import Event, Image, Membership
from tests.factories import ImageFactory
from tests.pages import HTMX, read
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
HOW = pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])
CONFIRMED = dict.fromkeys(ITEMS, "on")


@pytest.fixture
def image(producer):
    return ImageFactory(
        owner=producer.tenant,
        checklist_confirmed_at=None,
        checklist_confirmed_by="",
        checklist_checksum="",
    )


@pytest.fixture
def offer(producer, image):
    client = producer.client()

    shown = image.checksum

    def post(ids, how=None, **typed):
        address = reverse("offer", args=[producer.id, image.pk])
        data = {"tenant_ids": ids, "checksum": shown, **typed}
        return client.post(address, data, **(how or {}))

    return post


def asked(page):
    return page.texts(".checklist .check label")


def show(party, image):
    return read(party.client().get(reverse("image", args=[party.id, image.pk])))


def test_the_first_offer_asks_for_each_line_and_names_the_data(producer, image):
    page = show(producer, image)

    assert [line.rstrip(":") for line in asked(page)] == list(ITEMS.values())
    assert image.checksum in page.one(".checklist legend").words
    assert "every consumer sees them" in page.one(".checklist").words
    assert "The owner has not confirmed the checklist for this data." in page.words


@HOW
def test_who_confirmed_when_and_for_which_checksum_is_recorded(offer, producer, image, how):
    answer = offer("1", how, **CONFIRMED)

    assert answer.status_code == (200 if how else 302)
    image.refresh_from_db()
    assert image.checklist_confirmed_by == producer.manager.email
    assert (timezone.now() - image.checklist_confirmed_at).total_seconds() < 60
    assert image.checklist_checksum == image.checksum
    assert set(Event.objects.values_list("verb", "actor")) == {
        ("confirmed", producer.manager.email), ("offered", producer.manager.email),
    }  # fmt: skip
    assert producer.manager.email in show(producer, image).one(".checklist-confirmed").words


def test_it_is_asked_once(offer, producer, image):
    offer("1", **CONFIRMED)

    assert asked(show(producer, image)) == []
    with_no_box_ticked = offer("2")
    assert with_no_box_ticked.status_code == 302
    assert Membership.objects.count() == 2
    assert Event.objects.filter(verb="confirmed").count() == 1


@HOW
@pytest.mark.parametrize("left_out", [*ITEMS, "all"])
def test_a_line_left_out_refuses_the_offer_and_keeps_what_was_typed(offer, left_out, how):
    ticked = {} if left_out == "all" else {name: "on" for name in ITEMS if name != left_out}

    with unchanged():
        answer = offer("1, 2", how, note="As agreed.", **ticked)

    page = read(answer)
    assert answer.status_code == 422
    assert set(page.texts(".errorlist")) == {"Confirm this before the first offer."}
    assert len(page.all(".errorlist")) == len(ITEMS) - len(ticked)
    assert page.one("textarea[name=tenant_ids]").words == "1, 2"
    assert page.one("textarea[name=note]").words == "As agreed."
    boxes = page.all(".checklist input")
    assert {box["name"] for box in boxes if "checked" in box.attributes} == set(ticked)


@HOW
def test_it_is_asked_again_when_the_data_changed(offer, producer, image, how):
    offer("1", **CONFIRMED)
    Image.objects.update(checksum="0" * 32)

    assert len(asked(show(producer, image))) == len(ITEMS)
    with unchanged():
        assert offer("2", how).status_code == 422
    with unchanged():
        assert offer("2", how, **CONFIRMED).status_code == 422, "it was confirmed for other data"
    offer("2", how, **CONFIRMED, checksum="0" * 32)

    assert Image.objects.get().checklist_checksum == "0" * 32
    assert Membership.objects.count() == 2


@HOW
def test_data_that_changed_since_the_form_was_shown_is_asked_for_at_once(offer, monkeypatch, how):
    offer("1", **CONFIRMED)
    offering = handshake.offer

    def meanwhile(*args, **kwargs):
        Image.objects.update(checksum="0" * 32)
        return offering(*args, **kwargs)

    monkeypatch.setattr(handshake, "offer", meanwhile)

    answer = offer("2", how)

    assert answer.status_code == 422
    assert Membership.objects.count() == 1
    page = read(answer)
    assert len(asked(page)) == len(ITEMS)
    assert page.one("textarea[name=tenant_ids]").words == "2"


def test_a_refused_offer_records_no_confirmation(offer, settings):
    settings.MEMBER_QUOTA = 1

    with unchanged():
        assert offer("1 2", **CONFIRMED).status_code == 422


def test_the_consumer_sees_what_was_confirmed(offer, consumer, image):
    offer(consumer.id, **CONFIRMED)

    for name, args in (("inbox", [consumer.id]), ("image", [consumer.id, image.pk])):
        confirmed = read(consumer.client().get(reverse(name, args=args))).one(
            ".checklist-confirmed"
        )
        assert confirmed.texts("li") == list(ITEMS.values())
        assert "Confirmed by manager@producer.example on" in confirmed.words
