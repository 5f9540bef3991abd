"""Search in one's own things: names, tags and whole UUIDs."""

import pytest
from django.urls import reverse

from sharing.models.copied import words_of
from tests.factories import ImageFactory
from tests.pages import read
from tests.test_images_page import images, names, shared_to

pytestmark = pytest.mark.django_db


class TestSearch:
    @pytest.fixture(autouse=True)
    def some(self, producer, consumer):
        ImageFactory(
            owner=consumer.tenant,
            name="Debian 12",
            pk="6b7ff62e-6a71-4f6d-8b0a-9fcb04c1d6a4",
            words=words_of("Debian 12", ["Gold"]),
        )
        shared_to(consumer, owner=producer.tenant, name="Ünïcødé image ✓ 日本語")
        shared_to(consumer, "pending", owner=producer.tenant, name="Debian, pending")
        ImageFactory(owner=consumer.tenant, name="100% \\ it's_plain")
        ImageFactory(owner=producer.tenant, name="Debian of others")

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("debian", ["Debian 12"]),
            ("BIAN 1", ["Debian 12"]),
            ("  debian  ", ["Debian 12"]),
            ("日本", ["Ünïcødé image ✓ 日本語"]),
            ("cødé IMAGE ✓", ["Ünïcødé image ✓ 日本語"]),
            ("6b7ff62e-6a71-4f6d-8b0a-9fcb04c1d6a4", ["Debian 12"]),
            ("6B7FF62E-6A71-4F6D-8B0A-9FCB04C1D6A4", ["Debian 12"]),
            ("{6b7ff62e-6a71-4f6d-8b0a-9fcb04c1d6a4}", ["Debian 12"]),
            ("6b7ff62e6a714f6d8b0a9fcb04c1d6a4", ["Debian 12"]),
            ("gold", ["Debian 12"]),
            ("GOLD", ["Debian 12"]),
            ("gol", ["Debian 12"]),
            ("6b7ff62e", []),
            ("100%", ["100% \\ it's_plain"]),
            ("%", ["100% \\ it's_plain"]),
            ("_", ["100% \\ it's_plain"]),
            ("\\", ["100% \\ it's_plain"]),
            ("it's", ["100% \\ it's_plain"]),
            ("no such image", []),
        ],
    )
    def test_finds_names_tags_and_whole_ids_in_any_case_among_what_is_listed(
        self, consumer, text, found
    ):
        page = images(consumer, q=text)

        assert names(page) == found
        assert page.one("main input[name=q]")["value"] == text.strip()

    def test_without_a_result_says_where_it_looked(self, consumer):
        page = images(consumer, q="nothing", show="mine")

        assert page.one(".empty").words.startswith("No image here matches “nothing”.")
        assert page.one(".empty a")["href"] == "?show=mine"

    def test_keeps_filter_and_order(self, consumer):
        form = images(consumer, q="debian", show="mine", sort="name").one("form.filters")

        kept = {field["name"]: field["value"] for field in form.all("input")}
        assert kept == {"q": "debian", "show": "mine", "sort": "name"}

    def test_in_the_frame_of_every_page_leads_here(self, consumer):
        page = read(consumer.client().get(reverse("inbox", args=[consumer.id])))

        assert page.one("form.search")["action"] == reverse("images", args=[consumer.id])
        assert page.one("form.search input")["name"] == "q"
