"""Imports that end in a crash: the process is gone in the middle of an act, without a chance to clean up.

As a program (`python -m tests.crashing`) it reads lines of JSON: an act, its arguments and a step. For each it forks,
acts, and ends at that step: at the n-th call of the system or statement to the database that could matter.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.waiting import wait_until

CRASHED = 42
# Calls that change what is on the disk.
CALLS = ("open", "pwrite", "fsync", "link", "replace", "unlink", "mkdir", "chmod")


def database_url() -> str:
    """Of the database that the test runs on."""
    from django.db import connection

    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{found['NAME']}"


def connections_of_others() -> int:
    """How many connections to the database of the test there are on PostgreSQL, beside its own."""
    from django.db import connection

    # Autovacuum is there too, when it likes.
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with connection.cursor() as cursor:
        [count] = cursor.execute(others).fetchone()
    return count


def wait_for_others_to_leave() -> None:
    """PostgreSQL may still be at the last statement of a client that was killed."""
    wait_until(lambda: not connections_of_others(), "Another connection to the database stays.")


@contextmanager
def crashes(folder: Path) -> Iterator[Callable[..., bool]]:
    """Yields `act(name, step, **arguments)`: whether the process crashed before it was done with the act."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "UPLOAD_DIR": str(folder / "uploads"),
        "IMAGE_STORE": str(folder / "images"),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crashing"],
        env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip

        def act(name: str, step: int, **arguments: Any) -> bool:
            process.stdin.write(json.dumps([name, step, arguments]) + "\n")
            process.stdin.flush()
            status = int(process.stdout.readline())
            assert status in (0, CRASHED), status
            return status == CRASHED

        yield act
        process.stdin.close()


def _serve() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        name, step, arguments = json.loads(line)
        child = os.fork()
        if not child:
            _crash_at(step)
            ACTS[name](**arguments)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _crash_at(step: int) -> None:
    from django.db import connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    left = step

    def count() -> None:
        nonlocal left
        if not left:
            os._exit(CRASHED)
        left -= 1

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            count()
            return real(*arguments, **keywords)

        return call

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    BaseDatabaseWrapper._commit = counted(BaseDatabaseWrapper._commit)
    connection.execute_wrappers.append(lambda execute, *rest: counted(execute)(*rest))


def _receive(
    upload: str, data: str, offset: int, on_other_disk: bool = False, by_task: bool = False
) -> None:
    from sharing.imagedata import imports
    from sharing.models import Upload

    if by_task:
        imports.VERIFIED_AT_ONCE = 0
    if on_other_disk:
        _forbid_links()
    found = Upload.objects.select_related("image").get(pk=upload)
    rest = BytesIO(bytes.fromhex(data)[offset:])
    imports.receive(found, rest.read, offset, by=_owner(found.image))


def _delete(image: str) -> None:
    from sharing import handshake
    from sharing.models import Image

    found = Image.objects.get(pk=image)
    handshake.delete_image(found, by=_owner(found))


def _cancel(upload: str) -> None:
    from sharing.imagedata import imports
    from sharing.models import Upload

    found = Upload.objects.select_related("image").get(pk=upload)
    imports.cancel(found, by=_owner(found.image))


def _owner(image: Any) -> Any:
    from sharing.tenancy import Actor

    return Actor("manager@producer.example", image.owner_id, "manager")


def _forbid_links() -> None:
    import errno

    def link(source: Any, target: Any, **keywords: Any) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    os.link = link


ACTS = {"receive": _receive, "delete": _delete, "cancel": _cancel}

if __name__ == "__main__":
    _serve()
