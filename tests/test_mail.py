from datetime import timedelta

import pytest
from allauth.core.context import request_context
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import transaction
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from portal.accounts import MAIL_ATTEMPTS, Adapter, send_mail

TO = "manager@consumer.example"


class Unreachable(BaseEmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("[Errno 111] Connection refused")


class Misused(BaseEmailBackend):
    def send_messages(self, messages):
        raise ValueError("a defect, which no repetition mends")


def mailer(settings, backend):
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.{backend.__name__}"}}


@pytest.fixture
def queued(settings):
    """Tasks wait in the database for a worker, as in production."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def password_changed(rf):
    """The adapter's own call for one kind of mail, inside a request."""
    request = rf.get("/")

    def send():
        with request_context(request):
            Adapter(request).send_mail("account/email/password_changed", TO, {"user": None})

    return send


def work():
    call_command(
        "db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0
    )


@pytest.mark.django_db(transaction=True)
class TestMail:
    def test_leaves_after_the_commit(self, password_changed, mailoutbox):
        with transaction.atomic():
            password_changed()
            assert mailoutbox == []

        [message] = mailoutbox
        assert message.to == [TO]
        assert message.subject
        assert "password" in message.body

    def test_of_a_change_that_was_rolled_back_never_leaves(self, password_changed, mailoutbox):
        with transaction.atomic():
            password_changed()
            transaction.set_rollback(True)

        assert mailoutbox == []

    @pytest.mark.usefixtures("queued")
    def test_leaves_from_a_worker_not_in_the_request(self, password_changed, mailoutbox):
        password_changed()
        assert mailoutbox == []

        work()

        assert [message.to for message in mailoutbox] == [[TO]]

    @pytest.mark.usefixtures("queued")
    def test_that_the_server_refused_does_not_fail_the_request_and_waits_for_another_try(
        self, password_changed, settings, mailoutbox
    ):
        mailer(settings, Unreachable)
        password_changed()
        began = timezone.now()

        work()

        again = DBTaskResult.objects.get(status=TaskResultStatus.READY)
        assert again.run_after - began < timedelta(minutes=2)
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
        DBTaskResult.objects.filter(pk=again.pk).update(run_after=timezone.now())
        work()
        assert [message.to for message in mailoutbox] == [[TO]]


@pytest.mark.django_db
@pytest.mark.usefixtures("queued")
class TestATryThatFailed:
    @pytest.mark.parametrize("attempt", range(1, MAIL_ATTEMPTS))
    def test_is_made_again_later_and_later(self, settings, attempt):
        mailer(settings, Unreachable)

        send_mail.call("Subject", "Body", TO, attempt)

        again = DBTaskResult.objects.get()
        assert again.args_kwargs["args"] == ["Subject", "Body", TO, attempt + 1]
        wait = again.run_after - timezone.now()
        assert timedelta() < timedelta(minutes=attempt**2) - wait < timedelta(seconds=30)

    def test_for_the_last_time_is_a_failed_task_to_be_seen(self, settings):
        mailer(settings, Unreachable)

        with pytest.raises(ConnectionRefusedError):
            send_mail.call("Subject", "Body", TO, MAIL_ATTEMPTS)

        assert not DBTaskResult.objects.exists()

    def test_by_a_defect_is_not_repeated(self, settings):
        mailer(settings, Misused)

        with pytest.raises(ValueError, match="a defect"):
            send_mail.call("Subject", "Body", TO)

        assert not DBTaskResult.objects.exists()


def test_without_a_worker_a_failure_ends_in_the_task_not_in_the_request(settings):
    """As in the demonstration, whose backend runs tasks at once and cannot defer them."""
    mailer(settings, Unreachable)

    assert send_mail.enqueue("Subject", "Body", TO).status == TaskResultStatus.FAILED


def test_nobody_signs_up_alone(rf):
    assert Adapter().is_open_for_signup(rf.get("/")) is False
