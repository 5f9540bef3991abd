from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.forms import modelform_factory

from sharing.management.verb import OperatorVerb, text
from sharing.models import Tenant
from sharing.printable import printable

TenantForm = modelform_factory(Tenant, fields=("id", "name", "contact", "support_note"))


class Command(OperatorVerb):
    help = """Add a tenant, so that its users can offer and answer here.

ID is its tenant ID in the cloud (of the form that TENANT_ID_PATTERN sets). Offers made to this
ID before are waiting for it. The next steps: adduser for its people, loadimages for its images.

A tenant that exists is not changed (exit status 1): operators change it in the admin."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=text, metavar="ID", help="its tenant ID")
        parser.add_argument(
            "--name",
            type=text,
            required=True,
            help="seen by operators and its own users, never by other tenants",
        )
        parser.add_argument(
            "--contact",
            type=text,
            default="",
            help="shown on its offers: whom a consumer asks about an image",
        )
        parser.add_argument(
            "--support-note",
            type=text,
            default="",
            help="shown on its offers: what support it gives",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        form = TenantForm(options)
        if not form.is_valid():
            raise CommandError(
                "\n".join(
                    f"{field.replace('_', '-')}: {' '.join(map(str, messages))}"
                    for field, messages in form.errors.items()
                )
            )
        form.instance.save(force_insert=True)
        self.stdout.write(f"Added tenant {form.instance.pk}, {printable(form.instance.name)}.")
