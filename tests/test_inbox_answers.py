"""Accept, reject, decide later and undo in the inbox: one offer and many, by htmx and by plain form."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import Image, Membership
from tests.factories import ImageFactory
from tests.pages import HTMX, read, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values
STATUS_OF = {"accept": "accepted", "reject": "rejected", "postpone": "pending"}
UNDO_OF = {status: verb for verb, status in STATUS_OF.items()}
CHANGES = [(tab, verb) for tab in STATUSES for verb in STATUS_OF if STATUS_OF[verb] != tab]
FROM_IMAGE = {"from_image": "1"}
GONE = "This offer was withdrawn meanwhile. Nothing was changed."
PART_GONE = "Withdrawn meanwhile: 1 of these offers. The others are answered."


@pytest.fixture
def three(producer, consumer):
    names = ("first", "second", "third")
    images = [ImageFactory(owner=producer.tenant, name=name) for name in names]
    for image in images:
        handshake.offer(image, [consumer.id], by=producer.by)
    return list(Membership.objects.order_by("pk"))


@pytest.fixture
def client(consumer):
    return consumer.client()


@pytest.fixture
def answer(client, consumer):
    def post(verb, *offers, tab="pending", also=(), **how):
        data = {"offer": [offer.pk for offer in offers], "tab": tab, **dict(also)}
        return client.post(reverse(verb, args=[consumer.id]), data, **how)

    return post


def statuses(*offers):
    return [Membership.objects.get(pk=offer.pk).status for offer in offers]


class TestByHtmx:
    @pytest.mark.parametrize(("tab", "verb"), CHANGES)
    def test_an_answered_card_folds_into_a_line_with_undo(self, three, answer, consumer, tab, verb):
        Membership.objects.update(status=tab)
        [offer, *others] = three

        page = read(answer(verb, offer, tab=tab, headers=HTMX))

        assert statuses(offer, *others) == [STATUS_OF[verb], tab, tab]
        line = page.one("article")
        assert (line["id"], line["hx-swap-oob"]) == (f"offer-{offer.pk}", "true")
        assert line.words == f"{STATUS_OF[verb].capitalize()} first from 4471021 Undo"
        assert line.one("form")["hx-post"] == reverse(UNDO_OF[tab], args=[consumer.id])
        assert line.one("input[name=tab]")["value"] == tab

    @pytest.mark.parametrize(("tab", "verb"), CHANGES)
    def test_undo_brings_the_card_back_whole(self, three, answer, tab, verb, client):
        Membership.objects.update(status=tab)
        line = read(answer(verb, three[0], tab=tab, headers=HTMX)).one("article")
        fields = {field["name"]: field["value"] for field in line.all("input")}

        page = read(client.post(line.one("form")["action"], fields, headers=HTMX))

        assert statuses(three[0]) == [tab]
        card = page.one("article")
        assert (card["id"], card["hx-swap-oob"]) == (f"offer-{three[0].pk}", "true")
        assert "folded" not in card["class"]
        assert card.one("h2").words == "first"
        assert len(card.all("form button")) == 2

    def test_the_badge_and_the_messages_come_along(self, three, answer):
        page = read(answer("accept", three[0], headers=HTMX))

        assert page.one("#inbox-badge").words == "2 waiting"
        assert page.one("#inbox-badge")["hx-swap-oob"] == "true"
        assert page.one("#messages")["hx-swap-oob"] == "innerHTML"
        assert not page.all("html")

    def test_many_are_answered_at_once(self, three, answer):
        page = read(answer("accept", *three, headers=HTMX))

        assert statuses(*three) == ["accepted"] * 3
        assert {card["id"] for card in page.all("article.folded")} == {
            f"offer-{o.pk}" for o in three
        }
        assert page.one("#inbox-badge").words == ""

    def test_an_offer_withdrawn_meanwhile_becomes_a_line_that_says_so(
        self, three, answer, producer
    ):
        handshake.withdraw(three[0].image, None, by=producer.by)

        with unchanged():
            refused = answer("accept", three[0], headers=HTMX)

        page = read(refused)
        assert refused.status_code == 409
        assert page.one(f"#offer-{three[0].pk}").words == "This offer was withdrawn meanwhile."
        assert told(page) == [GONE]

    def test_those_that_still_stand_are_answered_and_the_others_named(
        self, three, answer, producer
    ):
        handshake.withdraw(three[0].image, None, by=producer.by)

        page = read(answer("accept", *three, headers=HTMX))

        assert statuses(*three[1:]) == ["accepted", "accepted"]
        assert page.one(f"#offer-{three[0].pk}").words == "This offer was withdrawn meanwhile."
        assert len(page.all("article")) == 3
        assert told(page) == [PART_GONE]

    def test_from_the_images_own_page_the_answer_has_an_undo_too(self, three, answer, consumer):
        page = read(answer("accept", three[0], also=FROM_IMAGE, headers=HTMX))

        assert statuses(three[0]) == ["accepted"]
        assert page.one("article form")["action"] == reverse("postpone", args=[consumer.id])


class TestWithoutJavaScript:
    @pytest.mark.parametrize(("tab", "verb"), CHANGES)
    def test_an_answer_leads_back_to_its_tab_with_what_it_answered(
        self, three, answer, consumer, tab, verb, client
    ):
        Membership.objects.update(status=tab)

        led = answer(verb, three[0], tab=tab)

        address = urlsplit(led["Location"])
        assert (led.status_code, address.path) == (302, reverse("inbox", args=[consumer.id]))
        assert parse_qs(address.query) == {"status": [tab], "answered": [str(three[0].pk)]}
        page = read(client.get(led["Location"]))
        assert page.texts("article.folded strong") == ["first"]
        assert page.texts("#offers h2") == ["third", "second"]
        undo = page.one("article.folded form")
        assert (undo["method"], undo["action"]) == (
            "post",
            reverse(UNDO_OF[tab], args=[consumer.id]),
        )

    @pytest.mark.parametrize(("tab", "verb"), CHANGES)
    def test_undo_brings_the_card_back(self, three, answer, tab, verb, client):
        Membership.objects.update(status=tab)
        form = read(client.get(answer(verb, three[0], tab=tab)["Location"])).one(
            "article.folded form"
        )

        led = client.post(
            form["action"], {field["name"]: field["value"] for field in form.all("input")}
        )

        page = read(client.get(led["Location"]))
        assert statuses(three[0]) == [tab]
        assert page.texts("#offers h2") == ["third", "second", "first"]
        assert not page.all("article.folded")

    def test_many_are_answered_at_once(self, three, answer, client):
        page = read(client.get(answer("reject", *three)["Location"]))

        assert statuses(*three) == ["rejected"] * 3
        assert sorted(page.texts("article.folded strong")) == ["first", "second", "third"]

    def test_an_offer_withdrawn_meanwhile_shows_the_fresh_inbox_and_says_so(
        self, three, answer, producer
    ):
        handshake.withdraw(three[0].image, None, by=producer.by)

        with unchanged():
            refused = answer("accept", three[0])

        page = read(refused)
        assert refused.status_code == 409
        assert told(page) == [GONE]
        assert page.texts("article h2") == ["third", "second"]

    def test_those_that_still_stand_are_answered(self, three, answer, producer, client):
        handshake.withdraw(three[0].image, None, by=producer.by)

        page = read(client.get(answer("accept", *three)["Location"]))

        assert statuses(*three[1:]) == ["accepted", "accepted"]
        assert told(page) == [PART_GONE]
        assert sorted(page.texts("article.folded strong")) == ["second", "third"]

    @pytest.mark.parametrize(
        ("verb", "page", "status"),
        [("accept", "image", ""), ("postpone", "image", ""), ("reject", "inbox", "pending")],
    )
    def test_an_answer_on_the_images_page_leads_back_to_it_unless_it_is_seen_no_more(
        self, three, answer, consumer, verb, page, status, client
    ):
        args = [consumer.id, three[0].image_id] if page == "image" else [consumer.id]

        address = urlsplit(answer(verb, three[0], also=FROM_IMAGE)["Location"])

        assert address.path == reverse(page, args=args)
        assert parse_qs(address.query).get("status", [""]) == [status]
        assert client.get(address.geturl()).status_code == 200

    def test_an_offer_that_is_withdrawn_right_after_the_answer_leads_to_the_inbox(
        self, three, answer, producer, consumer, monkeypatch
    ):
        answered = handshake.answer

        def then_withdrawn(*args, **kwargs):
            done = answered(*args, **kwargs)
            handshake.withdraw(three[0].image, None, by=producer.by)
            return done

        monkeypatch.setattr(handshake, "answer", then_withdrawn)

        address = urlsplit(answer("accept", three[0], also=FROM_IMAGE)["Location"])
        assert address.path == reverse("inbox", args=[consumer.id])


def test_an_offer_made_again_is_not_answered_by_the_old_card(three, answer, producer, consumer):
    handshake.withdraw(three[0].image, None, by=producer.by)
    handshake.offer(three[0].image, [consumer.id], by=producer.by)

    with unchanged():
        assert answer("accept", three[0], headers=HTMX).status_code == 409


def test_answering_twice_is_harmless(three, answer):
    answer("accept", three[0])

    with unchanged():
        assert answer("accept", three[0]).status_code == 302


def test_an_image_on_hold_keeps_its_offers_and_they_are_answered(three, answer):
    Image.objects.update(on_hold=True)

    answer("accept", three[0])

    assert statuses(three[0]) == ["accepted"]
