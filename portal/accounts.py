"""How allauth behaves here: nobody signs up by themselves, mail leaves from a task after the commit, and the secrets
of second factors are kept encrypted.
"""

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest
from django.tasks import task
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString

from sharing.errors import Refused

MAIL_ATTEMPTS = 6


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return bool(super().is_safe_url(url))
        except ValueError:  # a host that is none, such as “//[::1”
            return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        request = allauth_context.request
        site = get_current_site(request)
        message = self.render_mail(
            template_prefix,
            email,
            {"request": request, "email": email, "current_site": site, **context},
        )
        transaction.on_commit(lambda: send_mail.enqueue(message.subject, message.body, email))


class UnreadableSecret(Refused):
    """A second factor that was set up under a SECRET_KEY which is not known any more."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Secrets are encrypted, with a key that the database does not hold: a copy of it makes no codes."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise UnreadableSecret(
                "The secret key of this portal is not the one that your second factor was set up with, so no code can "
                "be checked. Ask an operator to remove your second factor, then set it up anew."
            ) from None

    def build_totp_svg(self, url: str) -> str:
        """An element to stand in the page: the CSP allows no picture from a data: address."""
        picture: str = super().build_totp_svg(url)
        return SafeString(picture[picture.index("<svg") :])


def _cipher() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    derived = (
        salted_hmac("portal.accounts.SecondFactorAdapter", "", secret=key, algorithm="sha256")
        for key in keys
    )
    return MultiFernet([Fernet(urlsafe_b64encode(mac.digest())) for mac in derived])


def has_second_factor(user: AbstractBaseUser) -> bool:
    """Whether a password alone does not sign this user in."""
    return bool(is_mfa_enabled(user))


def remove_second_factor(user: AbstractBaseUser) -> bool:
    """Removes it with its recovery codes, so that the password alone signs in again. False where there was none."""
    removed, _ = Authenticator.objects.filter(user=user).delete()
    return bool(removed)


@task
def send_mail(subject: str, body: str, to: str, attempt: int = 1) -> None:
    """Sends one message; a failure is tried again after 1, 4, 9 ... minutes, MAIL_ATTEMPTS times in all."""
    try:
        EmailMessage(subject, body, to=[to]).send()
    except OSError:
        if attempt >= MAIL_ATTEMPTS or not send_mail.get_backend().supports_defer:
            raise
        later = timezone.now() + timedelta(minutes=attempt**2)
        send_mail.using(run_after=later).enqueue(subject, body, to, attempt + 1)
