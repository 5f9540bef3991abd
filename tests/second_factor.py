"""An authenticator app, as RFC 6238 tells it, and who uses one."""

import hmac
from base64 import b32decode
from types import SimpleNamespace

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpResponse
from django.test import Client

from sharing.models import User
from tests.factories import PASSWORD
from tests.pages import read

SIGN_IN, CONFIRM = "/accounts/login/", "/accounts/reauthenticate/"
OVERVIEW, ASK = "/accounts/second-factor/", "/accounts/second-factor/sign-in/"
STEP = 30


def code(secret: str, at: int) -> str:
    """What the app shows at that second."""
    mac = hmac.digest(b32decode(secret), (at // STEP).to_bytes(8), "sha1")
    start = mac[-1] & 0xF
    return f"{(int.from_bytes(mac[start : start + 4]) & 0x7FFFFFFF) % 10**6:06}"


def stop_clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time that the portal checks codes by: `now` stands still, so that no code ends on its way there."""
    clock = SimpleNamespace(now=1_800_000_000)
    stopped = SimpleNamespace(time=lambda: clock.now)
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", stopped)
    return clock


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10**6:06}"


def give(user: User) -> tuple[str, list[str]]:
    """Sets a second factor up: its secret and its recovery codes."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret, RecoveryCodes.activate(user).get_unused_codes()


def confirm(client: Client, password: str = PASSWORD) -> None:
    """Gives the password once more, as pages ask that touch a second factor."""
    client.post(CONFIRM, {"password": password})


def give_password(
    client: Client, user: User, password: str = PASSWORD, **more: str
) -> HttpResponse:
    return client.post(SIGN_IN, {"login": user.email, "password": password, **more})


def give_code(client: Client, typed: str) -> HttpResponse:
    return client.post(ASK, {"code": typed})


def sign_in(client: Client, user: User, typed: str) -> HttpResponse:
    give_password(client, user)
    return give_code(client, typed)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def refusals(answer):
    return read(answer).texts(".errorlist")
