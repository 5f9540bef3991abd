"""A page's cursor comes back from a URL, so from anybody."""

import base64
import json
from uuid import UUID

import pytest

from sharing.cursors import CURSOR_MAX
from sharing.errors import BadInput
from sharing.forms import ImagesForm
from sharing.models import Event, Image
from sharing.paging import keyset_page
from tests.factories import ImageFactory

pytestmark = pytest.mark.django_db


def page(order, cursor="", size=5):
    return keyset_page(Image.objects.listed_for("4471021"), order, cursor, size)


def cursor_of(*parts):
    """One in the very form that the list gives, so that it is refused for what it holds."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode(errors="surrogatepass")).decode().rstrip("=")


SOME_ID = "6b7ff62e-6a71-4f6d-8b0a-9fcb04c1d6a4"
NAME, SIZE, TIME = ("name", "id"), ("size", "id"), ("-created_at", "-id")
BAD_VALUES = [
    (NAME, ["a\x00", SOME_ID]),
    (NAME, ["\ud800", SOME_ID]),
    (NAME, [None, SOME_ID]),
    (NAME, [["a"], SOME_ID]),
    (NAME, [{"a": 1}, SOME_ID]),
    (NAME, ["a"]),
    (NAME, ["a", SOME_ID, "more"]),
    (NAME, ["a", "not a UUID"]),
    (NAME, ["a", 5]),
    (NAME, ["a", SOME_ID.upper()]),
    (SIZE, [1.5, SOME_ID]),
    (SIZE, [True, SOME_ID]),
    (SIZE, ["5", SOME_ID]),
    (SIZE, ["five", SOME_ID]),
    (SIZE, [float("inf"), SOME_ID]),
    (SIZE, [float("nan"), SOME_ID]),
    (SIZE, [2**63, SOME_ID]),
    (SIZE, [-(10**1000), SOME_ID]),
    (TIME, ["yesterday", SOME_ID]),
    (TIME, ["2026-05-03", SOME_ID]),
    (TIME, ["2026-05-03 12:00:00", SOME_ID]),
    (TIME, ["2026-05-03 12:00:00+02:00", SOME_ID]),
    (TIME, ["2026-02-30 12:00:00+00:00", SOME_ID]),
    (TIME, ["0001-01-01 00:00:00+12:00", SOME_ID]),
    (TIME, ["9999-12-31 23:59:59-12:00", SOME_ID]),
    (TIME, [0, SOME_ID]),
]


class TestACursorThatTheListDidNotGive:
    """Is refused with a sentence; never an error of the database, never another page."""

    @pytest.fixture(autouse=True)
    def two_pages(self, producer):
        ImageFactory.create_batch(9, owner=producer.tenant)

    def refused(self, cursor, order=NAME):
        with pytest.raises(BadInput, match=r"^Page: .+\.$"):
            page(order, cursor)

    @pytest.mark.parametrize(
        "cursor",
        ["x", "!", "é", "\x00", "\ud800", " ", "====", "null", "W10", "A" * 100_000, "bnVsbA"],
    )
    def test_junk(self, cursor):
        self.refused(cursor)

    @pytest.mark.parametrize(
        "whole",
        [None, 5, "text", {}, {"a": 1}, [], [[]], [True], {"name id": 1, "b": False, "c": 2}],
        ids=json.dumps,
    )
    def test_other_json(self, whole):
        self.refused(base64.urlsafe_b64encode(json.dumps(whole).encode()).decode())

    @pytest.mark.parametrize("depth", [50, 5_000, 200_000])
    def test_deep_json(self, depth):
        deep = '["name id",false,' + "[" * depth + "]" * depth + f',"{SOME_ID}"]'

        self.refused(base64.urlsafe_b64encode(deep.encode()).decode().rstrip("="))

    @pytest.mark.parametrize(("order", "values"), BAD_VALUES, ids=repr)
    def test_values_of_another_kind(self, order, values):
        self.refused(cursor_of(" ".join(order), False, *values), order)

    @pytest.mark.parametrize(
        ("order", "values"),
        [
            (NAME, ["a", SOME_ID]),
            (SIZE, [2**63 - 1, SOME_ID]),
            (TIME, ["2026-05-03 12:00:00+00:00", SOME_ID]),
        ],
        ids=repr,
    )
    def test_but_for_one_that_it_could_have_given(self, order, values):
        page(order, cursor_of(" ".join(order), False, *values))

    @pytest.mark.parametrize("direction", [0, 1, "true", None, "", []])
    def test_no_direction(self, direction):
        self.refused(cursor_of("name id", direction, "a", SOME_ID))

    def test_its_digits_beyond_what_python_reads(self):
        self.refused(
            base64.urlsafe_b64encode(
                f'["size id",false,{"9" * 5000},"{SOME_ID}"]'.encode()
            ).decode(),
            SIZE,
        )

    @pytest.mark.parametrize(
        "other", [o for o in ImagesForm.ORDERS.values() if o != NAME], ids=" ".join
    )
    def test_one_of_another_order(self, other):
        self.refused(page(other).after)

    def test_one_with_a_letter_changed_unless_that_is_another_place_in_the_list(self):
        given = page(NAME).after
        page(NAME, given)
        for place in range(0, len(given), 7):
            other = "A" if given[place] != "A" else "B"
            try:
                page(NAME, given[:place] + other + given[place + 1 :])
            except BadInput:
                continue

    @pytest.mark.parametrize("ending", ["=", "\n", " ", "A", "!"])
    def test_one_with_something_added(self, ending):
        self.refused(page(NAME).after + ending)

    def test_one_of_another_model(self):
        Event.objects.bulk_create(
            Event(verb="held", image_id=UUID(SOME_ID), owner_id="1", actor="x") for _ in range(9)
        )

        self.refused(keyset_page([Event.objects.all()], ("-id",), size=5).after, ("-id",))


def test_a_cursor_that_it_gave_is_good_whatever_the_name(producer):
    for name in ("\U0001f427" * 255, "日" * 255, "\\" * 255, '"' * 255, "\x1f" * 255):
        Image.objects.all().delete()
        ImageFactory.create_batch(2, owner=producer.tenant, name=name)

        first = page(NAME, size=1)

        assert len(first.after) <= CURSOR_MAX
        assert page(NAME, first.after, size=1).keys == [Image.objects.order_by(*NAME)[1].pk]
