"""What the benches act on: an empty portal in a temporary folder, with a tenant whose manager is signed in."""

import os
import signal
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests import postgresql
from tests.serving import Portal, Sender

MIB, GIB = 2**20, 2**30
KEY = "a-key-for-the-benches-only-0123456789-abcdefghijklmnopqrstuvwxyz"
OWNER = "4471021"


class Stage(NamedTuple):
    folder: Path
    portal: Portal
    sender: Sender

    def queued(self):
        """A new image of the tenant, and the actor that makes it."""
        from sharing.imagedata.records import Facts, create_image
        from sharing.models import Tenant

        owner = Tenant.objects.get(pk=OWNER)
        return create_image(Facts(name="Bench"), owner=owner, by=manager())

    def forget(self, images: Sequence) -> None:
        from sharing import handshake

        for image in images:
            handshake.delete_image(image, by=manager())


def arguments(description: str) -> ArgumentParser:
    parser = ArgumentParser(description=description)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--gib", type=float, default=4, help="size of a file (default: 4)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=32, help="blocking threads of a worker")
    parser.add_argument("--folder", type=Path, help="on which disk (default: the temporary one)")
    return parser


@contextmanager
def stage(database: str, threads: int, folder: Path | None) -> Iterator[Stage]:
    # Whoever ends a bench early wants its server and its files gone too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        url = f"sqlite:///{place}/bench.sqlite3"
        if database == "postgresql":
            url = stack.enter_context(postgresql.server())
        portal = Portal(place, url, KEY, workers=2, threads=threads)
        os.environ.update(portal.environment | {"BYTE_QUOTA": "0"})
        portal.environment["BYTE_QUOTA"] = "0"
        session = _prepare()
        stack.enter_context(portal.running())
        yield Stage(place, portal, Sender(portal.port, session))


def _prepare() -> str:
    """Makes the database and the tenant; returns the session of its manager."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from sharing.models import Tenant, TenantUser, User

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    user = User.objects.create_user(manager().user, "bench")
    tenant = Tenant.objects.create(pk=OWNER, name="Bench")
    TenantUser.objects.create(user=user, tenant=tenant, role=TenantUser.Role.MANAGER)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return str(client.session.session_key)


def manager():
    from sharing.tenancy import Actor

    return Actor("manager@bench.example", OWNER, "manager")


def source(folder: Path, size: int) -> Path:
    """A file of random bytes, no disk format's."""
    path = folder / "source"
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - start)))
    return path


def peak_memory(pid: int) -> float:
    """The most that the process had in memory so far, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def say(*words: object, end: str = "\n") -> None:
    print(*words, end=end, flush=True, file=sys.stdout)
