"""The whole handshake, as two people do it: with JavaScript and without it, by what the pages say."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from sharing.checklist import ITEMS
from sharing.models import Event, Membership
from tests.factories import PASSWORD, ImageFactory

IMAGE = "Golden Debian 12"


@pytest.fixture
def image(producer):
    return ImageFactory(
        owner=producer.tenant, name=IMAGE, checklist_confirmed_at=None, checklist_confirmed_by="", checklist_checksum=""
    )  # fmt: skip


@pytest.mark.parametrize("js", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_two_tenants_complete_the_handshake(new_page, image, producer, consumer, stranger, js):
    page = new_page(js=js)
    with signed_in(page, producer):
        find_image(page)
        offer(page, f"{consumer.id}, {stranger.id}\n{consumer.id[:-1]}x", note="As agreed by phone")
        results = page.get_by_role("list").filter(has_text=f"{consumer.id}: offered")
        expect(results.get_by_role("listitem")).to_have_text(
            [
                f"{consumer.id}: offered",
                f"{stranger.id}: offered",
                f"“{consumer.id[:-1]}x”: not a valid tenant ID",
            ]
        )
    with signed_in(page, consumer):
        accept_and_undo(page, producer)
        leave_and_decide_later(page)
        reject(page)
    with signed_in(page, producer):
        find_image(page)
        expect(row(page, consumer)).to_contain_text("Rejected")
        expect(row(page, stranger)).to_contain_text("Pending")
        prune_and_offer_again(page, consumer)
        withdraw(page, consumer)
    with signed_in(page, consumer):
        expect(page.get_by_text("No offer waits for your answer.")).to_be_visible()
    expect_the_same_history_on_both_sides(page, producer, consumer)


@contextmanager
def signed_in(page: Page, party) -> Iterator[None]:
    """In by the form, and out by the user menu."""
    page.goto("/")
    page.get_by_label("Email").fill(party.manager.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    expect(page.get_by_role("group", name="Acting tenant")).to_contain_text(party.id)
    yield
    page.get_by_label(f"User menu, {party.manager.email}").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Main").get_by_role("link", name=name)


def row(page: Page, member) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=member.id))


def card(page: Page) -> Locator:
    return page.get_by_role("article").filter(has_text=IMAGE)


def answer(page: Page, button: str) -> None:
    card(page).get_by_role("button", name=button, exact=True).click()


def confirm(page: Page, button: str, consequence: str) -> None:
    """Presses the button that does it, in the dialog or on the page that names the consequence."""
    question = (
        page.get_by_role("region").or_(page.get_by_role("dialog")).filter(has_text=consequence).last
    )
    expect(question).to_be_visible()
    question.get_by_role("button", name=button).click()


def find_image(page: Page) -> None:
    page.get_by_label("Search my images").fill("golden deb")
    page.get_by_label("Search my images").press("Enter")
    page.get_by_role("rowheader").get_by_role("link", name=IMAGE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(IMAGE)


def offer(page: Page, tenant_ids: str, note: str = "") -> None:
    page.get_by_label("Tenant IDs").fill(tenant_ids)
    page.get_by_role("textbox", name="Note").fill(note)
    for sentence in ITEMS.values():
        if page.get_by_role("checkbox", name=sentence).count():
            page.get_by_role("checkbox", name=sentence).check()
    page.get_by_role("button", name="Offer").click()


def accept_and_undo(page: Page, producer) -> None:
    expect(section(page, "Inbox")).to_contain_text("1")
    expect(card(page)).to_contain_text(producer.id)
    expect(card(page)).to_contain_text("As agreed by phone")
    answer(page, "Accept")
    expect(card(page)).to_contain_text("Accepted")
    expect(section(page, "Inbox")).not_to_contain_text("1")
    answer(page, "Undo")
    expect(card(page)).to_contain_text("Pending")
    expect(section(page, "Inbox")).to_contain_text("1")
    answer(page, "Accept")
    expect(card(page)).to_contain_text("Accepted")


def leave_and_decide_later(page: Page) -> None:
    section(page, "Images").click()
    page.get_by_role("rowheader").get_by_role("link", name=IMAGE).click()
    page.get_by_role("link", name="Leave").or_(page.get_by_role("button", name="Leave")).click()
    confirm(page, "Leave", "servers and snapshots, stays yours")
    section(page, "Images").click()
    expect(page.get_by_text("No image here yet.")).to_be_visible()
    section(page, "Inbox").click()
    page.get_by_role("link", name="Rejected").click()
    answer(page, "Decide later")
    expect(card(page)).to_contain_text("Pending")


def reject(page: Page) -> None:
    page.get_by_role("link", name="Pending").click()
    answer(page, "Reject")
    expect(card(page)).to_contain_text("Rejected")


def prune_and_offer_again(page: Page, consumer) -> None:
    page.get_by_role("link", name="Prune 1 rejected").click()
    confirm(
        page, "Prune 1 rejected", "changes its mind to accepted before you confirm stays a member"
    )
    expect(page.get_by_text("Pruned 1 tenant that had rejected.")).to_be_visible()
    expect(row(page, consumer)).to_have_count(0)
    offer(page, consumer.id)
    expect(page.get_by_text(f"{consumer.id}: offered")).to_be_visible()
    expect(row(page, consumer)).to_contain_text("Pending")


def withdraw(page: Page, consumer) -> None:
    row(page, consumer).get_by_role("link", name=f"Withdraw from {consumer.id}").click()
    confirm(page, "Withdraw", "None of them has accepted it.")
    expect(page.get_by_text("Withdrew the image from 1 tenant.")).to_be_visible()
    expect(row(page, consumer)).to_have_count(0)


def expect_the_same_history_on_both_sides(page: Page, producer, consumer) -> None:
    assert not Membership.objects.filter(member_id=consumer.id).exists()
    told = [
        "Withdrawn", "Offered", "Pruned", "Rejected", "Put back to pending", "Rejected",
        "Accepted", "Put back to pending", "Accepted", "Offered",
    ]  # fmt: skip
    shown = Event.objects.filter(member_id=consumer.id).order_by("-id")
    assert [event.get_verb_display() for event in shown] == told
    for party, other in ((producer, consumer), (consumer, producer)):
        with signed_in(page, party):
            section(page, "Activity").click()
            pair = page.get_by_role("row").filter(has_text=IMAGE).filter(has_text=other.id)
            expect(pair.get_by_role("rowheader")).to_have_text(told)
