"""What every page has around it: my tenant ID, the switcher, the theme, the keys, the menus; and what it weighs."""

import gzip
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from sharing import handshake
from tests.factories import ImageFactory, TenantFactory, TenantUserFactory

HOME = "/t/4471021/inbox/"
FIRST_PAGE = 60_000


@pytest.fixture
def page(new_page, producer) -> Page:
    return new_page(producer.manager, HOME)


def main_menu(page: Page):
    return page.get_by_role("navigation", name="Main")


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_my_tenant_id_is_copied_and_announced(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy my tenant ID").click()
    expect(page.locator("[aria-live]").filter(has_text="Copied 4471021")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == "4471021"


def test_my_tenant_id_is_copied_where_the_browser_has_no_clipboard_object(new_page, producer):
    page = new_page()
    # As over plain HTTP, from another machine.
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.context.add_cookies(new_page(producer.manager).context.cookies())
    page.goto(HOME)
    page.get_by_role("button", name="Copy my tenant ID").click()
    expect(page.locator("[aria-live]").filter(has_text="Copied 4471021")).to_have_count(1)
    search = page.get_by_label("Search my images")
    search.focus()
    page.keyboard.press("Control+v")
    expect(search).to_have_value("4471021")


def test_the_switcher_changes_the_tenant_that_acts_and_every_page_says_which(page, producer):
    other = TenantFactory(id="7000001", name="Second tenant")
    TenantUserFactory(user=producer.manager, tenant=other, role="reader")
    page.reload()
    acting = page.get_by_role("group", name="Acting tenant")
    acting.get_by_text("4471021").click()
    acting.get_by_role("link", name="Second tenant").click()
    for name in ("Inbox", "Images", "Activity", "Help"):
        main_menu(page).get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(main_menu(page).locator("[aria-current=page]")).to_have_text(re.compile(name))
        expect(acting).to_contain_text("7000001")
        expect(page.get_by_role("main")).to_contain_text("Reader of 7000001: sees everything")


@pytest.mark.parametrize("menu", ["User menu, manager@producer.example", "Switch tenant"])
def test_a_menu_closes_by_escape_by_a_click_elsewhere_and_by_another_menu(page, producer, menu):
    TenantUserFactory(user=producer.manager, tenant=TenantFactory(id="7000001", name="Second"))
    page.reload()
    by_name = {
        "User menu, manager@producer.example": page.get_by_role("button", name="Sign out"),
        "Switch tenant": page.get_by_role("link", name="Second 7000001"),
    }
    inside = by_name.pop(menu)
    [(other_menu, _)] = by_name.items()
    opener = page.locator("summary").filter(has_text=menu).or_(page.get_by_label(menu))
    opener.click()
    expect(inside).to_be_visible()
    page.keyboard.press("Escape")
    expect(inside).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.get_by_role("heading", level=1).click()
    expect(inside).to_be_hidden()
    opener.click()
    page.locator("summary").filter(has_text=other_menu).or_(page.get_by_label(other_menu)).click()
    expect(inside).to_be_hidden()


def test_the_theme_follows_the_system_until_it_is_switched_and_stays_switched(page):
    switch = page.get_by_role("button", name="Theme")
    light = background(page)
    page.emulate_media(color_scheme="dark")
    dark = background(page)
    assert light != dark
    for name, shown in (("light", light), ("dark", dark), ("system", dark)):
        switch.click()
        expect(switch).to_have_accessible_name(f"Theme: {name}")
        assert background(page) == shown
        page.reload()
        expect(switch).to_have_accessible_name(f"Theme: {name}")
        assert background(page) == shown


def test_keys_search_and_show_the_list_of_keys(page):
    page.keyboard.press("/")
    search = page.get_by_label("Search my images")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    page.keyboard.type("j/k?a")
    expect(search).to_have_value("j/k?a")
    expect(page.get_by_role("dialog")).to_have_count(0)
    search.fill("")
    page.get_by_role("main").focus()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("accept the card in focus")
    page.keyboard.press("/")
    expect(search).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)


def test_single_keys_can_be_switched_off(page):
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("/")
    expect(page.get_by_label("Search my images")).not_to_be_focused()
    main_menu(page).get_by_role("link", name="Keys").click()
    expect(page.get_by_label("Use single keys")).not_to_be_checked()


def test_the_first_tab_leads_past_the_frame(page):
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_without_javascript_nothing_is_shown_that_does_nothing(new_page, producer):
    page = new_page(producer.manager, HOME, js=False)
    for name in ("Copy my tenant ID", "Theme"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()
    main_menu(page).get_by_role("link", name="Keys").click()
    expect(page.get_by_role("heading", name="Keys")).to_be_in_viewport()
    expect(page.get_by_label("Use single keys")).to_be_hidden()
    expect(page.get_by_role("button", name="Close")).to_be_hidden()


@pytest.mark.parametrize("first", ["/accounts/login/", "/t/4471021/inbox/", "/t/4471021/images/"])
def test_a_first_page_is_under_60_kb_over_the_wire(first, producer, consumer, settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    settings.STATIC_ROOT = tmp_path
    # Django then reads its templates anew, here and after the test: a stencil keeps the addresses of files.
    settings.TEMPLATES = [*settings.TEMPLATES]
    call_command("collectstatic", interactive=False, verbosity=0)
    for _ in range(25):
        image = ImageFactory(owner=consumer.tenant)
        handshake.offer(image, [producer.id], note="As agreed", by=consumer.by)
        ImageFactory(owner=producer.tenant)
    client = producer.client()
    if "login" in first:
        client.logout()
    answer = client.get(first, headers={"accept-encoding": "gzip"})
    html = gzip.decompress(answer.content).decode()
    parts = set(re.findall(r'(?:src|href)="/static/([^"]+)"', html))
    assert {Path(part).suffix for part in parts} == {".css", ".js", ".svg"}
    weights = {part: compressed(tmp_path / part) for part in parts} | {"page": len(answer.content)}
    assert sum(weights.values()) < FIRST_PAGE, weights


def compressed(file: Path) -> int:
    """What a browser gets: WhiteNoise keeps a compressed copy where it is smaller."""
    copy = file.with_name(f"{file.name}.gz")
    return (copy if copy.exists() else file).stat().st_size
