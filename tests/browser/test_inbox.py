"""What the inbox does in place: fold, undo, announce, answer many, and lose nothing when it is refused."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from sharing import handshake
from sharing.models import Membership, TenantUser
from tests.factories import ImageFactory

INBOX = "/t/5083310/inbox/"


@pytest.fixture
def offered(producer, consumer) -> Callable[..., list[Membership]]:
    """Offers images of these names to the consumer; the last is the first in the inbox."""

    def offer(*names: str) -> list[Membership]:
        images = [ImageFactory(owner=producer.tenant, name=name) for name in names]
        for image in images:
            handshake.offer(image, [consumer.id], by=producer.by)
        return [Membership.objects.get(image=image) for image in images]

    return offer


@pytest.fixture
def inbox(new_page, consumer, offered) -> Page:
    offered("Cirros", "Alpine", "Debian")
    return new_page(consumer.manager, INBOX)


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article").filter(has_text=name)


def press(page: Page, name: str, button: str) -> None:
    card(page, name).get_by_role("button", name=button, exact=True).click()


def badge(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Main").get_by_role("link", name="Inbox")


def announced(page: Page) -> Locator:
    return page.locator("[aria-live]")


def status_of(name: str) -> str:
    return Membership.objects.get(image__name=name).status


@pytest.mark.parametrize(
    ("tab", "button", "status"),
    [
        ("pending", "Accept", "accepted"),
        ("pending", "Reject", "rejected"),
        ("accepted", "Leave", "rejected"),
        ("accepted", "Decide later", "pending"),
        ("rejected", "Accept", "accepted"),
        ("rejected", "Decide later", "pending"),
    ],
)
def test_an_answer_folds_its_card_into_a_line_that_is_announced_and_can_be_undone(
    new_page, consumer, offered, tab, button, status
):
    [offer] = offered("Debian")
    handshake.answer([offer.pk], tab, by=consumer.by)
    page = new_page(consumer.manager, f"{INBOX}?status={tab}")
    press(page, "Debian", button)
    undo = card(page, "Debian").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(announced(page).filter(has_text=re.compile(f"Debian.*{status}"))).to_have_count(1)
    assert status_of("Debian") == status
    undo.press("Enter")
    expect(card(page, "Debian").get_by_role("button", name=button)).to_be_visible()
    expect(card(page, "Debian")).to_be_focused()
    assert status_of("Debian") == tab


def test_the_badge_follows_each_answer(inbox):
    expect(badge(inbox)).to_have_text(re.compile(r"Inbox\s+3 waiting"))
    press(inbox, "Alpine", "Accept")
    expect(badge(inbox)).to_have_text(re.compile(r"Inbox\s+2 waiting"))
    press(inbox, "Alpine", "Undo")
    expect(badge(inbox)).to_have_text(re.compile(r"Inbox\s+3 waiting"))


def test_the_badge_refreshes_by_itself_and_moves_nothing(inbox, offered):
    press(inbox, "Alpine", "Accept")
    undo = card(inbox, "Alpine").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    offered("Fedora")
    inbox.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(badge(inbox)).to_contain_text("3 waiting")
    expect(undo).to_be_focused()
    expect(inbox.get_by_role("article")).to_have_count(3)


def test_a_failed_refresh_of_the_badge_disturbs_nobody(inbox, consumer):
    TenantUser.objects.filter(user=consumer.manager).delete()
    with inbox.expect_response("**/inbox/"):
        inbox.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(badge(inbox)).to_contain_text("3 waiting")
    expect(inbox.get_by_role("article")).to_have_count(3)
    expect(inbox.locator("#messages .message")).to_have_count(0)


def test_many_are_chosen_counted_and_answered_at_once(inbox):
    everything = inbox.get_by_label("All on this page")
    accept = inbox.get_by_role("button", name="Accept chosen")
    expect(accept).to_be_disabled()
    inbox.get_by_label("Choose Alpine").check()
    expect(inbox.get_by_text("1 chosen")).to_be_visible()
    expect(everything).to_be_checked(indeterminate=True)
    everything.check()
    expect(inbox.get_by_text("3 chosen")).to_be_visible()
    inbox.get_by_label("Choose Cirros").uncheck()
    expect(inbox.get_by_text("2 chosen")).to_be_visible()
    accept.click()
    expect(inbox.get_by_role("button", name="Undo")).to_have_count(2)
    expect(accept).to_be_disabled()
    expect(badge(inbox)).to_contain_text("1 waiting")
    assert [status_of(name) for name in ("Cirros", "Alpine", "Debian")] == [
        "pending", "accepted", "accepted",
    ]  # fmt: skip


def test_what_was_withdrawn_meanwhile_becomes_a_line_and_a_message(inbox):
    Membership.objects.filter(image__name="Alpine").delete()
    press(inbox, "Alpine", "Accept")
    expect(inbox.get_by_text("This offer was withdrawn meanwhile.", exact=True)).to_be_visible()
    expect(announced(inbox).filter(has_text="Nothing was changed.")).to_be_visible()
    expect(card(inbox, "Alpine")).to_have_count(0)
    expect(badge(inbox)).to_contain_text("2 waiting")
    expect(inbox.get_by_role("button", name="Accept", exact=True)).to_have_count(2)


def test_one_that_was_withdrawn_meanwhile_does_not_stop_the_others(inbox):
    Membership.objects.filter(image__name="Alpine").delete()
    inbox.get_by_label("All on this page").check()
    inbox.get_by_role("button", name="Accept chosen").click()
    expect(announced(inbox).filter(has_text="withdrawn meanwhile")).to_be_visible()
    expect(inbox.get_by_role("button", name="Undo")).to_have_count(2)
    assert status_of("Debian") == status_of("Cirros") == "accepted"


def test_keys_move_between_the_cards_and_answer_them(inbox):
    for key, name in (("j", "Debian"), ("j", "Alpine"), ("j", "Cirros"), ("k", "Alpine")):
        inbox.keyboard.press(key)
        expect(card(inbox, name)).to_be_focused()
    inbox.keyboard.press("a")
    expect(card(inbox, "Alpine").get_by_role("button", name="Undo")).to_be_focused()
    inbox.keyboard.press("j")
    expect(card(inbox, "Cirros")).to_be_focused()
    inbox.keyboard.press("r")
    expect(card(inbox, "Cirros").get_by_role("button", name="Undo")).to_be_focused()
    inbox.keyboard.press("k")
    inbox.keyboard.press("k")
    inbox.keyboard.press("x")
    expect(inbox.get_by_label("Choose Debian")).to_be_checked()
    inbox.keyboard.press("Enter")
    expect(inbox.get_by_role("heading", level=1)).to_have_text("Debian")
    statuses = {name: status_of(name) for name in ("Debian", "Alpine", "Cirros")}
    assert statuses == {"Debian": "pending", "Alpine": "accepted", "Cirros": "rejected"}


def test_tab_and_page_survive_reload_and_back(new_page, consumer, offered):
    for offer in offered(*(f"Image {n:02}" for n in range(30))):
        handshake.answer([offer.pk], "rejected", by=consumer.by)
    page = new_page(consumer.manager, INBOX)
    page.get_by_role("link", name="Rejected").click()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("article")).to_have_count(5)
    page.reload()
    expect(page.get_by_role("article")).to_have_count(5)
    press(page, "Image 02", "Accept")
    page.get_by_role("link", name="Help").click()
    page.go_back()
    expect(page.get_by_role("link", name="Rejected")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("article")).to_have_count(4)
    page.go_back()
    expect(page.get_by_role("article")).to_have_count(25)
    page.go_back()
    expect(page.get_by_text("No offer waits for your answer.")).to_be_visible()


def becomes_a_reader(page, consumer, monkeypatch) -> None:
    TenantUser.objects.filter(user=consumer.manager).update(role="reader")


def acts_for_the_tenant_no_more(page, consumer, monkeypatch) -> None:
    TenantUser.objects.filter(user=consumer.manager).delete()


def loses_the_cookie_of_the_form(page, consumer, monkeypatch) -> None:
    page.context.clear_cookies(name="csrftoken")


def meets_a_failing_server(page, consumer, monkeypatch) -> None:
    def fail(*_, **__):
        raise RuntimeError("provoked by a test")

    monkeypatch.setattr(handshake, "answer", fail)


def is_offline(page, consumer, monkeypatch) -> None:
    page.context.set_offline(True)


@pytest.mark.parametrize(
    ("befalls", "sentence"),
    [
        (becomes_a_reader, "Your role in this tenant is reader"),
        (acts_for_the_tenant_no_more, "There is nothing at this address that you may see."),
        (loses_the_cookie_of_the_form, "The page that you sent is out of date"),
        (meets_a_failing_server, "Proffer failed, not you."),
        (is_offline, "Proffer could not be reached."),
    ],
)
def test_a_refusal_says_its_sentence_and_the_page_loses_nothing(
    inbox, consumer, monkeypatch, problems, befalls, sentence
):
    inbox.get_by_label("Choose Debian").check()
    befalls(inbox, consumer, monkeypatch)
    press(inbox, "Alpine", "Accept")
    expect(announced(inbox).filter(has_text=sentence)).to_be_visible()
    expect(inbox.get_by_role("article")).to_have_count(3)
    expect(inbox.get_by_label("Choose Debian")).to_be_checked()
    expect(card(inbox, "Alpine").get_by_role("button", name="Accept")).to_be_enabled()
    assert status_of("Alpine") == "pending"
    problems[:] = [line for line in problems if not line.startswith(("500 for", "console: htmx:"))]
