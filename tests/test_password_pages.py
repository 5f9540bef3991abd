"""Password change, and reset by mail: the same page whether the address can sign in or not."""

import re

import pytest
from django.tasks import task_backends
from django.urls import reverse

from sharing.models import User
from tests.factories import PASSWORD
from tests.pages import read
from tests.scene import without_token

pytestmark = pytest.mark.django_db
RESET, CHANGE = "/accounts/password/reset/", "/accounts/password/change/"
NEW = "staple battery horse correct"


def password_of(user):
    return User.objects.get(pk=user.pk).password


class TestChange:
    def change(self, client, old=PASSWORD, new=NEW, again=NEW):
        return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": again})

    def test_sets_the_new_password_and_says_so(self, consumer):
        client = consumer.client()

        answer = self.change(client)

        assert answer.status_code == 302
        assert "Password successfully changed." in read(client.get(answer["Location"])).texts(
            ".message"
        )
        consumer.manager.refresh_from_db()
        assert consumer.manager.check_password(NEW)

    def test_keeps_this_session_and_ends_the_others(self, consumer):
        here, elsewhere = consumer.client(), consumer.client()

        self.change(here)

        address = reverse("inbox", args=[consumer.id])
        assert here.get(address).status_code == 200
        assert elsewhere.get(address).status_code == 302

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"old": "wrong"}, "Please type your current password."),
            ({"again": "other words"}, "You must type the same password each time."),
            ({"new": "short", "again": "short"}, "This password is too short."),
            ({"new": "12345678901", "again": "12345678901"}, "This password is entirely numeric."),
            ({"new": "password", "again": "password"}, "This password is too common."),
            (
                {"new": "manager@consumer", "again": "manager@consumer"},
                "The password is too similar to the e-mail",
            ),
            ({"new": "", "again": ""}, "This field is required."),
        ],
    )
    def test_refuses_with_a_sentence(self, consumer, typed, sentence):
        before = password_of(consumer.manager)

        answer = self.change(consumer.client(), **typed)

        assert answer.status_code == 200
        assert sentence in " ".join(read(answer).texts(".errorlist"))
        assert password_of(consumer.manager) == before

    def test_too_often_is_429(self, consumer):
        client = consumer.client()
        for _ in range(5):
            self.change(client, old="wrong")

        answer = self.change(client)
        assert answer.status_code == 429
        assert "Wait five minutes" in read(answer).one("#error").words


@pytest.mark.django_db(transaction=True)
class TestResetByMail:
    def ask(self, client, email):
        return client.post(RESET, {"email": email}, follow=True)

    def link(self, mailoutbox):
        [message] = mailoutbox
        [link] = re.findall(r"http://testserver(/accounts/password/reset/key/\S+)", message.body)
        return link

    def form(self, client, link):
        return client.get(link, follow=True)

    def test_the_page_is_the_same_for_an_unknown_address(self, consumer, client, mailoutbox):
        known = self.ask(client, "manager@consumer.example")
        unknown = self.ask(client, "nobody@consumer.example")

        assert known.redirect_chain == unknown.redirect_chain
        assert without_token(known) == without_token(unknown)
        assert "If that address can sign in here" in read(known).words
        assert [message.to for message in mailoutbox] == [
            ["manager@consumer.example"], ["nobody@consumer.example"],
        ]  # fmt: skip

    def test_an_unknown_address_is_told_by_mail_what_happened(self, client, mailoutbox):
        self.ask(client, "nobody@consumer.example")

        [message] = mailoutbox
        assert "Nobody signs in there with this address." in message.body
        assert "/password/reset/key/" not in message.body

    def test_the_mail_waits_for_the_worker(self, consumer, client, mailoutbox, settings):
        settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}

        self.ask(client, "manager@consumer.example")

        assert mailoutbox == []
        [task] = task_backends["default"].results
        assert task.args[-1] == "manager@consumer.example"

    def test_its_link_sets_a_new_password_once(self, consumer, client, mailoutbox):
        self.ask(client, "manager@consumer.example")
        link = self.link(mailoutbox)
        shown = self.form(client, link)
        assert read(shown).one("h1").words == "New password"

        done = client.post(
            shown.request["PATH_INFO"], {"password1": NEW, "password2": NEW}, follow=True
        )

        assert read(done).one("h1").words == "Password changed"
        consumer.manager.refresh_from_db()
        assert consumer.manager.check_password(NEW)
        again = read(self.form(client, link))
        assert again.one("h1").words == "This link no longer works"
        assert "Your password was not changed." in again.words

    def test_its_link_keeps_its_key_out_of_the_address_and_out_of_referrers(
        self, consumer, client, mailoutbox
    ):
        self.ask(client, "manager@consumer.example")
        link = self.link(mailoutbox)

        shown = self.form(client, link)

        assert shown.request["PATH_INFO"].endswith("-set-password/")
        assert link.split("/")[-2].split("-", 1)[1] not in shown.content.decode()

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            (("short", "short"), "This password is too short."),
            ((NEW, "other"), "You must type the same password"),
        ],
    )
    def test_a_bad_new_password_is_refused_with_a_sentence(
        self, consumer, client, mailoutbox, typed, sentence
    ):
        before = password_of(consumer.manager)
        self.ask(client, "manager@consumer.example")
        shown = self.form(client, self.link(mailoutbox))

        answer = client.post(
            shown.request["PATH_INFO"], dict(zip(("password1", "password2"), typed, strict=True))
        )

        assert answer.status_code == 200
        assert sentence in " ".join(read(answer).texts(".errorlist"))
        assert password_of(consumer.manager) == before

    def test_a_user_who_is_switched_off_gets_no_link(self, client, mailoutbox):
        User.objects.create_user("off@consumer.example", PASSWORD, is_active=False)

        answer = self.ask(client, "off@consumer.example")

        assert "If that address can sign in here" in read(answer).words
        assert not any("/password/reset/key/" in message.body for message in mailoutbox)

    def test_too_often_is_429_and_sends_no_more(self, consumer, client, mailoutbox):
        for _ in range(5):
            self.ask(client, "manager@consumer.example")

        answer = self.ask(client, "manager@consumer.example")

        assert answer.status_code == 429
        assert "Wait five minutes" in read(answer).one("#error").words
        assert len(mailoutbox) == 5


@pytest.mark.parametrize(
    "key",
    ["1-x", "1-set-password", "zzzzzzzzzzzzz-x", "zzzzzzzzzzzzzz-x", "0-0", "1-%00", "1-%ED%A0%80", f"1-{'k' * 5000}"],
)  # fmt: skip
def test_a_link_that_was_never_sent_no_longer_works(client, consumer, key):
    answer = client.get(f"{RESET}key/{key}/")

    assert answer.status_code == 200
    assert "A link to a new password works once" in read(answer).words
