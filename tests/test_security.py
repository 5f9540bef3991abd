"""What every answer carries, and what no page contains."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from sharing.views import home
from tests.factories import PASSWORD
from tests.pages import HTMX, read
from tests.refusals import unchanged
from tests.scene import CALLERS, Scene, build_scene
from tests.test_access import ROWS, address, body

pytestmark = pytest.mark.django_db
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
}
# Django's admin makes one script of its own, on this site.
OURS = ("/static/", "/admin/jsi18n/")
GETS = sorted(name for name, row in ROWS.items() if row.get)
POSTS = sorted(name for name, row in ROWS.items() if row.post)


@pytest.fixture
def scene() -> Scene:
    return build_scene()


def assert_has_headers(answer):
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def assert_nothing_is_inline(answer):
    """Nothing that a CSP without unsafe-inline would block, and nothing that htmx would evaluate."""
    for part in read(answer):
        assert part.tag not in ("style", "base", "object", "embed", "iframe")
        assert part.tag != "script" or (part["src"].startswith(OURS) and not part.words)
        for name, value in part.attributes.items():
            assert name != "style", part
            assert not name.startswith(("on", "hx-on", "hx-vals", "hx-vars", "data-hx-")), part
            assert not value.lower().lstrip().startswith(("javascript:", "js:", "data:")), part


class TestEveryAnswer:
    @pytest.mark.parametrize("name", GETS)
    def test_has_the_security_headers_and_a_page_has_nothing_inline(self, scene, name):
        for caller in CALLERS:
            for headers in ({}, HTMX):
                answer = scene.clients[caller].get(
                    address(scene, name, ROWS[name], caller), headers=headers
                )

                assert_has_headers(answer)
                if answer["Content-Type"].startswith("text/html") and answer.content:
                    assert_nothing_is_inline(answer)

    @pytest.mark.parametrize(
        ("verb", "caller", "data"),
        [
            ("offer", "owner", {"tenant_ids": "1 x 5083310"}),
            ("offer", "owner", {"tenant_ids": ""}),
            ("withdraw", "owner", {"all": "1"}),
            ("prune", "owner", {}),
            ("delete", "owner", {}),
            ("accept", "pending", {"offer": "own", "tab": "pending"}),
            ("postpone", "pending", {"offer": "own", "tab": "pending"}),
            ("accept", "owner", {"offer": "own", "tab": "pending"}),
        ],
    )
    def test_of_a_verb_has_them_too(self, scene, verb, caller, data):
        data = body(scene, type(ROWS[verb])(body=data), caller)

        answer = scene.clients[caller].post(
            address(scene, verb, ROWS[verb], caller), data, headers=HTMX
        )

        assert_has_headers(answer)
        assert_nothing_is_inline(answer)

    def test_over_tls_asks_for_tls_from_now_on(self, client):
        assert client.get("/accounts/login/", secure=True)["Strict-Transport-Security"] == (
            "max-age=31536000; includeSubDomains; preload"
        )

    def test_over_plain_http_leads_to_tls(self, client, settings):
        settings.SECURE_SSL_REDIRECT = True

        answer = client.get("/t/1/inbox/?status=accepted")

        assert (answer.status_code, answer["Location"]) == (
            301, "https://testserver/t/1/inbox/?status=accepted",
        )  # fmt: skip


class TestErrorPages:
    def assert_is_one(self, answer, status, words):
        assert answer.status_code == status
        assert words in read(answer).one("#error").words
        assert_nothing_is_inline(answer)
        assert_has_headers(answer)

    def test_for_a_request_that_no_page_makes(self, client):
        answer = client.get("/accounts/login/", headers={"Host": "evil.example"})

        self.assert_is_one(answer, 400, "This request is not one that Proffer’s pages make.")

    @pytest.mark.parametrize(
        "path", ["/no/such/page", "/t/1/no-such-page/", "/t/1/images/no-uuid/"]
    )
    def test_for_an_address_where_nothing_is(self, client, path):
        self.assert_is_one(client.get(path), 404, "There is nothing at this address")

    def test_for_a_verb_that_is_looked_at(self, scene):
        answer = scene.clients["owner"].get(reverse("prune-all", args=[scene.producer.id]))

        self.assert_is_one(answer, 405, "This address acts when a form is sent to it")
        assert answer["Allow"] == "POST"

    def test_for_a_failure_of_ours(self, scene, monkeypatch):
        client = scene.clients["owner"]
        client.raise_request_exception = False
        monkeypatch.setattr(home, "acting_for", lambda *args: 1 / 0)

        answer = client.get(reverse("help", args=[scene.producer.id]))

        self.assert_is_one(answer, 500, "Proffer failed, not you.")
        assert "ZeroDivisionError" not in answer.content.decode()


class TestCookies:
    def test_are_for_tls_alone_not_for_scripts_and_not_for_other_sites(self, scene):
        client = Client()
        client.get("/accounts/login/")
        client.post(
            "/accounts/login/", {"login": scene.producer.manager.email, "password": PASSWORD}
        )
        client.post(reverse("prune", args=[scene.producer.id, scene.image.pk]))

        assert set(client.cookies) == {"csrftoken", "sessionid", "messages"}
        for cookie in client.cookies.values():
            assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
            assert cookie["domain"] == ""

    def test_that_the_portal_did_not_write_are_no_session(self, scene):
        for value in (
            "x" * 5000,
            '"\\000aaaaaaaaa"',
            "é" * 40,
            "../../../etc/passwd",
            "'; --aaaaaaa",
        ):
            answer = Client().get(
                reverse("inbox", args=[scene.producer.id]), headers={"Cookie": f"sessionid={value}"}
            )

            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/")


class TestForgedForms:
    """A form that another site sends carries no token."""

    @pytest.mark.parametrize("name", POSTS)
    def test_are_refused_whatever_they_ask_for(self, scene, name):
        with unchanged():
            for caller in CALLERS:
                client = scene.clients[caller]
                client.handler.enforce_csrf_checks = True

                data = body(scene, ROWS[name], caller)
                answer = client.post(address(scene, name, ROWS[name], caller), data)

                assert answer.status_code == 403
                assert (
                    "Go back, reload that page and send it again."
                    in read(answer).one("#error").words
                )

    def test_with_a_token_of_another_browser_are_refused(self, scene):
        client = scene.clients["owner"]
        client.handler.enforce_csrf_checks = True
        token = read(Client().get("/accounts/login/")).one("main input[name=csrfmiddlewaretoken]")[
            "value"
        ]

        with unchanged():
            answer = client.post(
                reverse("prune", args=[scene.producer.id, scene.image.pk]),
                {"csrfmiddlewaretoken": token},
            )

        assert answer.status_code == 403

    @pytest.mark.parametrize("by", ["field", "header"])
    def test_are_not_ours_which_carry_it_as_a_field_or_for_htmx_as_a_header(self, scene, by):
        client = scene.clients["owner"]
        client.handler.enforce_csrf_checks = True
        page = read(client.get(reverse("image", args=[scene.producer.id, scene.image.pk])))
        token = page.one("form.offer input[name=csrfmiddlewaretoken]")["value"]
        if by == "header":
            assert token in page.one("body")["hx-headers"]
        how = {"headers": {"X-CSRFToken": token}} if by == "header" else {}

        data = {"tenant_ids": "1"} | ({"csrfmiddlewaretoken": token} if by == "field" else {})
        answer = client.post(
            reverse("offer", args=[scene.producer.id, scene.image.pk]), data, **how
        )

        assert answer.status_code == 302
        assert scene.image.memberships.filter(member_id="1").exists()


def test_the_checks_for_a_deployment_find_nothing(settings, capsys):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECRET_KEY = "a-key-for-the-checks-only-0123456789-abcdefghijklmnopqrstuvwxyz"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}

    call_command("check", deploy=True, fail_level="WARNING")

    assert "no issues" in capsys.readouterr().out
