"""Runs operators' commands as a shell would: their arguments are strings."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sharing.models import Tenant, TenantUser, User
from tests.refusals import unchanged


def run(*arguments: object) -> str:
    """What the command prints."""
    printed = StringIO()
    call_command(*map(str, arguments), stdout=printed)
    return printed.getvalue()


def refusal(*arguments: object) -> str:
    """The sentence with which the command is refused; nothing changed."""
    before = accounts()
    with unchanged(), pytest.raises(CommandError) as told:
        run(*arguments)
    assert accounts() == before
    return str(told.value)


def accounts() -> list[list[dict[str, object]]]:
    """Every column of every tenant, user and role."""
    return [list(model.objects.order_by("pk").values()) for model in (Tenant, User, TenantUser)]
