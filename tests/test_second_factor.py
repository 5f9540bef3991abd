"""Signing in with a second factor: a code of an app after the password, or a recovery code."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from portal.accounts import has_second_factor
from tests.pages import read
from tests.second_factor import (
    ASK,
    OVERVIEW,
    SIGN_IN,
    STEP,
    code,
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
TOO_OFTEN = "Too many failed login attempts. Try again later."


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    return stop_clock(monkeypatch)


@pytest.fixture
def user(consumer):
    return consumer.manager


class TestSignIn:
    def test_asks_for_the_code_after_the_password_and_is_none_before_it(
        self, consumer, user, client
    ):
        give(user)

        answer = give_password(client, user)

        assert answer["Location"] == ASK
        assert not is_signed_in(client)
        for page in (reverse("inbox", args=[consumer.id]), OVERVIEW, "/accounts/password/change/"):
            assert client.get(page)["Location"].startswith(SIGN_IN)
        assert read(client.get(ASK)).one("h1").words == "Enter your code"

    def test_leads_with_the_code_to_the_page_that_was_asked_for(
        self, consumer, user, client, clock
    ):
        secret, _ = give(user)
        wanted = reverse("images", args=[consumer.id]) + "?q=debian"
        give_password(client, user, next=wanted)

        answer = give_code(client, code(secret, clock.now))

        assert answer["Location"] == wanted
        assert is_signed_in(client)

    @pytest.mark.parametrize("typed", ["", "1", "nonsense", "é" * 6, "0" * 5000, "\0"])
    def test_with_what_is_no_code_is_refused(self, user, client, typed):
        give(user)

        assert refusals(sign_in(client, user, typed))
        assert not is_signed_in(client)

    def test_with_a_wrong_code_is_refused(self, user, client, clock):
        secret, _ = give(user)

        answer = sign_in(client, user, wrong(code(secret, clock.now)))

        assert refusals(answer) == ["Incorrect code."]
        assert not is_signed_in(client)

    def test_with_wrong_codes_too_often_is_refused_for_a_while_even_with_the_right_one(
        self, user, client, clock
    ):
        secret, codes = give(user)
        right = code(secret, clock.now)
        for _ in range(5):
            assert refusals(sign_in(client, user, wrong(right))) == ["Incorrect code."]
            client.cookies.clear()

        for typed in (wrong(right), right, codes[0]):
            assert refusals(sign_in(client, user, typed)) == [TOO_OFTEN]
            assert not is_signed_in(client)
            client.cookies.clear()

    def test_takes_a_code_once(self, consumer, user, client, clock):
        secret, _ = give(user)
        sign_in(client, user, code(secret, clock.now))
        client.post("/accounts/logout/")

        assert refusals(sign_in(client, user, code(secret, clock.now))) == ["Incorrect code."]
        clock.now += STEP
        give_code(client, code(secret, clock.now))
        assert is_signed_in(client)

    def test_takes_a_recovery_code_once(self, user, client):
        _, [first, second, *_] = give(user)
        sign_in(client, user, first)
        assert is_signed_in(client)
        client.post("/accounts/logout/")

        assert refusals(sign_in(client, user, first)) == ["Incorrect code."]
        give_code(client, second)
        assert is_signed_in(client)

    def test_is_forgotten_when_started_over(self, user, client, clock):
        secret, _ = give(user)
        give_password(client, user)

        assert client.post("/accounts/logout/")["Location"] == SIGN_IN

        assert client.get(SIGN_IN).status_code == 200
        assert give_code(client, code(secret, clock.now))["Location"] == SIGN_IN
        assert not is_signed_in(client)

    def test_with_a_code_alone_is_none(self, user, client, clock):
        secret, _ = give(user)

        assert client.get(ASK)["Location"] == SIGN_IN
        assert give_code(client, code(secret, clock.now))["Location"] == SIGN_IN
        assert not is_signed_in(client)

    def test_with_a_wrong_password_does_not_tell_that_a_code_would_be_asked(
        self, consumer, user, client
    ):
        give(user)

        with_it, without = (
            refusals(give_password(client, who, "wrong")) for who in (user, consumer.reader)
        )

        assert with_it == without != []


class TestAfterTheSecretKeyChanged:
    def test_no_code_is_taken_and_the_page_says_what_to_do(self, user, client, clock, settings):
        secret, _ = give(user)
        settings.SECRET_KEY = "another key"
        give_password(client, user)

        answer = give_code(client, code(secret, clock.now))

        assert answer.status_code == 409
        assert "Ask an operator to remove your second factor" in read(answer).one("#error").words
        assert not is_signed_in(client)

    def test_codes_are_taken_where_the_earlier_key_is_known(self, user, client, clock, settings):
        secret, _ = give(user)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another key"

        sign_in(client, user, code(secret, clock.now))

        assert is_signed_in(client)


def test_nobody_has_none():
    assert not has_second_factor(AnonymousUser())
