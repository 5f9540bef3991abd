"""Who gets no token: whatever is wrong, the answer is one and the same."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sharing.credentials import revoke
from sharing.models import ApplicationCredential, TenantUser, User
from tests.api.signing_in import (
    ask,
    asked,
    by_credential,
    by_password,
    by_token,
    credential_of,
    project,
    token_from,
    works,
)
from tests.refusals import unchanged
from tests.second_factor import give

pytestmark = pytest.mark.django_db


def _no_role(producer, consumer):
    return by_password(producer, project(id=consumer.id))


def _inactive(producer, consumer):
    User.objects.filter(pk=producer.manager.pk).update(is_active=False)
    return by_password(producer)


def _second_factor(producer, consumer):
    give(producer.manager)
    return by_password(producer)


def _credential(change=None, **said):
    def body(producer, consumer):
        credential, secret = credential_of(producer)
        if change:
            change(producer, credential)
        for_whom = said.get("scope") and project(id=consumer.id)
        return by_credential(credential, said.get("secret", secret), for_whom)

    return body


def _revoke(producer, credential):
    revoke(credential.pk, user=producer.manager)


def _expire(producer, credential):
    ApplicationCredential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def _demote(producer, credential):
    TenantUser.objects.filter(user=producer.manager).update(role="reader")


def _deactivate(producer, credential):
    User.objects.filter(pk=producer.manager.pk).update(is_active=False)


CAUSES = {
    "unknown user": lambda one, _: by_password(one, name="nobody@producer.example"),
    "user by an unknown id": lambda one, _: by_password(one, name=None, id="999999999"),
    "user by an id that is none": lambda one, _: by_password(one, name=None, id="x"),
    "user by an endless id": lambda one, _: by_password(one, name=None, id="9" * 255),
    "NUL in the password": lambda one, _: by_password(one, password="\0"),
    "wrong password": lambda one, _: by_password(one, password="wrong"),
    "empty password": lambda one, _: by_password(one, password=""),
    "wrong password by id": lambda one, _: by_password(one, name=None, id=str(one.manager.pk), password="x"),
    "inactive user": _inactive,
    "second factor": _second_factor,
    "user of another domain": lambda one, _: by_password(one, domain={"name": "Elsewhere"}),
    "user of another domain by id": lambda one, _: by_password(one, domain={"id": "Default", "name": "x"}),
    "project of another domain": lambda one, _: by_password(one, project(id=one.id, domain={"id": "x"})),
    "no role": _no_role,
    "unknown project": lambda one, _: by_password(one, project(id="9999999")),
    "unknown project by name": lambda one, _: by_password(one, project(name="Nobody's")),
    "ill-formed project": lambda one, _: by_password(one, project(id="x y")),
    "unknown credential": lambda one, _: asked("application_credential", {"id": "0" * 32, "secret": "x"}),
    "credential that is none": lambda one, _: asked("application_credential", {"id": "x", "secret": "x"}),
    "wrong secret": _credential(secret="x"),
    "empty secret": _credential(secret=""),
    "revoked credential": _credential(_revoke),
    "expired credential": _credential(_expire),
    "credential of a role that is gone": _credential(_demote),
    "credential of an inactive user": _credential(_deactivate),
    "credential for another project": _credential(scope=True),
    "no token": lambda one, _: by_token(""),
    "junk for a token": lambda one, _: by_token("x:y"),
    "NUL for a token": lambda one, _: by_token("\0"),
    "revoked tenant": lambda one, _: by_token(_token_without_role(one)),
}  # fmt: skip


def _token_without_role(party):
    token = token_from(by_password(party))
    TenantUser.objects.filter(user=party.manager).delete()
    return token


@pytest.mark.parametrize("cause", CAUSES)
def test_whatever_is_wrong_the_answer_is_one_and_the_same(producer, consumer, cause):
    body = CAUSES[cause](producer, consumer)
    with unchanged():
        told = ask(body)
    expected = ask(asked("application_credential", {"id": "junk", "secret": "junk"}))
    assert told == expected
    error = told.json["error"]
    assert (told.status, error["code"], error["title"]) == (401, 401, "Unauthorized")
    assert told.headers["WWW-Authenticate"] == 'Keystone uri="http://testserver/identity/v3"'
    assert "X-Subject-Token" not in told.headers


def test_a_user_with_a_second_factor_signs_in_by_credential(producer):
    credential, secret = credential_of(producer)
    give(producer.manager)
    assert works(token_from(by_credential(credential, secret)))
