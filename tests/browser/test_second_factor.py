"""A second factor from set-up to sign-in to removal: every page on the way is sound, and none needs a script."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD
from tests.second_factor import STEP, code, stop_clock

OVERVIEW = "/accounts/second-factor/"


@pytest.fixture
def clock(monkeypatch):
    return stop_clock(monkeypatch)


def title(page: Page):
    return page.get_by_role("heading", level=1)


def press(page: Page, button: str, **typed: str) -> None:
    for label, text in typed.items():
        page.get_by_label(label).and_(page.locator("input")).fill(text)
    page.get_by_role("button", name=button).click()


def set_up(page: Page, clock) -> str:
    page.goto(OVERVIEW)
    page.get_by_role("link", name="Set it up").click()
    press(page, "Confirm", Password=PASSWORD)
    return type_code(page, clock)


def type_code(page: Page, clock) -> str:
    secret = page.locator(".facts dd").inner_text().strip()
    press(page, "Set up", Code=code(secret, clock.now))
    expect(page.get_by_text("10 of 10 left.")).to_be_visible()
    return secret


def test_pages_that_set_up_change_and_remove_are_sound(new_page, sound, consumer, clock):
    page = new_page(consumer.manager, f"{OVERVIEW}set-up/")
    sound(page)
    press(page, "Confirm", Password=PASSWORD)
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    sound(page)
    press(page, "Set up", Code="nonsense")
    expect(page.get_by_text("Incorrect code.")).to_be_visible()
    sound(page)
    type_code(page, clock)
    sound(page)
    for address in (
        OVERVIEW,
        f"{OVERVIEW}remove/",
        f"{OVERVIEW}confirm/",
        "/accounts/recovery-codes/new/",
    ):
        page.goto(address)
        sound(page)


@pytest.mark.parametrize("js", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_user_sets_it_up_signs_in_with_it_and_removes_it(new_page, consumer, clock, js):
    secret = set_up(new_page(consumer.manager, js=js), clock)
    clock.now += STEP
    page = new_page(js=js)
    page.goto("/t/5083310/images/")
    press(page, "Sign in", Email=consumer.manager.email, Password=PASSWORD)
    expect(title(page)).to_have_text("Enter your code")
    press(page, "Sign in", Code=code(secret, clock.now))
    expect(title(page)).to_have_text("Images")
    page.get_by_label("User menu").click()
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Remove").click()
    press(page, "Confirm", Password=PASSWORD)
    press(page, "Remove")
    expect(page.get_by_text("Second factor removed:")).to_be_visible()


def test_what_asks_for_the_code_is_sound_and_can_be_started_over(new_page, sound, consumer, clock):
    set_up(new_page(consumer.manager), clock)
    page = new_page(address="/accounts/login/")
    press(page, "Sign in", Email=consumer.manager.email, Password=PASSWORD)
    expect(title(page)).to_have_text("Enter your code")
    sound(page)
    press(page, "Sign in", Code="nonsense")
    expect(page.get_by_text("Incorrect code.")).to_be_visible()
    sound(page)
    press(page, "Start over")
    expect(title(page)).to_have_text("Sign in")
