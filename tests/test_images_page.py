"""The image list: what a tenant owns, and what it accepted."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sharing.models import Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import read

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values


def images(party, client=None, **query):
    answer = (client or party.client()).get(reverse("images", args=[party.id]), query)
    assert answer.status_code == 200
    return read(answer)


def names(page):
    return page.texts("tbody th a")


def shared_to(party, status="accepted", **image):
    image = ImageFactory(**image)
    MembershipFactory(image=image, member_id=party.id, status=status)
    return image


class TestWhoseImages:
    @pytest.fixture(autouse=True)
    def all_kinds(self, producer, consumer):
        ImageFactory(owner=consumer.tenant, name="mine")
        ImageFactory(name="a stranger's")
        for status in STATUSES:
            shared_to(consumer, status, name=f"{status} one", owner=producer.tenant)

    @pytest.mark.parametrize(
        ("show", "listed"),
        [
            ("", {"mine", "accepted one"}),
            ("all", {"mine", "accepted one"}),
            ("mine", {"mine"}),
            ("shared", {"accepted one"}),
        ],
    )
    def test_the_filter_lists_own_and_accepted_images_and_none_that_is_pending_or_rejected(
        self, consumer, show, listed
    ):
        page = images(consumer, show=show)

        assert set(names(page)) == listed
        label = {"mine": "Mine", "shared": "Shared to me"}.get(show, "All")
        assert page.texts(".tabs a[aria-current=page]") == [label]

    def test_an_image_shared_to_me_tells_by_whom(self, consumer, producer):
        page = images(consumer, show="shared")

        assert page.one("td[data-label=Shared]").words == f"to me, from {producer.id}"

    def test_each_name_leads_to_the_images_page(self, consumer):
        client = consumer.client()
        for link in images(consumer).all("tbody th a"):
            assert client.get(link["href"]).status_code == 200

    def test_a_reader_sees_the_list_and_no_verb(self, consumer, producer):
        page = images(producer, producer.reader_client()).one("main")

        assert len(names(page)) == 3
        assert page.texts("form button") == ["Search"]
        assert "Prune" not in page.words
        assert "Prune 1 rejected" in images(producer).words


class TestCounts:
    @pytest.fixture
    def image(self, producer):
        image = ImageFactory(owner=producer.tenant)
        for number, status in ((3, "accepted"), (1, "pending"), (2, "rejected")):
            MembershipFactory.create_batch(number, image=image, status=status)
        return image

    def test_of_my_image_stand_in_words_and_as_a_bar(self, producer, image):
        cell = images(producer).one("td[data-label=Shared]")

        assert cell.words == "offered 6, accepted 3, pending 1, rejected 2"
        bars = {bar["class"]: bar["width"] for bar in cell.all("svg.counts rect")}
        assert bars == {"accepted": "50.0", "pending": "16.67", "rejected": "33.33"}
        assert cell.one("svg")["aria-hidden"] == "true"

    def test_of_other_members_are_never_shown_to_a_member(self, consumer, image):
        MembershipFactory(image=image, member_id=consumer.id, status="accepted")

        page = images(consumer)

        assert len(names(page)) == 1
        assert not page.all(".counts-words")
        assert not page.all("svg.counts")
        assert page.one("td[data-label=Shared]").words == f"to me, from {image.owner_id}"

    def test_of_an_image_that_nobody_was_offered_say_so(self, producer):
        ImageFactory(owner=producer.tenant)

        cell = images(producer).one("td[data-label=Shared]")
        assert cell.words == "not offered"
        assert not cell.all("svg")

    def test_stop_at_a_thousand(self, producer, image):
        Membership.objects.bulk_create(
            Membership(image=image, member_id=str(n), offered_by="x", status="rejected")
            for n in range(1001)
        )

        page = images(producer)
        assert (
            page.one("td[data-label=Shared]").words
            == "offered 1,000+, accepted 3, pending 1, rejected 1,000+"
        )
        assert "Prune 1,000+ rejected" in page.one(".page-head").words

    def test_of_rejected_offers_over_all_my_images_lead_to_prune(self, producer, consumer, image):
        MembershipFactory(status="rejected", member_id=producer.id)

        head = images(producer).one(".page-head")

        assert head.texts("a.button") == ["Prune 2 rejected", "New image"]
        prune, _ = head.all("a.button")
        assert prune["href"] == reverse("confirm-prune-all", args=[producer.id])
        assert images(consumer).one(".page-head").texts("a.button") == ["New image"]


@pytest.mark.parametrize(
    ("kind", "cell", "said"),
    [
        ({"on_hold": True}, "Status", "On hold"),
        ({"status": "queued"}, "Status", "Queued"),
        ({"status": "deactivated"}, "Status", "Deactivated"),
        ({"visibility": "private"}, "Shared", "private"),
        ({"protected": True, "name": "gold"}, "Name", "gold protected"),
        ({"size": 0}, "Size", "–"),
        ({"size": 1536}, "Size", "1.5 KiB"),
        ({"properties": {"os_distro": "debian"}}, "System", "debian"),
        ({}, "System", "–"),
    ],
)
def test_a_row_tells_what_matters_about_an_image(producer, kind, cell, said):
    ImageFactory(owner=producer.tenant, **kind)

    [found] = images(producer).all(f"tbody [data-label={cell}]")
    assert found.words.startswith(said)


class TestOrder:
    """Names, sizes and dates each order the rows in a way of their own."""

    NEWEST, BY_NAME, BY_SIZE = ["b", "c", "a"], ["a", "b", "c"], ["c", "a", "b"]

    @pytest.fixture(autouse=True)
    def three(self, producer):
        now = timezone.now()
        for name, size, age in (("a", 2, 3), ("b", 3, 1), ("c", 1, 2)):
            ImageFactory(
                owner=producer.tenant, name=name, size=size, created_at=now - timedelta(age)
            )

    @pytest.mark.parametrize(
        ("sort", "order", "sorted_column"),
        [
            ("", NEWEST, "Made descending"),
            ("-created", NEWEST, "Made descending"),
            ("created", NEWEST[::-1], "Made ascending"),
            ("name", BY_NAME, "Name ascending"),
            ("-name", BY_NAME[::-1], "Name descending"),
            ("size", BY_SIZE, "Size ascending"),
            ("-size", BY_SIZE[::-1], "Size descending"),
        ],
    )
    def test_is_by_the_column_that_says_so(self, producer, sort, order, sorted_column):
        page = images(producer, sort=sort)

        assert names(page) == order
        [head] = page.all("th[aria-sort]")
        assert f"{head.words} {head['aria-sort']}" == sorted_column

    def test_turns_around_at_a_second_click(self, producer):
        client, address = producer.client(), reverse("images", args=[producer.id])
        for column, turns in (("Name", ["name", "-name"]), ("Size", ["-size", "size"])):
            page = images(producer)
            for turn in [*turns, turns[0]]:
                [link] = [a for a in page.all("thead a") if a.words == column]
                assert link["href"] == f"?sort={turn}"
                page = read(client.get(address + link["href"]))


@pytest.mark.parametrize("sort", ["", "name", "size", "-name"])
def test_pages_lead_through_own_and_accepted_images_and_keep_filter_and_order(
    producer, consumer, sort
):
    own = [ImageFactory(owner=consumer.tenant, name=f"i {n % 4}", size=n % 3) for n in range(30)]
    own += [shared_to(consumer, owner=producer.tenant, name=f"i {n % 4}") for n in range(30)]
    client, address = consumer.client(), reverse("images", args=[consumer.id])
    first = images(consumer, sort=sort, q="i")
    pages = [first]
    for way in ("next", "next", "prev", "prev"):
        link = pages[-1].one(f".pager a[rel={way}]")["href"]
        assert "q=i" in link
        pages.append(read(client.get(address + link)))

    listed = [[link["href"] for link in page.all("tbody th a")] for page in pages]
    assert sorted(link for page in listed[:3] for link in page) == sorted(
        reverse("image", args=[consumer.id, image.pk]) for image in own
    )
    assert listed[3:] == listed[1::-1]


@pytest.mark.parametrize(
    ("show", "said"),
    [
        ("all", "No image here yet."),
        ("mine", "No image here yet."),
        ("shared", "No image is shared to you."),
    ],
)
def test_an_empty_list_says_what_to_do_next(consumer, show, said):
    assert images(consumer, show=show).one(".empty").words.startswith(said)
