import hashlib
import os
import re
import signal
import socket
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from sharing.management.commands import loaddemo
from sharing.models import User

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Run the demonstration: what `make demo` starts. The first time, it makes the database and fills it."
    # A start that finds everything in place listens within two seconds; the checks run in `make lint`.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", default="8000", help=f"listen on {HOST} at this port (default: 8000)"
        )

    def handle(self, *, port: str, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demonstration has no encryption and a password that everybody knows, so it runs "
                "only where PROFFER_DEMO=1 is set. Start it with: make demo"
            )
        try:
            self._start(_free(port))
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=130) from None

    def _start(self, port: int) -> None:
        _migrate()
        _collect_static()
        if loaddemo.is_empty():
            loaddemo.load()
        self.stdout.write(_welcome(port))
        self.stdout.flush()
        connections.close_all()
        _serve(port)


def _free(port: str) -> int:
    """The port as a number, once it is sure that it can be listened on."""
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise CommandError(f"{port!r:.40} is not a port: a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(port)))
        except OSError as error:
            raise CommandError(
                f"Port {port}: {error.strerror}. For another one: make demo PORT=NUMBER"
            ) from error
    return int(port)


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def _collect_static() -> None:
    """Collects the static files anew where any of them came, went or changed since the last time."""
    sources = _static_sources()
    stamp = Path(settings.STATIC_ROOT, ".sources")
    if not stamp.exists() or stamp.read_text() != sources:
        # Cleared first, because collectstatic keeps a copy that is newer than the file it was made from.
        call_command("collectstatic", clear=True, verbosity=0, interactive=False)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(sources)


def _static_sources() -> str:
    """A digest of the name, size and time of every static file that the project and its packages bring."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(StaticFilesConfig.ignore_patterns):
            path = storage.path(name)
            found = os.stat(path)
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _welcome(port: int) -> str:
    accounts = {
        person.email: ", ".join(
            f"{role} of {tenant_id}" for tenant_id, role in person.roles.items()
        )
        for person in loaddemo.PEOPLE
    } | {loaddemo.OPERATOR: "operator, in /admin/"}
    here = set(User.objects.filter(email__in=accounts).values_list("email", flat=True))
    lines = [f"  {email:<34} {what}" for email, what in accounts.items() if email in here]
    return "\n".join(
        [
            f"Proffer's demonstration: http://{HOST}:{port}/ (Ctrl-C stops it; its data stays)",
            f"Sign in with the password {loaddemo.PASSWORD} as",
            *lines,
        ]
    )


def _serve(port: int) -> None:
    """Serves as production does, in this process: Django is loaded already, so that the worker starts at once."""
    os.register_at_fork(after_in_child=_leave_ctrl_c_to_the_parent)
    Granian(
        "portal.wsgi:application",
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        # A download takes one for as long as it lasts.
        blocking_threads=32,
        websockets=False,
        log_level=LogLevels.warning,
        workers_kill_timeout=3,
        working_dir=settings.BASE_DIR,
    ).serve()


def _leave_ctrl_c_to_the_parent() -> None:
    """The terminal sends it to both, and the parent then ends the worker; two signals at once can hang the worker."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
