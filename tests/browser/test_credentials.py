"""Application credentials in a browser: made in place, copied, kept as a file, revoked after a question."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sharing.credentials import hash_of
from sharing.models import ApplicationCredential, TenantUser
from tests.factories import CredentialFactory

PLACE = "/t/4471021/credentials/"


@pytest.fixture
def page(new_page, producer) -> Page:
    return new_page(producer.manager, PLACE)


def fill_in(page: Page, name: str = "Nightly sync") -> None:
    form = page.get_by_role("form", name="New credential")
    form.get_by_label("Name").fill(name)
    form.get_by_role("radio", name="Manager").check()
    form.get_by_label("Expires").select_option("30")
    form.get_by_role("button", name="Make credential").click()


def made(page: Page):
    return page.get_by_role("region", name="“Nightly sync” is made")


def secret_on(page: Page) -> str:
    return made(page).locator("dt:has-text('Secret') + dd").inner_text().strip()


def test_the_secret_is_shown_in_place_and_copied_without_being_read_out(page, sound):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fill_in(page)
    expect(made(page)).to_be_focused()
    expect(page).to_have_url(re.compile(f"{PLACE}$"))
    credential, secret = ApplicationCredential.objects.get(), secret_on(page)
    assert credential.secret_hash == hash_of(secret)
    entry = page.locator("#clouds-yaml").inner_text()
    for button, copied, said in (
        ("Copy the ID", credential.pk.hex, credential.pk.hex),
        ("Copy the secret", secret, "the secret"),
        ("Copy the entry", entry, "the entry"),
    ):
        made(page).get_by_role("button", name=button, exact=True).click()
        expect(page.locator("#announce")).to_have_text(f"Copied {said}")
        assert page.evaluate("navigator.clipboard.readText()").strip() == copied.strip()
    sound(page)
    page.reload()
    expect(page.get_by_role("row", name="Nightly sync")).to_have_count(1)
    expect(page.get_by_text(secret)).to_have_count(0)


def test_the_entry_is_kept_as_a_file(page):
    fill_in(page)
    with page.expect_download() as started:
        made(page).get_by_role("button", name="Save as clouds.yaml").click()
    assert started.value.suggested_filename == "clouds.yaml"
    kept = Path(started.value.path()).read_text()
    assert kept.startswith("clouds:\n  proffer-4471021-nightly-sync:\n")
    assert f'application_credential_secret: "{secret_on(page)}"' in kept


def test_a_refusal_leads_to_the_field_and_keeps_what_was_typed(page, producer, sound):
    holder = TenantUser.objects.get(user=producer.manager)
    CredentialFactory(holder=holder, name="Nightly sync")
    fill_in(page)
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    expect(name).to_have_value("Nightly sync")
    expect(page.get_by_text("you have a credential “Nightly sync”")).to_be_visible()
    expect(page.get_by_role("radio", name="Manager")).to_be_checked()
    sound(page)
    assert ApplicationCredential.objects.count() == 1


def test_one_that_is_revoked_meanwhile_says_so_on_the_page(page):
    fill_in(page)
    expect(made(page)).to_be_visible()
    ApplicationCredential.objects.all().delete()
    page.get_by_role("link", name="Revoke Nightly sync").click()
    expect(page.locator("[aria-live]").filter(has_text="There is nothing at this")).to_be_visible()
    expect(made(page)).to_be_visible()


@pytest.mark.parametrize("js", [True, False])
def test_it_is_revoked_after_a_question(new_page, producer, sound, js):
    CredentialFactory(holder=TenantUser.objects.get(user=producer.manager), name="CI")
    page = new_page(producer.manager, PLACE, js=js)
    page.get_by_role("link", name="Revoke CI").click()
    asked = page.get_by_role("dialog", name="Revoke “CI”?") if js else page.get_by_role("main")
    expect(asked).to_contain_text("Programs that use it are signed out at once")
    if js:
        sound(page)
    asked.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Revoked “CI”")).to_be_visible()
    expect(page.get_by_text("No application credential yet.")).to_be_visible()
    assert not ApplicationCredential.objects.exists()


def test_without_javascript_a_reload_makes_no_second_one(new_page, producer):
    page = new_page(producer.manager, PLACE, js=False)
    fill_in(page)
    expect(made(page)).to_be_visible()
    assert ApplicationCredential.objects.get().secret_hash == hash_of(secret_on(page))
    for button in ("Copy the secret", "Copy the entry", "Save as clouds.yaml"):
        expect(page.get_by_role("button", name=button)).to_be_hidden()
    page.reload()
    expect(page.get_by_text("you have a credential “Nightly sync”")).to_be_visible()
    expect(made(page)).to_have_count(0)
    assert ApplicationCredential.objects.count() == 1


def test_the_user_menu_leads_there(new_page, producer):
    page = new_page(producer.manager, "/t/4471021/inbox/")
    page.get_by_label("User menu").click()
    page.get_by_role("link", name="Application credentials").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Application credentials")
