"""Tokens that are none: broken, forged, or of another form."""

import base64

import msgspec
import pytest
from django.core.signing import Signer

from sharing.api import tokens
from tests.api.client import Api
from tests.api.signing_in import (
    by_password,
    token_from,
    works,
)
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


def _signed(payload):
    text = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    return Signer(salt=tokens.SALT).sign(text)


BROKEN = {
    "none": lambda token: "",
    "of spaces": lambda token: "   ",
    "truncated": lambda token: token[:-1],
    "cut at its signature": lambda token: token.rpartition(":")[0],
    "of a signature alone": lambda token: f":{token.rpartition(':')[2]}",
    "changed": lambda token: ("A" if token[0] != "A" else "B") + token[1:],
    "with more behind": lambda token: f"{token}x",
    "twice": lambda token: f"{token}:{token}",
    "with NUL": lambda token: f"{token}\0",
    "of NUL": lambda token: "\0",
    "huge": lambda token: "x" * 100_000,
    "huge, beginning well": lambda token: token + "=" * 100_000,
    "not of ASCII": lambda token: token + "\xe9",
    "of another alphabet": lambda token: "\xff" * 40,
    "signed for another use": lambda token: Signer(salt="pages").sign(token.partition(":")[0]),
    "signed with another key": lambda token: Signer(key="x", salt=tokens.SALT).sign(token.partition(":")[0]),
    "signed, of nothing": lambda token: _signed(b""),
    "signed, of no JSON": lambda token: _signed(b"\xff\x00"),
    "signed, of another form": lambda token: _signed(b'{"user_id": 1}'),
    "signed, of too few claims": lambda token: _signed(b"[1, 2]"),
    "signed, of no base64": lambda token: Signer(salt=tokens.SALT).sign("a"),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_token_that_is_none_is_refused_as_no_token_is(producer, how):
    token = BROKEN[how](token_from(by_password(producer)))
    with unchanged():
        told = Api().get("/image/v2/images", X_Auth_Token=token)
    assert told == Api().get("/image/v2/images")
    assert (told.status, told.json["code"]) == (401, "401 Unauthorized")
    assert told.headers["WWW-Authenticate"] == 'Keystone uri="http://testserver/identity/v3"'


@pytest.mark.parametrize("change", ["another tenant", "another user", "another role", "later"])
def test_claims_cannot_be_changed_without_the_key(producer, consumer, change):
    token = token_from(by_password(producer, name=producer.reader.email))
    claims = tokens.read(token)
    forged = msgspec.structs.replace(claims, **{
        "another tenant": {"tenant_id": consumer.id}, "another user": {"user_id": consumer.manager.pk},
        "another role": {"role": "manager"}, "later": {"expires": claims.expires + 9999},
    }[change])  # fmt: skip
    payload = tokens.written(forged).rpartition(":")[0]
    assert not works(f"{payload}:{token.rpartition(':')[2]}")
