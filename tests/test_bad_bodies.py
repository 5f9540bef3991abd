"""Bodies that no form makes: too large, cut off, of another kind. A 4xx with a sentence; nothing changes."""

from io import BytesIO
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client
from django.urls import reverse

from portal.wsgi import application
from tests.pages import read
from tests.refusals import unchanged
from tests.scene import Scene, build_scene

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
BAD = b"offer=x&tab=x&member=%00&tenant_ids=%00"
MULTIPART = "multipart/form-data; boundary=b"


@pytest.fixture
def scene() -> Scene:
    return build_scene()


def file_as(name):
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'
    return f"{head}1\r\n--b--\r\n".encode()


def fields(count):
    return "&".join(f"offer={n}&member={n}&tenant_ids={n}" for n in range(count // 3)).encode()


BODIES = {
    "10,000 fields": (FORM, fields(10_000)),
    "3 MB in one field": (FORM, b"offer=1&member=1&tenant_ids=" + b"1" * 3_000_000),
    "invalid UTF-8": (FORM, b"offer=%FF&tab=%FF&member=%00%FF&tenant_ids=%FF&note=%FF%00"),
    "invalid UTF-8, raw": (FORM, b"offer=\xff&tab=\xfe&member=\x00\xff&tenant_ids=\xff\x00"),
    "half of a surrogate pair": (FORM, b"offer=%ED%A0%80&member=%00%ED%A0%80&tenant_ids=1%ED%A0%80&note=%00%ED%A0%80"),
    "JSON": ("application/json", b'{"offer": 1, "tab": "pending", "member": "1", "tenant_ids": "1"}'),
    "no type": ("", b"offer=1&tab=pending&member=1&tenant_ids=1"),
    "multipart without a boundary": ("multipart/form-data", b"offer=1&member=1&tenant_ids=1"),
    "multipart cut off": (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="offer"\r\n\r\n'),
    "multipart of junk": (MULTIPART, b"\x00\xff" * 500),
    "a file instead of a field": (MULTIPART, file_as("offer") + file_as("member") + file_as("tenant_ids")),
    "multipart in base64 that is none": (
        MULTIPART,
        b'--b\r\nContent-Disposition: form-data; name="offer"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n",
    ),
    "junk": (FORM, bytes(range(256)) * 4),
    "nothing": (FORM, b""),
}  # fmt: skip


def assert_is_refused(answer, *statuses):
    assert answer.status_code in statuses
    if answer["Content-Type"].startswith("application/json"):
        # What allauth answers to JSON, which no page of ours sends.
        assert answer.status_code == 400
    else:
        page = read(answer)
        assert page.texts("#error") or page.texts(".errorlist")


def send(client, path, kind):
    """As a browser would, with the token in a header: Django then reads the body before any view does."""
    content_type, data = BODIES[kind]
    client.handler.enforce_csrf_checks = True
    token = read(client.get("/accounts/password/reset/")).one(
        "main input[name=csrfmiddlewaretoken]"
    )["value"]
    # Not post(), which would encode the body anew in the charset that it claims.
    return client.generic("POST", path, data, content_type, headers={"X-CSRFToken": token})


@pytest.mark.parametrize("kind", BODIES)
class TestBody:
    @pytest.mark.parametrize("verb", ["accept", "withdraw", "offer"])
    def test_of_a_verb_is_refused_with_a_sentence(self, scene, verb, kind):
        caller = "pending" if verb == "accept" else "owner"
        args = [scene.tenant_of(caller), scene.image.pk]

        with unchanged():
            path = reverse(verb, args=args[:1] if verb == "accept" else args)
            answer = send(scene.clients[caller], path, kind)

        assert_is_refused(answer, 400, 422)

    @pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
    def test_of_an_account_form_is_refused_with_a_sentence(self, scene, path, kind):
        answer = send(Client(), path, kind)

        assert_is_refused(answer, 200, 400)

    @pytest.mark.parametrize("path", ["/accounts/password/change/", "/accounts/reauthenticate/"])
    def test_of_a_form_of_who_is_signed_in_is_refused_with_a_sentence(self, scene, path, kind):
        with unchanged():
            answer = send(scene.clients["owner"], path, kind)

        assert_is_refused(answer, 200, 400)


@pytest.mark.parametrize("verb", ["prune", "delete", "prune-all"])
@pytest.mark.parametrize("kind", ["10,000 fields", "3 MB in one field"])
def test_a_body_beyond_the_limits_is_refused_where_none_is_needed(scene, verb, kind):
    args = [scene.producer.id, scene.image.pk]

    with unchanged():
        answer = send(
            scene.clients["owner"],
            reverse(verb, args=args[:1] if verb == "prune-all" else args),
            kind,
        )

    assert answer.status_code == 400
    assert read(answer).one("#error").words


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("charset", ["zlib", "idna", "hex", "undefined", "utf-16", "utf-8", "none"])
def test_a_charset_that_is_claimed_breaks_no_page(db, charset, method):
    """Through the server's own door: the test client makes its requests in a way of its own."""
    answers = []
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": "/accounts/login/", "QUERY_STRING": "next=%FF",
        "CONTENT_TYPE": f"{FORM}; charset={charset}", "CONTENT_LENGTH": str(len(BAD)), "wsgi.input": BytesIO(BAD),
        "HTTP_HOST": "testserver",
    }  # fmt: skip
    setup_testing_defaults(environ)

    body = b"".join(application(environ, lambda status, headers: answers.append(status)))

    assert answers == ["200 OK" if method == "GET" else "403 Forbidden"]
    assert b"Sign in" in body if method == "GET" else b'<div id="error">' in body
