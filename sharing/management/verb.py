"""What the operators' commands have in common."""

from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)
from django.db import IntegrityError

from sharing.errors import BadInput, Refused
from sharing.models import Tenant
from sharing.models.tenant import is_tenant_id
from sharing.printable import printable
from sharing.tenancy import Actor, operator


class Manual(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Keeps the paragraphs of a command's help as they are written."""


class OperatorVerb(BaseCommand):
    """A command that acts as an operator. What is refused is a sentence and exit status 1, and changes nothing."""

    @property
    def by(self) -> Actor:
        return operator(f"command line: {type(self).__module__.rpartition('.')[2]}")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=Manual, **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        except IntegrityError as error:
            raise CommandError(
                "Somebody made a change that clashes, just now. Nothing was changed."
            ) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=130) from None


def text(value: str) -> str:
    """Type of an argument. Refuses what no database or page could hold: NUL, and bytes that are not UTF-8."""
    if "\x00" in value:
        raise ArgumentTypeError("NUL is not allowed")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ArgumentTypeError(f"{printable(value)} is not UTF-8") from None
    return value


def tenant_here(tenant_id: str) -> Tenant:
    """The tenant with this ID. Refused (BadInput): no tenant ID of this cloud, or no such tenant in Proffer yet."""
    if not is_tenant_id(tenant_id):
        raise BadInput(f"“{printable(tenant_id)}” is not a valid tenant ID.")
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None:
        raise BadInput(
            f"There is no tenant {tenant_id} here. Add it first: addtenant {tenant_id} --name NAME"
        )
    return tenant
