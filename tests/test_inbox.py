"""The consumer's inbox: what its tabs list, and what a card tells before the answer."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from sharing import handshake
from sharing.checklist import ITEMS
from sharing.models import Image, ImageTag, Membership
from sharing.paging import PAGE_SIZE
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import facts, read

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values
PARENT = UUID("6b7ff62e-6a71-4f6d-8b0a-9fcb04c1d6a4")


def inbox(party, status="", **query):
    query = {"status": status, **query} if status else query
    answer = party.client().get(reverse("inbox", args=[party.id]), query)
    assert answer.status_code == 200
    return read(answer)


def offered(producer, consumer, name="debian-12", status="pending", note="", **image):
    image = ImageFactory(owner=producer.tenant, name=name, **image)
    return MembershipFactory(image=image, member_id=consumer.id, status=status, note=note)


class TestTabs:
    @pytest.fixture(autouse=True)
    def one_of_each(self, producer, consumer, stranger):
        for status in STATUSES:
            offered(producer, consumer, name=f"{status} one", status=status)
            offered(producer, stranger, name=f"a stranger's {status} one", status=status)

    @pytest.mark.parametrize("status", STATUSES)
    def test_each_lists_the_tenants_own_offers_of_its_status(self, consumer, status):
        page = inbox(consumer, status)

        assert page.texts("article h2") == [f"{status} one"]
        assert page.texts(".tabs a[aria-current=page]") == [status.capitalize()]

    def test_pending_is_the_first(self, consumer):
        assert inbox(consumer).texts("article h2") == ["pending one"]
        assert inbox(consumer).texts(".tabs a") == ["Pending", "Accepted", "Rejected"]

    def test_a_reader_sees_the_offers_and_no_button(self, consumer):
        answer = consumer.reader_client().get(reverse("inbox", args=[consumer.id]))

        main = read(answer).one("main")
        assert main.texts("article h2") == ["pending one"]
        assert main.all("form") == main.all("input") == []
        assert {button["class"] for button in main.all("button")} == {"copy"}
        assert "Reader of 5083310: sees everything, changes nothing." in main.words

    @pytest.mark.parametrize(
        ("status", "buttons"),
        [
            ("pending", ["Accept", "Reject"]),
            ("accepted", ["Leave", "Decide later"]),
            ("rejected", ["Accept", "Decide later"]),
        ],
    )
    def test_a_card_has_the_answers_that_change_something(self, consumer, status, buttons):
        page = inbox(consumer, status)

        assert page.texts("article form button") == buttons
        assert page.one("article form")["method"] == "post"
        told = "What you made from the image stays yours." in page.one("article").words
        assert told == (status == "accepted")


def test_the_newest_offer_comes_first(producer, consumer):
    for name in ("first", "second", "third"):
        offered(producer, consumer, name=name)

    assert inbox(consumer).texts("article h2") == ["third", "second", "first"]


@pytest.mark.parametrize(
    ("status", "what_for"),
    [
        (
            "pending",
            "No offer waits for your answer. A producer offers you an image by your tenant ID.",
        ),
        ("accepted", "You have accepted no image. What you accept stays here,"),
        (
            "rejected",
            "You have rejected no image. What you reject stays here until its owner prunes it",
        ),
    ],
)
def test_an_empty_tab_says_what_it_is_for(consumer, status, what_for):
    page = inbox(consumer, status)

    assert page.one(".empty").words.startswith(what_for)
    assert not page.all("#bulk")
    if status == "pending":
        assert f"Send it yours: {consumer.id}." in page.one(".empty").words
        assert page.one(".empty a")["href"] == f"/t/{consumer.id}/help/#tenant-id"


class TestCard:
    @pytest.fixture
    def membership(self, producer, consumer):
        producer.tenant.contact = "images@producer.example"
        producer.tenant.support_note = "Weekdays; best effort."
        producer.tenant.save()
        membership = offered(
            producer, consumer, note="As agreed.\nSay when it boots.", base_image_ref=PARENT,
            properties={"os_distro": "debian", "os_version": "12", "image_type": "snapshot"},
            created_at=timezone.now() - timedelta(days=15), min_disk=10, min_ram=512,
        )  # fmt: skip
        ImageTag.objects.create(image=membership.image, name="gold")
        return membership

    @pytest.fixture
    def card(self, consumer, membership):
        def as_it_is_now():
            membership.refresh_from_db()
            return inbox(consumer, membership.status).one(f"#offer-{membership.pk}")

        return as_it_is_now

    @pytest.mark.parametrize(
        ("fact", "said"),
        [
            ("System", "debian 12"),
            ("Size", "94.9 MiB, qcow2"),
            ("Source", "snapshot of an image you cannot see"),
            ("Needs", "10 GiB disk, 512 MiB RAM"),
            ("Checksum (MD5)", "95376952c78a565c99a10659d6b1b8c3"),
            ("Tags", "gold"),
            ("Contact", "images@producer.example"),
            ("Support", "Weekdays; best effort."),
        ],
    )
    def test_tells_the_facts(self, card, fact, said):
        assert facts(card())[fact] == said

    def test_tells_who_offers_when_and_their_note(self, card):
        assert "from 4471021, offered " in card().one("header").words
        assert card().one("header time")["datetime"].startswith(f"{timezone.now():%Y-%m-%d}")
        assert card().one(".note").words == "As agreed. Say when it boots."

    def test_tells_the_age_of_the_image(self, card):
        assert facts(card())["Made"].endswith("(2 weeks ago)")

    def test_tells_that_the_owner_confirmed_the_checklist_who_when_and_for_what(self, card):
        confirmed = card().one(".checklist-confirmed")

        assert confirmed.texts("li") == list(ITEMS.values())
        assert "Confirmed by manager@producer.example on " in confirmed.words
        assert "for checksum 95376952c78a565c99a10659d6b1b8c3." in confirmed.words

    def test_tells_that_the_checklist_is_not_confirmed_for_this_data(self, card):
        Image.objects.update(checksum="0" * 32)

        assert "The owner has not confirmed the checklist for this data." in card().words
        assert not card().all(".checklist-confirmed")

    def test_links_what_the_image_was_made_from_where_the_tenant_sees_it(self, card, consumer):
        parent = ImageFactory(id=PARENT, owner=consumer.tenant, name="my base")

        assert facts(card())["Source"] == "snapshot of my base"
        assert card().one("dd a")["href"] == reverse("image", args=[consumer.id, parent.pk])

    @pytest.mark.parametrize("status", [None, "rejected"], ids=["not a member", "rejected"])
    def test_does_not_name_what_it_was_made_from_where_the_tenant_does_not(
        self, card, consumer, status
    ):
        parent = ImageFactory(id=PARENT, name="their secret base")
        if status:
            MembershipFactory(image=parent, member_id=consumer.id, status=status)

        assert facts(card())["Source"] == "snapshot of an image you cannot see"
        assert str(PARENT) not in str(card())
        assert "secret" not in str(card())

    def test_of_a_rejected_offer_is_the_summary_alone(self, card, membership):
        Membership.objects.update(status="rejected", answered_at=timezone.now())

        assert list(facts(card())) == ["System", "Size", "Contact", "Support"]
        assert not card().all("a")
        assert not card().all(".checklist-confirmed")
        # To change its mind by command it has to name the image; nothing else of the card does.
        commands = "".join(button["data-copy"] for button in card().all(".commands button.copy"))
        named = commands.count(str(membership.image_id))
        assert named == 2
        assert str(card()).count(str(membership.image_id)) == 2 * named

    def test_marks_an_image_on_hold(self, card):
        Image.objects.update(on_hold=True)

        assert card().texts("header .status") == ["Pending", "On hold"]

    def test_tells_since_when_it_was_answered(self, card, membership, consumer):
        handshake.answer([membership.pk], "accepted", by=consumer.by)

        assert ", accepted since " in card().one("header").words


def test_an_image_without_facts_has_a_card_all_the_same(producer, consumer):
    offered(producer, consumer, name="", size=0, checksum="", disk_format="", status="pending")

    card = inbox(consumer).one("article")
    assert card.one("h2").words == str(Membership.objects.get().image_id)
    assert facts(card) == {"Size": "no data yet", "Source": "import", "Made": facts(card)["Made"]}


class TestPages:
    @pytest.fixture(autouse=True)
    def sixty(self, producer, consumer):
        for n in range(60):
            offered(producer, consumer, name=f"image {n}")

    def names(self, page):
        return page.texts("article h2")

    def test_lead_forwards_and_back_through_all_offers(self, consumer):
        expected = [f"image {n}" for n in reversed(range(60))]
        client, first = consumer.client(), inbox(consumer)
        pages, address = [first], reverse("inbox", args=[consumer.id])
        for way in ("next", "next", "prev", "prev"):
            pages.append(read(client.get(address + pages[-1].one(f".pager a[rel={way}]")["href"])))

        assert [name for page in pages[:3] for name in self.names(page)] == expected
        assert [self.names(page) for page in pages[3:]] == [
            self.names(page) for page in pages[1::-1]
        ]
        assert (not first.all("a[rel=prev]"), not pages[2].all("a[rel=next]")) == (True, True)
        assert len(self.names(first)) == PAGE_SIZE

    def test_of_a_tab_stay_on_the_tab(self, consumer):
        Membership.objects.update(status="accepted")

        [following] = inbox(consumer, "accepted").all(".pager a[rel=next]")
        assert "status=accepted" in following["href"]

    def test_keep_their_place_while_offers_are_answered(self, consumer):
        address = reverse("inbox", args=[consumer.id])
        second = inbox(consumer).one("a[rel=next]")["href"]
        expected = self.names(read(consumer.client().get(address + second)))
        Membership.objects.filter(image__name="image 59").update(status="accepted")

        assert self.names(read(consumer.client().get(address + second))) == expected
