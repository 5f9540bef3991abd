"""A search looks through so many rows and no more; what is rarer than that is found page by page."""

import base64
import json
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.urls import reverse

from sharing.models import Image, Membership
from sharing.models.copied import words_of
from tests.factories import ImageFactory, TenantFactory
from tests.pages import read

pytestmark = pytest.mark.django_db
SEVERAL = 7


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    monkeypatch.setattr("sharing.searching.LOOKED_THROUGH", SEVERAL)


def named(owner, *names):
    for name in names:
        yield ImageFactory(owner=owner, name=name)


def shared(consumer, images):
    Membership.objects.bulk_create(
        Membership(image=image, member_id=consumer.id, status="accepted", offered_by="x")
        for image in images
    )


@pytest.fixture
def both(consumer):
    """Of 20 own images and 20 shared ones, taking turns, every ninth is called rare."""
    owner = TenantFactory()
    for number in range(20):
        name = "rare" if number % 9 == 0 else "common"
        [_] = named(consumer.tenant, f"{name} own {number}")
        shared(consumer, named(owner, f"{name} shared {number}"))


def walked(party, **query):
    """The names on each page, from the first to the last, and back to the first."""
    client, address = party.client(), reverse("images", args=[party.id])
    pages, way, url = [], "next", f"{address}?" + "&".join(f"{k}={v}" for k, v in query.items())
    there, back = [], []
    while url:
        page = read(client.get(url))
        names = [a.words for a in page.all("main tbody th a")]
        (there if way == "next" else back).append(names)
        links = page.all(f"main nav.pager a[rel={way}]") or page.all("main p[role=status] a")
        pages.append(page)
        url = urljoin(address, links[0]["href"]) if links else ""
        assert len(pages) < 50
    return pages, [name for names in there for name in names]


@pytest.mark.parametrize("sort", ["-created", "created", "name", "-name", "size", "-size"])
@pytest.mark.parametrize("show", ["all", "mine", "shared"])
def test_finds_all_that_match_in_order_over_several_pages(consumer, both, show, sort):
    pages, found = walked(consumer, q="RARE", show=show, sort=sort)

    expected = [
        f"rare {kind} {number}"
        for kind in ("own", "shared")
        for number in (0, 9, 18)
        if show in ("all", {"own": "mine", "shared": "shared"}[kind])
    ]
    assert sorted(found) == sorted(expected)
    if sort.endswith("name"):
        assert found == sorted(found, reverse=sort == "-name")
    assert len(pages) > 2


def test_says_how_far_it_came_and_goes_on_by_itself_only_while_nothing_was_found(consumer, both):
    client, address = consumer.client(), reverse("images", args=[consumer.id])

    some = read(client.get(address, {"q": "rare"})).one("main p[role=status]")
    none = read(client.get(address, {"q": "unknown"})).one("main p[role=status]")

    assert some.words.startswith("These match “rare” so far, among images made since ")
    assert "hx-trigger" not in some.one("a").attributes
    assert none.words.startswith("None matches “unknown” so far, among images made since ")
    assert none.one("a")["hx-trigger"] == "load, click"


def test_what_nothing_has_ends_with_the_empty_page(consumer, both):
    pages, found = walked(consumer, q="unknown")

    assert found == []
    assert pages[-1].one(".empty").words.startswith("No other image here matches “unknown”.")


def test_a_uuid_is_found_however_far_away_it_is(consumer, both):
    oldest = Image.objects.owned_by(consumer.id).order_by("created_at")[0]

    page = read(consumer.client().get(reverse("images", args=[consumer.id]), {"q": str(oldest.pk)}))

    assert [a.words for a in page.all("main tbody th a")] == [oldest.name]
    assert not page.all("main p[role=status]")


@pytest.mark.parametrize("sort", ["-created", "name", "-size"])
def test_where_it_stops_tells_nothing_of_an_image_that_was_made_private(consumer, both, sort):
    client, address = consumer.client(), reverse("images", args=[consumer.id])
    query = {"q": "unknown", "show": "shared", "sort": sort}

    def stop():
        link = read(client.get(address, query)).one("main p[role=status] a")["href"]
        cursor = parse_qs(urlsplit(link).query)["page"][0]
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[-1]

    hidden = stop()
    Image.objects.filter(pk=hidden).update(visibility="private")
    assert stop() not in (hidden, None)

    Image.objects.exclude(owner=consumer.tenant).update(visibility="private")
    assert not read(client.get(address, query)).all("main p[role=status]")


def test_goes_on_where_it_stopped_among_images_without_data(consumer):
    owner = TenantFactory()
    for name in ("rare", *["common"] * (2 * SEVERAL)):
        shared(consumer, [ImageFactory(owner=owner, name=name, status="queued", size=0)])

    _, found = walked(consumer, q="rare", sort="-size")

    assert found == ["rare"]


def test_what_looks_like_a_uuid_and_is_none_is_looked_for_as_words(consumer):
    [image] = named(consumer.tenant, "backup 95376952c78a565c99a10659d6b1b8c3")

    _, found = walked(consumer, q="95376952c78a565c99a10659d6b1b8c3")

    assert found == [image.name]


def test_tags_of_any_letters_leave_room_for_the_links_to_pages(consumer):
    owner = TenantFactory()
    for number in range(30):
        words = words_of(str(number), [sign * 250 for sign in '"\\\x01é日'] * 3)
        shared(consumer, [ImageFactory(owner=owner, name=str(number), words=words)])

    _, found = walked(consumer, sort="name")

    assert len(found) == len(set(found)) == 30


def test_a_private_image_is_not_found_by_its_members(consumer, both):
    Image.objects.exclude(owner=consumer.tenant).update(visibility="private")

    _, found = walked(consumer, q="rare", show="shared")

    assert found == []


def test_words_are_cut_where_an_index_has_no_room_for_them():
    words = words_of("é" * 255, [f"{'ü' * 200}{number}" for number in range(50)])

    assert 1490 < len(words.encode()) <= 1500
    assert words.startswith("é" * 255 + "\n")
