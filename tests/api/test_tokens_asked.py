"""Tokens asked about and revoked: one's own, another's, and unknown ones."""

from datetime import UTC, datetime

import pytest

from sharing.api import tokens
from tests.api.client import Api, api, reader_api
from tests.api.signing_in import (
    TOKENS,
    by_password,
    granted,
    project,
    token_from,
    works,
)
from tests.factories import TenantUserFactory
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


class TestAsked:
    """GET, HEAD and DELETE of a token, which stands in X-Subject-Token."""

    @pytest.mark.parametrize(
        "way", ["password", "credential", "token of password", "token of credential"]
    )
    def test_by_its_own_user_it_tells_what_it_told_at_first(self, producer, credential, got, way):
        subject = got[way]
        told = Api(got["password"]).get(TOKENS, X_Subject_Token=subject)
        assert (told.status, told.headers["X-Subject-Token"]) == (200, subject)
        claims = tokens.read(subject)
        token = told.json["token"]
        assert token["methods"] == list(claims.methods)
        assert datetime.fromisoformat(token["expires_at"]) == datetime.fromtimestamp(
            claims.expires, UTC
        )
        assert ("application_credential" in token) == ("credential" in way)

    def test_by_get_is_answered_as_it_was_when_it_was_got(self, producer):
        first = granted(by_password(producer))
        token = first.headers["X-Subject-Token"]
        assert Api(token).get(TOKENS, X_Subject_Token=token).json == first.json

    def test_by_head_is_answered_as_by_get_without_the_body(self, producer):
        token = token_from(by_password(producer))
        get, head = (
            Api(token).call(method, TOKENS, X_Subject_Token=token) for method in ("GET", "HEAD")
        )
        length = {"Content-Length": str(len(get.content))}
        assert (head.status, head.content, head.headers) == (200, b"", get.headers | length)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
    @pytest.mark.parametrize(
        "whose", ["another tenant's", "a colleague's", "one's own for another tenant"]
    )
    def test_of_another_is_refused(self, producer, consumer, method, whose):
        if whose == "one's own for another tenant":
            TenantUserFactory(user=producer.manager, tenant=consumer.tenant)
        subject = {
            "another tenant's": lambda: token_from(by_password(consumer)),
            "a colleague's": lambda: token_from(by_password(producer, name=producer.reader.email)),
            "one's own for another tenant": lambda: token_from(by_password(producer, project(id=consumer.id))),
        }[whose]()  # fmt: skip
        with unchanged():
            assert api(producer).call(method, TOKENS, X_Subject_Token=subject).status == 403
        assert works(subject)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
    @pytest.mark.parametrize("subject", ["", "junk", "\0", "x" * 9999, "revoked"])
    def test_of_an_unknown_one_is_404(self, producer, method, subject):
        if subject == "revoked":
            subject = token_from(by_password(producer))
            assert Api(subject).call("DELETE", TOKENS, X_Subject_Token=subject).status == 204
        with unchanged():
            told = api(producer).call(method, TOKENS, X_Subject_Token=subject)
        assert told.status == 404
        assert method == "HEAD" or told.json["error"]["code"] == 404

    @pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
    def test_without_a_token_to_ask_with_is_401(self, producer, method):
        subject = token_from(by_password(producer))
        for token in ("", "junk"):
            with unchanged():
                assert Api(token).call(method, TOKENS, X_Subject_Token=subject).status == 401
        assert works(subject)

    def test_by_a_reader_it_revokes_its_own(self, producer):
        token = token_from(by_password(producer, name=producer.reader.email))
        assert reader_api(producer).call("DELETE", TOKENS, X_Subject_Token=token).status == 204
        assert not works(token)
