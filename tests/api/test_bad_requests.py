"""Addresses, queries and headers that no client sends. Never a 5xx, and every error in the JSON of its service."""

import logging
import re

import pytest

from sharing.api.calls import BODY_MAX
from tests.api.client import Api, api
from tests.api.table import CALLS, WITH_TOKEN, Table, assert_is_error, assert_is_no_fault
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db

QUERIES = (
    "%00=%00",
    "limit=%00",
    "name=%00",
    "%ED%A0%80=%FF",
    "=&&==&%",
    "x=" + "%F0%9F%90%A7" * 999,
)
JUNK = (
    "%00", "x%00", "%FF", "%ED%A0%80", "..", "%2e%2e", "%20", "{}", "'", "x" * 3000, "%F0%9F%90%A7", "-1", "%0A",
)  # fmt: skip
METHODS = {"OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE", "GET", "BREW"}


@pytest.fixture
def table(producer, consumer):
    return Table(producer, consumer)


@pytest.mark.parametrize("call", CALLS)
class TestEveryCall:
    def test_with_nul_in_its_query_breaks_nothing(self, table, call):
        for query in QUERIES:
            assert_is_no_fault(table.make(call, query=f"?{query}"), table.path(call))

    def test_with_a_bad_host_is_refused(self, table, call):
        with unchanged():
            for host in (
                "evil.example",
                "",
                "a b",
                "[",
                "x" * 9999,
                "testserver:x",
                "\xff",
                "testserver\0",
            ):
                told = table.make(call, Host=host)
                assert_is_error(told, table.path(call), 400)

    def test_over_plain_http_is_refused_where_https_is_asked_for(self, table, call, settings):
        settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        with unchanged():
            for claimed in ({}, {"X_Forwarded_Proto": "http"}, {"Forwarded": "proto=https"}):
                told = table.make(call, **claimed)
                assert_is_error(told, table.path(call), 403)
                assert "HTTPS" in told.message
        if call.startswith("GET "):
            told = table.make(call, X_Forwarded_Proto="https", X_Subject_Token=table.owner.token)
            assert told.status < 400 or "HTTPS" not in told.message

    def test_with_junk_in_its_address_breaks_nothing(self, table, call):
        method = call.partition(" ")[0]
        for name in re.findall(r"\{(\w+)\}", call):
            for junk in JUNK:
                path = table.path(call, **{name: junk})
                assert_is_no_fault(table.owner.call(method, path), path)

    def test_by_another_method_is_405(self, table, call):
        path = call.partition(" ")[2]
        known = {other.partition(" ")[0] for other in CALLS if other.partition(" ")[2] == path}
        with unchanged():
            for method in METHODS - known:
                told = table.owner.call(method, table.path(call))
                assert_is_error(told, path, 405)
                allowed = set(told.headers["Allow"].split(", "))
                assert allowed == known | ({"HEAD"} if "GET" in known else set())


@pytest.mark.parametrize("call", WITH_TOKEN)
def test_without_a_token_or_with_a_bad_one_nothing_else_is_looked_at(table, call):
    method, path = call.partition(" ")[0], table.path(call)
    with unchanged():
        for token in ("", "junk"):
            told = Api(token).call(method, path, b"x" * (BODY_MAX + 9), "text/plain")
            assert_is_error(told, path, 401)


@pytest.mark.parametrize(
    "path",
    [
        "/identity/v2.0", "/identity/v3/domains", "/identity/v3/auth", "/identity/v4", "/identity//v3/auth/tokens",
        "/image/v1", "/image/v2", "/image/v3/images", "/image/v2/imagesx", "/image//v2/images", "/image/v2/images/x/y",
        "/image/v2/images/x/file/y", "/image/v2/tasks", "/image/%00", "/identity/%FF", "/image/" + "x" * 5000,
        "/image/v2/images/../images/x/z", "/image/v2/IMAGES",
    ],
    ids=lambda path: path[:40],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_address_where_nothing_is_is_404(producer, path, method):
    for asking in (Api(), api(producer)):
        assert_is_error(asking.call(method, path), path, 404)


class TestAnUnexpectedError:
    @pytest.fixture(params=["/image/v2/images/x", "/identity/v3/auth/projects"])
    def path(self, request, monkeypatch):
        def fails(self):
            raise RuntimeError("the secret is 42")

        monkeypatch.setattr("sharing.api.calls.Call.session", property(fails))
        return request.param

    def test_is_500_without_detail_and_is_logged(self, db, path, caplog):
        told = Api().get(path)
        assert_is_error(told, path, 500)
        assert "42" not in told.content.decode()
        [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert record.name == "django.request"
        assert "the secret is 42" in str(record.exc_info[1])
