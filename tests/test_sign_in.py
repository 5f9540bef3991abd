"""Sign in and sign out."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from sharing.models import User
from tests.factories import PASSWORD
from tests.pages import HTMX, read

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/login/"
WRONG = "The email address and/or password you specified are not correct."


def sign_in(client, email, password=PASSWORD, **more):
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


def is_signed_in(client):
    return "_auth_user_id" in client.session


class TestSignIn:
    @pytest.mark.parametrize(
        "spelled",
        ["manager@consumer.example", "Manager@CONSUMER.example", "  manager@consumer.example "],
    )
    def test_leads_to_the_start_whatever_the_case_of_the_address(self, consumer, client, spelled):
        answer = sign_in(client, spelled)

        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert is_signed_in(client)

    def test_leads_back_to_the_page_that_was_asked_for(self, consumer, client):
        wanted = reverse("images", args=[consumer.id]) + "?q=debian&show=mine"
        led = client.get(wanted)
        assert (
            led["Location"]
            == f"{SIGN_IN}?next={wanted.replace('?', '%3F').replace('=', '%3D').replace('&', '%26')}"
        )
        form = read(client.get(led["Location"])).one("main form")
        assert form.one("input[name=next]")["value"] == wanted

        assert sign_in(client, "manager@consumer.example", next=wanted)["Location"] == wanted

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example",
            "javascript:alert(1)", "https:evil.example", "http://testserver@evil.example/", "\t//evil.example",
            "http://testserver.evil.example/", "ftp://testserver/", "data:text/html,x", "//[::1", "/\n/evil.example",
        ],
    )  # fmt: skip
    def test_never_leads_elsewhere(self, consumer, client, elsewhere):
        shown = client.get(SIGN_IN, {"next": elsewhere})
        answer = sign_in(client, "manager@consumer.example", next=elsewhere)

        assert shown.status_code == 200
        assert answer["Location"] == "/"

    def test_gives_a_new_session(self, consumer, client):
        client.get(SIGN_IN)
        session = client.session
        session["left"] = "by somebody else"
        session.save()
        client.cookies["sessionid"] = before = session.session_key

        sign_in(client, "manager@consumer.example")

        assert client.session.session_key != before
        assert not Session.objects.filter(pk=before).exists()

    def test_of_who_is_signed_in_leads_to_the_start(self, consumer):
        assert consumer.client().get(SIGN_IN)["Location"] == "/"

    def test_page_has_no_page_frame_of_a_tenant(self, client):
        page = read(client.get(SIGN_IN))

        assert page.one("h1").words == "Sign in"
        assert not page.all(".rail")
        assert "No sign-in yet? The operators of this cloud make one for you" in page.words


class TestWrongPassword:
    """One message for every cause, so that nobody learns who can sign in here."""

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("manager@consumer.example", "wrong"),
            ("nobody@consumer.example", PASSWORD),
            ("switched-off@consumer.example", "wrong"),
            ("no-password@consumer.example", PASSWORD),
            ("no-password@consumer.example", "!"),
        ],
        ids=[
            "wrong password",
            "unknown address",
            "inactive",
            "no password",
            "the sign of no password",
        ],
    )
    def test_is_told_as_one_message(self, consumer, client, email, password):
        User.objects.create_user("switched-off@consumer.example", PASSWORD, is_active=False)
        User.objects.create_user("no-password@consumer.example")

        answer = sign_in(client, email, password)

        page = read(answer)
        assert answer.status_code == 200
        assert page.texts(".errorlist") == [WRONG]
        assert page.one("input[name=login]")["value"] == email
        assert "value" not in page.one("input[name=password]").attributes
        assert not is_signed_in(client)

    def test_too_often_is_refused_for_a_while_even_with_the_right_one(self, consumer, client):
        email = "manager@consumer.example"
        for _ in range(5):
            assert read(sign_in(client, email, "wrong")).texts(".errorlist") == [WRONG]

        for password in ("wrong", PASSWORD):
            page = read(sign_in(client, email, password))
            assert page.texts(".errorlist") == ["Too many failed login attempts. Try again later."]
        assert not is_signed_in(client)

    def test_too_often_is_told_the_same_of_an_unknown_address(self, consumer, client):
        for _ in range(5):
            sign_in(client, "nobody@consumer.example", "wrong")

        page = read(sign_in(client, "nobody@consumer.example", "wrong"))
        assert page.texts(".errorlist") == ["Too many failed login attempts. Try again later."]

    def test_from_one_place_for_many_addresses_is_refused_too(self, consumer, client):
        for n in range(10):
            sign_in(client, f"user{n}@consumer.example", "wrong")

        page = read(sign_in(client, "manager@consumer.example"))
        assert page.texts(".errorlist") == ["Too many failed login attempts. Try again later."]

    def test_does_not_count_for_a_place_that_is_only_claimed(self, consumer, client):
        for n in range(10):
            client.post(
                SIGN_IN,
                {"login": f"user{n}@consumer.example", "password": "wrong"},
                headers={"X-Forwarded-For": f"10.0.0.{n}"},
            )

        page = read(sign_in(client, "manager@consumer.example"))
        assert page.texts(".errorlist") == ["Too many failed login attempts. Try again later."]


def test_thirty_attempts_a_minute_are_429_with_a_sentence(consumer, client):
    for n in range(30):
        sign_in(client, f"user{n}@consumer.example", "wrong")

    answer = sign_in(client, "manager@consumer.example")

    assert answer.status_code == 429
    assert "Wait five minutes, then try again." in read(answer).one("#error").words
    assert not is_signed_in(client)


class TestInactive:
    @pytest.fixture
    def user(self):
        return User.objects.create_user("switched-off@consumer.example", PASSWORD, is_active=False)

    def test_user_with_the_right_password_is_told_and_not_signed_in(self, user, client):
        answer = sign_in(client, user.email)

        assert not is_signed_in(client)
        assert answer["Location"] == reverse("account_inactive")
        assert (
            "An operator of this cloud switched it off."
            in read(client.get(answer["Location"])).words
        )

    @pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])
    def test_user_is_out_at_the_next_request(self, consumer, how):
        client = consumer.client()
        assert client.get(reverse("inbox", args=[consumer.id])).status_code == 200
        User.objects.filter(pk=consumer.manager.pk).update(is_active=False)

        answer = client.get(reverse("inbox", args=[consumer.id]), **how)
        assert SIGN_IN in (answer["HX-Redirect"] if how else answer["Location"])


def test_sign_out_ends_the_session_and_leads_to_the_sign_in(consumer):
    client = consumer.client()
    key = client.session.session_key

    assert client.get("/accounts/logout/").status_code == 200
    assert is_signed_in(client)
    assert client.post("/accounts/logout/")["Location"] == SIGN_IN

    assert not is_signed_in(client)
    assert not Session.objects.filter(pk=key).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_signs_up(client, method):
    data = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}

    answer = getattr(client, method)("/accounts/signup/", data)

    assert "Nobody signs up here" in read(answer).words
    assert not User.objects.exists()
    assert not is_signed_in(client)


def test_operators_sign_in_where_everybody_does(client):
    answer = client.get(reverse("admin:login"))

    assert (answer.status_code, answer["Location"]) == (302, f"{SIGN_IN}?next=%2Fadmin%2Flogin%2F")
