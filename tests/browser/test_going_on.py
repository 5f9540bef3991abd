"""A verb over more members than a request ends: the page that says how far it is, with JavaScript and without."""

import pytest
from playwright.sync_api import Page, Route, expect

from sharing.handshake import pieces
from sharing.models import Image, Membership
from sharing.views import pieces as requests
from tests.factories import ImageFactory, MembershipFactory

NUMBER = 7


@pytest.fixture(autouse=True)
def two_rows_a_request(monkeypatch):
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", 2)
    monkeypatch.setattr(requests, "ROWS_A_REQUEST", 2)


@pytest.fixture
def image(producer) -> Image:
    image = ImageFactory(owner=producer.tenant, name="Golden Debian")
    MembershipFactory.create_batch(NUMBER, image=image, status="rejected")
    return image


@pytest.fixture
def begin(new_page, producer, image):
    def prune(*, js: bool) -> Page:
        page = new_page(producer.manager, f"/t/{producer.id}/images/{image.pk}/", js=js)
        page.get_by_role("link", name="Prune 7 rejected").click()
        return page

    return prune


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Prune 7 rejected").click()


def so_far(page: Page, ended: int) -> None:
    expect(page.get_by_role("region", name="Pruning what is rejected")).to_contain_text(
        f"Pruned {ended} tenants so far, {NUMBER - ended} left."
    )


def test_it_goes_on_by_itself_until_all_are_pruned(begin, sound):
    page, held = begin(js=True), []
    page.route(
        "**/prune/", lambda route: held.append(route) if by_htmx(route) else route.continue_()
    )
    confirm(page)
    for ended in (2, 4, 6):
        so_far(page, ended)
        expect(page.get_by_role("button", name="Go on")).to_be_hidden()
        if ended == 4:
            sound(page)
        page.wait_for_function("document.querySelector('.htmx-request')")
        held.pop().continue_()
    expect(page.get_by_text("Pruned 7 tenants that had rejected.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Golden Debian")
    assert not Membership.objects.exists()


def by_htmx(route: Route) -> bool:
    return "hx-request" in route.request.headers


def test_without_javascript_a_button_goes_on(begin):
    page = begin(js=False)
    confirm(page)
    for ended in (2, 4, 6):
        so_far(page, ended)
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Pruned 7 tenants that had rejected.")).to_be_visible()
    assert not Membership.objects.exists()


def test_who_stops_finds_the_rest_as_it_was(begin):
    page = begin(js=False)
    confirm(page)
    so_far(page, 2)
    page.get_by_role("link", name="Stop here").click()
    expect(page.get_by_role("link", name="Prune 5 rejected")).to_be_visible()
    assert Membership.objects.count() == NUMBER - 2
