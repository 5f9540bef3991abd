"""Requests for a token that are not of the form, and too many of them."""

import pytest

from sharing.models import User
from tests.api.client import Told
from tests.api.signing_in import (
    ask,
    asked,
    by_credential,
    by_password,
    by_token,
    credential_of,
    project,
    token_from,
)
from tests.factories import PASSWORD
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db

USER = {"name": "manager@producer.example", "password": PASSWORD}
SCOPE = project(id="4471021")


def password(scope=SCOPE, **changed):
    return asked("password", {"user": USER | changed}, scope)


def methods(value, **more):
    return {
        "auth": {"identity": {"methods": value, "password": {"user": USER}} | more, "scope": SCOPE}
    }


# The body, and what the refusal names.
MALFORMED = {
    "nothing": (b"", "body"),
    "no JSON": (b"auth", "body"),
    "cut off": (b'{"auth": {', "body"),
    "not UTF-8": (b'{"\xff": 1}', "body"),
    "a list": ([], "body"),
    "null": (b"null", "body"),
    "no auth": ({}, "auth"),
    "auth of another type": ({"auth": []}, "auth"),
    "no identity": ({"auth": {}}, "identity"),
    "no methods": ({"auth": {"identity": {}}}, "methods"),
    "an empty list of methods": (methods([]), "methods"),
    "two methods": (methods(["password", "token"]), "methods"),
    "an unknown method": (methods(["totp"]), "methods"),
    "a method that is no text": (methods([1]), "methods"),
    "methods of another type": (methods("password"), "methods"),
    "a method without what it needs": (methods(["token"]), "token"),
    "no user": (asked("password", {}, SCOPE), "user"),
    "a user of another type": (asked("password", {"user": "x"}, SCOPE), "user"),
    "no password": (asked("password", {"user": {"name": "x"}}, SCOPE), "password"),
    "a password of another type": (password(password=1), "password"),
    "a password of null": (password(password=None), "password"),
    "too long a password": (password(password="x" * 4097), "password"),
    "neither name nor id": (password(name=None), "user"),
    "both name and id": (password(id="1"), "user"),
    "an empty name": (password(name=""), "name"),
    "NUL in the name": (password(name="\0"), "name"),
    "a name that is no text": (password(name=5), "name"),
    "too long a name": (password(name="x" * 256), "name"),
    "a domain of another type": (password(domain="Default"), "domain"),
    "no scope": (password(None), "scope"),
    "a scope of null": ({"auth": {"identity": methods(["password"])["auth"]["identity"], "scope": None}}, "scope"),
    "a scope of another kind": (password({"system": {"all": True}}), "scope"),
    "a scope of another type": (password("unscoped"), "scope"),
    "an empty project": (password(project()), "project"),
    "a project by id and by name": (password(project(id="1", name="x")), "project"),
    "an empty project id": (password(project(id="")), "id"),
    "too long a project id": (password(project(id="1" * 65)), "id"),
    "a project id that is a number": (password(project(id=4471021)), "id"),
    "a project name with NUL": (password(project(name="\0")), "name"),
    "an unknown key": ({"auth": password()["auth"], "x": 1}, "x"),
    "an unknown key in auth": ({"auth": password()["auth"] | {"nonce": 1}}, "nonce"),
    "an unknown key in identity": (methods(["password"], saml={}), "saml"),
    "an unknown key in user": (password(otp="1"), "otp"),
    "an unknown key in scope": (password(SCOPE | {"domain": {}}), "domain"),
    "a credential without its secret": (asked("application_credential", {"id": "x"}), "secret"),
    "a credential by name": (asked("application_credential", {"name": "x", "secret": "y"}), "name"),
    "a credential whose id is a number": (asked("application_credential", {"id": 1, "secret": "y"}), "id"),
    "a token without its id": (asked("token", {}), "id"),
    "a token that is no text": (asked("token", {"id": 5}), "id"),
}  # fmt: skip


@pytest.mark.usefixtures("producer")
@pytest.mark.parametrize("what", MALFORMED)
def test_what_is_not_of_the_form_is_refused_and_the_field_is_named(what):
    body, named = MALFORMED[what]
    with unchanged():
        told = ask(body)
    error = told.json["error"]
    assert (told.status, error["code"], error["title"]) == (400, 400, "Bad Request")
    assert named in error["message"].partition(": ")[0] or f"`{named}`" in error["message"]
    assert PASSWORD not in told.content.decode()
    assert "X-Subject-Token" not in told.headers


def test_no_password_of_a_malformed_request_is_tried(producer, monkeypatch):
    def fails(self, raw):
        raise AssertionError("A password was tried.")

    monkeypatch.setattr(User, "check_password", fails)
    for body, _ in MALFORMED.values():
        assert ask(body).status == 400


TOO_OFTEN = {
    "code": 429,
    "message": "Too many failed attempts to sign in. Try again later.",
    "title": "Too Many Requests",
}


def assert_too_often(told: Told):
    assert (told.status, told.json) == (429, {"error": TOO_OFTEN})


class TestTooOften:
    def test_five_wrong_passwords_keep_out_even_the_right_one(self, producer):
        for _ in range(5):
            assert ask(by_password(producer, password="wrong")).status == 401
        for said in ("wrong", PASSWORD):
            assert_too_often(ask(by_password(producer, password=said)))

    def test_a_user_named_by_id_counts_as_the_same_one(self, producer):
        by_id = {"name": None, "id": str(producer.manager.pk)}
        for said in ({}, by_id, {}, by_id, {"name": "MANAGER@producer.example"}):
            assert ask(by_password(producer, password="wrong", **said)).status == 401
        for said in ({}, by_id):
            assert_too_often(ask(by_password(producer, **said)))

    @pytest.mark.parametrize(
        "said", [{"name": "nobody@producer.example"}, {"name": None, "id": "99999"}]
    )
    def test_an_unknown_user_is_told_the_same(self, producer, said):
        for _ in range(5):
            assert ask(by_password(producer, **said)).status == 401
        assert_too_often(ask(by_password(producer, **said)))

    def test_one_place_that_tries_many_is_kept_out(self, producer):
        for number in range(10):
            body = by_password(producer, name=f"user{number}@x.example")
            assert ask(body, X_Forwarded_For=f"10.0.0.{number}").status == 401
        assert_too_often(ask(by_password(producer)))

    def test_the_pages_and_the_api_count_together(self, producer, client):
        for number in range(5):
            if number % 2:
                client.post(
                    "/accounts/login/", {"login": producer.manager.email, "password": "wrong"}
                )
            else:
                ask(by_password(producer, password="wrong"))
        assert_too_often(ask(by_password(producer)))
        page = client.post(
            "/accounts/login/", {"login": producer.manager.email, "password": PASSWORD}
        )
        assert "Too many failed login attempts" in page.content.decode()

    def test_right_passwords_never_count(self, producer):
        for _ in range(40):
            token_from(by_password(producer))

    def test_credentials_and_tokens_go_on_meanwhile(self, producer):
        token = token_from(by_password(producer))
        credential, secret = credential_of(producer)
        for _ in range(6):
            ask(by_password(producer, password="wrong"))
        for body in (by_token(token), by_credential(credential, secret)):
            token_from(body)
