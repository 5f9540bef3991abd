"""In and out: the form, an expired session, a forgotten and a changed password, too many attempts."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from playwright.sync_api import Page, expect

from sharing import handshake
from sharing.models import Membership
from tests.factories import PASSWORD, ImageFactory

INBOX = "/t/5083310/inbox/"


@pytest.fixture
def offer(producer, consumer) -> Membership:
    image = ImageFactory(owner=producer.tenant, name="Golden Debian")
    handshake.offer(image, [consumer.id], by=producer.by)
    return Membership.objects.get()


def title(page: Page):
    return page.get_by_role("heading", level=1)


def sign_in(page: Page, user, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_wrong_password_says_so_and_keeps_the_address(page, consumer):
    page.goto(INBOX)
    sign_in(page, consumer.manager, "wrong")
    expect(
        page.get_by_text("The email address and/or password you specified are not correct.")
    ).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(consumer.manager.email)
    sign_in(page, consumer.manager)
    expect(title(page)).to_have_text("Inbox")


def test_too_many_wrong_passwords_are_told_to_wait(page, consumer):
    page.goto("/accounts/login/")
    for _ in range(5):
        sign_in(page, consumer.manager, "wrong")
        expect(page.get_by_text("are not correct")).to_be_visible()
    sign_in(page, consumer.manager)
    expect(page.get_by_text("Too many")).to_be_visible()
    expect(title(page)).not_to_have_text("Inbox")


@pytest.mark.parametrize("js", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_after_a_session_expired_an_answer_leads_through_the_sign_in_back_to_the_inbox(
    new_page, consumer, offer, js
):
    page = new_page(consumer.manager, INBOX, js=js)
    Session.objects.all().delete()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(title(page)).to_have_text("Sign in")
    expect(page.get_by_role("article")).to_have_count(0)
    assert Membership.objects.get().status == "pending"
    sign_in(page, consumer.manager)
    expect(title(page)).to_have_text("Inbox")
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_a_question_asked_after_the_session_expired_leads_back_to_the_image(
    new_page, producer, offer
):
    page = new_page(producer.manager, f"/t/{producer.id}/images/{offer.image_id}/?status=pending")
    Session.objects.all().delete()
    page.get_by_role("link", name="Delete image").click()
    expect(title(page)).to_have_text("Sign in")
    sign_in(page, producer.manager)
    expect(title(page)).to_have_text("Golden Debian")
    assert page.url.endswith("?status=pending")


def test_signing_out_leaves_nothing_to_see_by_going_back(new_page, consumer, offer):
    page = new_page(consumer.manager, INBOX)
    page.get_by_label("User menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(title(page)).to_have_text("Sign in")
    page.go_back()
    expect(title(page)).to_have_text("Sign in")
    expect(page.get_by_text("Golden Debian")).to_have_count(0)


def test_a_forgotten_password_is_replaced_by_the_link_that_is_mailed(page, consumer):
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill(consumer.manager.email)
    page.get_by_role("button", name="Send the link").click()
    expect(title(page)).to_have_text("Look into your mail")
    [letter] = mail.outbox
    [link] = re.findall(r"https?://\S+/password/reset/key/\S+", letter.body)
    page.goto(link)
    expect(title(page)).to_have_text("New password")
    page.get_by_label("New Password", exact=False).first.fill("a brand new sentence 1")
    page.get_by_label("New Password (again)").fill("a brand new sentence 1")
    page.get_by_role("button", name="Set the new password").click()
    page.goto("/accounts/login/")
    sign_in(page, consumer.manager, "a brand new sentence 1")
    expect(title(page)).to_have_text("Inbox")
    page.goto(link)
    expect(title(page)).to_have_text("This link no longer works")


def test_an_unknown_address_looks_the_same(page):
    page.goto("/accounts/password/reset/")
    page.get_by_label("Email").fill("nobody@nowhere.example")
    page.get_by_role("button", name="Send the link").click()
    expect(title(page)).to_have_text("Look into your mail")


def test_a_changed_password_keeps_the_user_signed_in(new_page, consumer):
    page = new_page(consumer.manager, "/accounts/password/change/")
    page.get_by_label("Current Password").fill(PASSWORD)
    page.get_by_label("New Password").first.fill("a brand new sentence 1")
    page.get_by_label("New Password (again)").fill("a brand new sentence 1")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Password successfully changed.")).to_be_visible()
    page.goto(INBOX)
    expect(title(page)).to_have_text("Inbox")


def test_nobody_signs_up(page):
    page.goto("/accounts/signup/")
    expect(title(page)).to_have_text("No sign-up")
    expect(page.get_by_role("textbox")).to_have_count(0)
