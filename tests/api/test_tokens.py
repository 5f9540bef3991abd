"""Tokens: written nowhere, good for a while, and dead at once with whatever they stand on."""

import base64
from datetime import timedelta

import pytest
from django.core.signals import request_finished
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sharing import credentials
from sharing.api import calls, tokens
from sharing.models import ApplicationCredential, TenantUser, User
from tests.api.client import Api
from tests.api.signing_in import (
    TOKENS,
    ask,
    by_credential,
    by_password,
    by_token,
    credential_of,
    granted,
    token_from,
    works,
)
from tests.factories import TenantUserFactory
from tests.refusals import everything

pytestmark = pytest.mark.django_db

WRITES = ("INSERT", "UPDATE", "DELETE")


def dead(got):
    """The ways whose token does not work any more, neither to act nor to get another one."""
    found = {way for way, token in got.items() if not works(token)}
    assert found == {way for way, token in got.items() if ask(by_token(token)).status == 401}
    return found


OF_PASSWORD, OF_CREDENTIAL = (
    {"password", "token of password"},
    {"credential", "token of credential"},
)


class TestIssuing:
    @pytest.mark.parametrize("way", ["password", "credential", "token"])
    def test_writes_nothing_before_the_answer(self, producer, credential, monkeypatch, way):
        body = {
            "password": by_password(producer),
            "credential": by_credential(*credential),
            "token": by_token(token_from(by_password(producer))),
        }[way]
        monkeypatch.setattr(calls.Answer, "close", lambda self: None)
        before = everything()
        with CaptureQueriesContext(connection) as captured:
            granted(body)
        assert not any(query["sql"].startswith(WRITES) for query in captured)
        assert everything() == before

    def test_gives_another_token_each_time(self, producer):
        one, two = (token_from(by_password(producer)) for _ in range(2))
        assert one != two

    def test_tells_no_password_and_no_secret_in_the_token(self, producer, credential):
        for body in (by_password(producer), by_credential(*credential)):
            payload = token_from(body).partition(":")[0]
            plain = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
            for secret in (producer.manager.password, credential[1], credential[0].secret_hash):
                assert secret not in plain


class TestLastUse:
    def test_is_noted_after_the_answer(self, credential, monkeypatch):
        noted = []
        monkeypatch.setattr(calls.Answer, "close", lambda self: noted.append(self.afterwards))
        granted(by_credential(*credential))
        assert ApplicationCredential.objects.get().last_used_at is None
        [afterwards] = noted
        afterwards()
        assert timezone.now() - ApplicationCredential.objects.get().last_used_at < timedelta(
            minutes=1
        )

    def test_is_noted_at_most_once_a_minute(self, credential):
        seen = []
        for ago in (None, timedelta(seconds=59), timedelta(seconds=61)):
            if ago:
                ApplicationCredential.objects.update(last_used_at=timezone.now() - ago)
            before = ApplicationCredential.objects.get().last_used_at
            granted(by_credential(*credential))
            seen.append(ApplicationCredential.objects.get().last_used_at != before)
        assert seen == [True, False, True]

    def test_is_noted_where_a_token_of_it_gets_another_one(self, credential):
        token = token_from(by_credential(*credential))
        ApplicationCredential.objects.update(last_used_at=None)
        granted(by_token(token))
        assert ApplicationCredential.objects.get().last_used_at

    @pytest.mark.parametrize("said", ["wrong secret", "password"])
    def test_is_not_noted_for_anything_else(self, producer, credential, said):
        ask(
            by_credential(credential[0], "wrong")
            if said == "wrong secret"
            else by_password(producer)
        )
        assert ApplicationCredential.objects.get().last_used_at is None

    def test_that_cannot_be_noted_breaks_no_answer_and_lets_the_connection_go(
        self, credential, monkeypatch
    ):
        finished = []

        def finish(**how):
            finished.append(how)

        monkeypatch.setattr("sharing.api.identity.note_use", lambda credential: 1 / 0)
        request_finished.connect(finish)
        try:
            token_from(by_credential(*credential))
        finally:
            request_finished.disconnect(finish)
        assert len(finished) == 1


class TestDies:
    def test_not_without_a_cause(self, got):
        assert dead(got) == set()

    @pytest.mark.parametrize(
        "way", ["password", "credential", "token of password", "token of credential"]
    )
    def test_when_it_is_revoked_and_no_other_with_it(self, got, way):
        told = Api(got["password"]).call("DELETE", TOKENS, X_Subject_Token=got[way])
        assert (told.status, told.content) == (204, b"")
        assert dead(got) == {way}

    def test_with_its_credential(self, producer, credential, got):
        credentials.revoke(credential[0].pk, user=producer.manager)
        assert dead(got) == OF_CREDENTIAL

    @pytest.mark.parametrize("in_seconds", [1, -1])
    def test_at_its_expiry_and_not_before(self, got, monkeypatch, in_seconds):
        expires = min(tokens.read(token).expires for token in got.values())
        monkeypatch.setattr("sharing.api.tokens.time.time", lambda: expires - in_seconds)
        assert len(dead(got)) == (0 if in_seconds > 0 else len(got))

    def test_with_the_deactivation_of_the_user(self, producer, got):
        User.objects.filter(pk=producer.manager.pk).update(is_active=False)
        assert dead(got) == got.keys()

    @pytest.mark.parametrize("what", [User, TenantUser])
    def test_with_the_user_and_with_the_role(self, producer, got, what):
        rows = {User: {"pk": producer.manager.pk}, TenantUser: {"user": producer.manager}}
        what.objects.filter(**rows[what]).delete()
        assert dead(got) == got.keys()

    def test_with_a_lesser_role_where_it_had_the_greater(self, producer, got):
        reading = {"reading": token_from(by_credential(*credential_of(producer, "reader")))}
        TenantUser.objects.filter(user=producer.manager).update(role="reader")
        assert dead(got | reading) == got.keys()

    def test_not_with_a_greater_role_and_does_not_grow_with_it(self, producer):
        token = token_from(by_password(producer, name=producer.reader.email))
        TenantUser.objects.filter(user=producer.reader).update(role="manager")
        assert works(token)
        assert Api(token).post("/image/v2/images", {}).status == 403

    @pytest.mark.parametrize("password", ["another one entirely", None])
    def test_with_the_password_where_it_came_from_one(self, producer, got, password):
        producer.manager.set_password(password)
        producer.manager.save()
        assert dead(got) == OF_PASSWORD

    def test_with_the_secret_key(self, got, settings):
        settings.SECRET_KEY = "another key"
        assert dead(got) == got.keys()

    def test_not_where_the_tenant_of_another_role_goes(self, producer, consumer, got):
        TenantUserFactory(user=producer.manager, tenant=consumer.tenant).delete()
        assert dead(got) == set()
