"""The pages of the second factor: set up, remove, recovery codes. Each asks for the password again."""

import json

import pytest
from allauth.mfa.models import Authenticator

from portal.accounts import has_second_factor
from tests.factories import PASSWORD
from tests.pages import read, told
from tests.second_factor import (
    CONFIRM,
    OVERVIEW,
    code,
    confirm,
    give,
    give_code,
    give_password,
    is_signed_in,
    refusals,
    sign_in,
    stop_clock,
    wrong,
)

pytestmark = pytest.mark.django_db
SET_UP, REMOVE = f"{OVERVIEW}set-up/", f"{OVERVIEW}remove/"
CODES = "/accounts/recovery-codes/"
NEW, DOWNLOAD = f"{CODES}new/", f"{CODES}download/"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    return stop_clock(monkeypatch)


@pytest.fixture
def user(consumer):
    return consumer.manager


class TestSettingUp:
    def secret_on(self, page):
        return page.one(".facts dd").words

    def test_asks_for_the_password_then_for_a_code_and_gives_recovery_codes(
        self, consumer, user, clock
    ):
        client = consumer.client()
        asked = client.get(SET_UP)
        assert asked["Location"] == f"{CONFIRM}?next={SET_UP.replace('/', '%2F')}"
        shown = read(client.post(asked["Location"], {"password": PASSWORD}, follow=True))
        assert not has_second_factor(user)

        typed = code(self.secret_on(shown), clock.now)
        done = read(client.post(SET_UP, {"code": typed}, follow=True))

        assert has_second_factor(user)
        assert done.one("h1").words == "Recovery codes"
        assert "10 of 10 left." in done.words
        assert len(set(done.texts(".codes li"))) == 10

    def test_shows_the_secret_as_a_picture_in_the_page_as_text_and_as_a_link(self, consumer):
        client = consumer.client()
        confirm(client)

        page = read(client.get(SET_UP))

        secret = self.secret_on(page)
        assert page.one("[role=img] svg path")["d"]
        assert page.one("[data-copy]")["data-copy"] == secret
        link = f"otpauth://totp/manager%40consumer.example?secret={secret}&issuer=Proffer"
        assert link in [part["href"] for part in page.all("main a")]

    def test_with_a_wrong_code_is_refused_and_the_same_secret_stays(self, consumer, user, clock):
        client = consumer.client()
        confirm(client)
        secret = self.secret_on(read(client.get(SET_UP)))

        page = read(client.post(SET_UP, {"code": wrong(code(secret, clock.now))}))

        assert page.texts(".errorlist") == ["Incorrect code."]
        assert self.secret_on(page) == secret
        assert not has_second_factor(user)

    def test_leaves_nothing_in_the_database_that_makes_codes(self, user):
        secret, codes = give(user)

        kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
        assert secret not in kept
        assert not any(code in kept for code in codes)

    def test_twice_leads_to_where_it_is_removed(self, consumer, user):
        give(user)

        client = consumer.client()
        confirm(client)

        assert client.get(SET_UP)["Location"] == REMOVE


class TestRemoving:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_asks_for_the_password_first(self, consumer, user, method):
        give(user)

        answer = getattr(consumer.client(), method)(REMOVE)

        assert answer["Location"].startswith(CONFIRM)
        assert has_second_factor(user)

    def test_with_a_wrong_password_removes_nothing(self, consumer, user):
        give(user)
        client = consumer.client()
        confirm(client, "wrong")

        assert client.post(REMOVE)["Location"].startswith(CONFIRM)
        assert has_second_factor(user)

    def test_is_allowed_by_a_code_as_by_the_password(self, consumer, user, clock):
        secret, _ = give(user)
        client = consumer.client()
        way = read(client.get(CONFIRM, {"next": REMOVE})).one("main p a")
        assert way.words == "Use a code of your second factor"

        shown = client.post(way["href"], {"code": code(secret, clock.now)}, follow=True)

        assert read(shown).one("h1").words == "Remove the second factor"

    def test_leaves_the_password_alone_to_sign_in_and_no_recovery_code(
        self, consumer, user, client
    ):
        give(user)
        theirs = consumer.client()
        confirm(theirs)

        answer = theirs.post(REMOVE, follow=True)

        assert told(read(answer))[-1].startswith("Second factor removed:")
        assert not Authenticator.objects.exists()
        give_password(client, user)
        assert is_signed_in(client)


class TestRecoveryCodes:
    @pytest.mark.parametrize("page", [CODES, NEW, DOWNLOAD])
    def test_are_shown_and_made_after_the_password_was_given_again(self, consumer, user, page):
        give(user)
        assert consumer.client().get(page)["Location"].startswith(CONFIRM)

    @pytest.mark.parametrize("page", [CODES, DOWNLOAD])
    def test_are_nowhere_without_a_second_factor(self, consumer, page):
        assert consumer.client().get(page).status_code == 404

    def test_are_not_made_without_a_second_factor(self, consumer):
        client = consumer.client()
        confirm(client)

        client.post(NEW)

        assert not Authenticator.objects.exists()

    def test_that_were_not_used_are_downloaded(self, consumer, user, client):
        _, [used, *left] = give(user)
        sign_in(client, user, used)
        confirm(client)

        answer = client.get(DOWNLOAD)

        assert answer.content.decode().splitlines()[2:] == left
        assert answer["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
        assert "no-store" in answer["Cache-Control"]

    def test_made_anew_void_the_old_ones(self, consumer, user, client):
        _, old = give(user)
        theirs = consumer.client()
        confirm(theirs)

        new = read(theirs.post(NEW, follow=True)).texts(".codes li")

        assert not set(new) & set(old)
        assert refusals(sign_in(client, user, old[0])) == ["Incorrect code."]
        give_code(client, new[0])
        assert is_signed_in(client)


def test_the_user_menu_leads_to_the_second_factor(consumer, user):
    client = consumer.client()
    [link] = [
        part
        for part in read(client.get(OVERVIEW)).all(".menu.user a")
        if part.words == "Second factor"
    ]
    assert link["href"] == OVERVIEW
    assert "Your password alone signs you in." in read(client.get(OVERVIEW)).words

    give(user)
    assert "On Set up on" in read(client.get(OVERVIEW)).words
