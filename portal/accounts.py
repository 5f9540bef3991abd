"""How allauth behaves here: nobody signs up by themselves, and mail leaves from a task after the commit."""

from datetime import timedelta

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest
from django.tasks import task
from django.utils import timezone

MAIL_ATTEMPTS = 6


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return super().is_safe_url(url)
        except ValueError:  # a host that is none, such as “//[::1”
            return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        request = allauth_context.request
        site = get_current_site(request)
        message = self.render_mail(
            template_prefix,
            email,
            {"request": request, "email": email, "current_site": site, **context},
        )
        transaction.on_commit(lambda: send_mail.enqueue(message.subject, message.body, email))


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
