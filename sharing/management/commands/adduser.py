import sys
from getpass import getpass
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from sharing.management.verb import OperatorVerb, tenant_here, text
from sharing.models import Tenant, TenantUser, User
from sharing.printable import printable

PASSWORD_MAX = 1000


class Command(OperatorVerb):
    help = """Let a person act for a tenant; make the user if there is none with this e-mail address.

A new user gets a password: asked twice on the terminal, or read with --password-stdin. For a
user who exists no password is asked, and the one it has stays.

Repeat it for each tenant that the person acts for. Repeating it for the same tenant with the
other role changes the role, and says so; with the same role it changes nothing.
An operator's user is made with createsuperuser."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "email", type=text, metavar="EMAIL", help="the e-mail address to sign in with"
        )
        parser.add_argument(
            "--tenant", type=text, required=True, metavar="ID", help="the tenant to act for"
        )
        parser.add_argument(
            "--role",
            required=True,
            choices=TenantUser.Role.values,
            help="manager: offers, answers, withdraws; reader: sees everything, changes nothing",
        )
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read a new user's password from the standard input",
        )

    def handle(
        self, *, email: str, tenant: str, role: str, password_stdin: bool, **options: Any
    ) -> None:
        email, here = _address(email), tenant_here(tenant)
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            password = _piped() if password_stdin else _asked()
            _check(password, email)
            with transaction.atomic():
                made = User.objects.create_user(email, password)
                TenantUser.objects.create(user=made, tenant=here, role=role)
            self.stdout.write(f"Added user {made.email}, who acts for tenant {tenant} as {role}.")
        else:
            self.stdout.write(_act_for(user, here, role))


def _act_for(user: User, tenant: Tenant, role: str) -> str:
    acting, created = TenantUser.objects.get_or_create(
        user=user, tenant=tenant, defaults={"role": role}
    )
    if created:
        return f"{user.email} acts for tenant {tenant.pk} as {role} now, too. The password stays."
    if acting.role == role:
        return f"{user.email} acts for tenant {tenant.pk} as {role} already. Nothing was changed."
    before, acting.role = acting.role, role
    acting.save(update_fields=["role"])
    return f"{user.email} acts for tenant {tenant.pk} as {role} now; before as {before}."


def _address(email: str) -> str:
    try:
        return str(forms.EmailField(max_length=254).clean(email))
    except ValidationError as error:
        raise CommandError(f"{printable(email)}: {' '.join(error.messages)}") from error


def _asked() -> str:
    if not sys.stdin.isatty():
        raise CommandError(
            "There is no terminal to ask for the password: use --password-stdin. Nothing was changed."
        )
    try:
        password = getpass("Password: ")
        again = getpass("Password again: ")
    except EOFError:
        raise CommandError("No password was given. Nothing was changed.") from None
    if password != again:
        raise CommandError("The two passwords differ. Nothing was changed.")
    return password


def _piped() -> str:
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CommandError("Password: this is not UTF-8. Nothing was changed.") from None


def _check(password: str, email: str) -> None:
    """Refuses what the sign-in page could not take, and what is too easy to guess."""
    if len(password) > PASSWORD_MAX or not all(map(str.isprintable, password)):
        raise CommandError(
            f"Password: one line of at most {PASSWORD_MAX} printable characters. Nothing was changed."
        )
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise CommandError(f"Password: {' '.join(error.messages)} Nothing was changed.") from error
