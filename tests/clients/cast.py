"""The cast of the tests with real clients: tenants, each with a manager and an application credential.

As a program (`python -m tests.clients.cast`) it makes the database of its environment, with the cast in it, and prints
the cast as JSON. It has a process of its own because that of the tests has another database.
"""

import json
import subprocess
import sys
from typing import NamedTuple

PASSWORD = "correct horse battery staple"
TENANTS = {
    # Of the recording.
    "owner": "4471021",
    "consumer1": "5083310",
    "consumer2": "6120047",
    # Of the examples.
    "producer": "7290155",
    "consumer": "8364402",
}


class Party(NamedTuple):
    """A tenant and its manager; `credential` is the wire ID of an application credential."""

    name: str
    tenant_id: str
    email: str
    credential: str
    secret: str


def cast(environment: dict[str, str]) -> dict[str, Party]:
    """By the tenant's name, in a new database of the environment."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.clients.cast"],
        env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return {name: Party(*rest) for name, rest in json.loads(made.stdout).items()}


def _make() -> dict[str, Party]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return {name: _party(name, tenant_id) for name, tenant_id in TENANTS.items()}


def _party(name: str, tenant_id: str) -> Party:
    from sharing import credentials
    from sharing.models import Tenant, TenantUser, User

    role = TenantUser.Role.MANAGER
    user = User.objects.create_user(f"manager@{name}.example", PASSWORD)
    tenant = Tenant.objects.create(pk=tenant_id, name=name)
    holder = TenantUser.objects.create(user=user, tenant=tenant, role=role)
    credential, secret = credentials.create(holder, name="clients", role=role)
    return Party(name, tenant_id, user.email, credential.pk.hex, secret)


if __name__ == "__main__":
    print(json.dumps(_make()))
