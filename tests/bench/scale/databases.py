"""One database for each size, on one server: seeded, or as an earlier run left it in its folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from tests import postgresql
from tests.bench.stage import KEY, say

ROOT = Path(__file__).resolve().parents[3]
IMAGES_PER_MEMBERSHIP = 10
# A small server as people run them, and quiet while it is measured: no checkpoint and no vacuum comes in between.
SETTINGS = {
    "shared_buffers": "2GB", "effective_cache_size": "6GB", "work_mem": "16MB", "maintenance_work_mem": "512MB",
    "max_wal_size": "16GB", "checkpoint_timeout": "1h", "autovacuum": "off", "max_connections": "200",
    "shared_preload_libraries": "pg_stat_statements",
}  # fmt: skip


class Database(NamedTuple):
    """`landmarks`: what `seedscale --json` told of its largest and typical rows."""

    memberships: int
    url: str
    landmarks: dict[str, Any]

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    def environment(self) -> dict[str, str]:
        return _environment(self.url)


@contextmanager
def databases(
    sizes: list[int], settings: dict[str, str], folder: Path, keep: Path | None
) -> Iterator[list[Database]]:
    """`folder`: for small files; `keep`: where the server's data stays for the next run."""
    with postgresql.server(settings, keep) as url:
        server = url.rpartition("/")[0]
        run(f"{server}/postgres", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        found = [_database(f"{server}/scale_{size}", size, keep or folder) for size in sizes]
        for one in found:
            run(one.url, "VACUUM (ANALYZE)")
        yield found


def _database(url: str, size: int, folder: Path) -> Database:
    told = folder / f"{size}.json"
    began = time.monotonic()
    if not told.exists():
        name = url.rpartition("/")[2]
        maintenance = f"{url.rpartition('/')[0]}/postgres"
        # One that an interrupted run left is not whole.
        run(maintenance, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        _manage(url, "migrate", "--verbosity", "0")
        _manage(
            url, "seedscale", "--images", size // IMAGES_PER_MEMBERSHIP, "--memberships", size, "--json", told
        )  # fmt: skip
        say(f"{size:,} memberships: seeded in {time.monotonic() - began:.0f} s.")
    else:
        _manage(url, "migrate", "--verbosity", "0")
    return Database(size, url, json.loads(told.read_text()))


def _manage(url: str, *arguments: object) -> None:
    command = [sys.executable, ROOT / "manage.py", *map(str, arguments)]
    subprocess.run(command, env=_environment(url), check=True, stdout=subprocess.DEVNULL)


def _environment(url: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PROFFER_DEMO": "1",
        "DATABASE_URL": url,
        "SECRET_KEY": KEY,
        **EASED,
    }


# The hottest image has more members than an image may have by default, and the hottest owner more images. Tokens
# outlive the bench.
EASED = {"MEMBER_QUOTA": "0", "IMAGE_QUOTA": "0", "TOKEN_LIFETIME": "86400"}


def collect_static() -> None:
    """What pages refer to, to where portals with the same VAR_DIR serve it from."""
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)


def connected(url: str) -> psycopg.Connection:
    place, _, name = url.removeprefix("postgres://proffer@/").rpartition("/")
    return psycopg.connect(host=place, user="proffer", dbname=name, autocommit=True)


def run(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """The rows of the last statement, if it has any."""
    with connected(url) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def version(url: str) -> str:
    return run(url, "SHOW server_version")[0][0]
