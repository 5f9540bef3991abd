from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing import reads
from sharing.forms import ImagesForm
from sharing.models import Event, Image, Membership
from sharing.paging import keyset_page
from tests.factories import ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
ORDERS = [*ImagesForm.ORDERS.values(), ("name", "-id"), ("-size", "name", "id"), ("-id",)]


def in_words(order):
    return " ".join(order)


@pytest.fixture
def images(producer, consumer):
    """Own and accepted images of the producer, with many ties in each column that an order names."""
    return [
        image_of(producer.tenant if n % 3 else consumer.tenant, producer.id, n) for n in range(23)
    ]


def image_of(owner, reader_id, n):
    image = ImageFactory(
        owner=owner,
        name=("a", "A", "é", "日本" * 50, "", "it's; -- %_\\")[n % 6],
        size=(0, 2**62, 5)[n % 3],
        created_at=NOON + timedelta(microseconds=n % 4),
    )
    if owner.pk != reader_id:
        MembershipFactory(image=image, member_id=reader_id, status="accepted")
    return image


def page(order, cursor="", size=5, tenant="4471021"):
    return keyset_page(Image.objects.listed_for(tenant), order, cursor, size)


def as_sorted(order):
    """What one SELECT without pages gives: the database's own word on how it sorts."""
    return list(Image.objects.order_by(*order).values_list("pk", flat=True))


def walk(order, cursor="", towards="after", size=5):
    pages = [page(order, cursor, size)]
    while further := getattr(pages[-1], towards):
        pages.append(page(order, further, size))
        assert len(pages) < 50
    return pages


@pytest.mark.usefixtures("images")
def test_a_prepared_list_says_the_status_that_its_partial_indexes_are_of():
    for arm in (
        Image.objects.listed_for("1")[1],
        reads.images_matching.arms("1", "a", show="all", most=1)[1].rows,
    ):
        sql, values = arm.query.sql_with_params()
        assert "'accepted'" in sql
        assert "accepted" not in values


@pytest.mark.parametrize("order", ORDERS, ids=in_words)
@pytest.mark.parametrize("size", [1, 5, 22, 23, 24])
def test_the_pages_of_two_arms_are_the_list_in_order_forwards_and_back(order, size):
    expected = as_sorted(order)

    forwards = walk(order, size=size)

    assert [key for page in forwards for key in page.keys] == expected
    assert [len(page.keys) for page in forwards[:-1]] == [size] * (len(forwards) - 1)
    assert forwards[0].before == ""
    back = walk(order, forwards[-1].before, "before", size) if len(forwards) > 1 else []
    assert [page.keys for page in reversed(back)] == [page.keys for page in forwards[:-1]]


@pytest.mark.usefixtures("images")
def test_every_page_but_the_ends_leads_both_ways():
    first, second, *_, last = walk(("name", "id"))

    assert (first.before, last.after) == ("", "")
    assert page(("name", "id"), second.before).keys == first.keys
    assert page(("name", "id"), first.after).keys == second.keys


def test_an_empty_list_is_an_empty_page(producer):
    assert page(("name", "id")) == keyset_page([Event.objects.all()], ("-id",))
    assert (page(("name", "id")).keys, page(("name", "id")).after) == ([], "")


def test_one_arm_is_paged_without_a_union(producer):
    rows = MembershipFactory.create_batch(7)

    first = keyset_page([Membership.objects.all()], ("-id",), size=5)
    second = keyset_page([Membership.objects.all()], ("-id",), first.after, size=5)

    assert first.keys + second.keys == [row.pk for row in reversed(rows)]


class TestRowsThatComeAndGo:
    ORDER = ("name", "id")

    @pytest.fixture
    def rows(self, producer):
        return [ImageFactory(owner=producer.tenant, name=name) for name in "abcdefghij"]

    def names(self, found):
        return "".join(Image.objects.in_bulk(found.keys)[key].name for key in found.keys)

    def test_between_two_pages_shift_nothing(self, producer, rows):
        first = page(self.ORDER, size=4)
        assert self.names(first) == "abcd"
        Image.objects.filter(name__in="bcd").delete()
        for name in ("aa", "dd"):
            ImageFactory(owner=producer.tenant, name=name)

        second = page(self.ORDER, first.after, size=4)

        assert self.names(second) == "ddefg"
        assert self.names(page(self.ORDER, second.before, size=4)) == "aaa"

    def test_the_row_that_a_cursor_names_may_be_gone(self, rows):
        first = page(self.ORDER, size=4)
        rows[3].delete()

        assert self.names(page(self.ORDER, first.after, size=4)) == "efgh"

    def test_a_page_that_was_emptied_leads_to_the_first(self, rows):
        *_, last = walk(self.ORDER, size=4)
        middle = page(self.ORDER, page(self.ORDER, size=4).after, size=4)
        Image.objects.filter(name__in="ij").delete()

        assert self.names(page(self.ORDER, middle.after, size=4)) == "abcd"
        assert last.before

    def test_a_list_that_was_emptied_is_empty(self, rows):
        after = page(self.ORDER, size=4).after
        Image.objects.all().delete()

        assert page(self.ORDER, after, size=4).keys == []

    def test_rows_that_went_while_the_page_was_made_are_left_out(self, rows):
        found = page(self.ORDER, size=4)
        rows[1].delete()

        fetched = found.in_order(Image.objects.in_bulk(found.keys))

        assert [image.name for image in fetched] == ["a", "c", "d"]


@pytest.mark.parametrize("order", ORDERS, ids=in_words)
def test_a_page_is_one_query_however_deep_it_lies(images, order):
    first, *_, last = walk(order)
    for cursor in ("", first.after, last.before):
        with CaptureQueriesContext(connection) as captured:
            page(order, cursor)
        assert len(captured) == 1
        assert "UNION ALL" in captured[0]["sql"]
        assert "OFFSET" not in captured[0]["sql"]
