"""README's way to partitions without a maintenance window: a second server that follows the first, then the switch."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.postgresql import programs, server, unprivileged
from tests.waiting import wait_until

SIZES = ("--images", "200", "--memberships", "2000")
IMAGE = """SELECT image_id::text, i.owner_id FROM sharing_membership m JOIN sharing_image i ON i.id = image_id
WHERE m.status = 'rejected' AND i.visibility = 'shared' AND NOT on_hold LIMIT 1"""


class Server:
    def __init__(self, url: str) -> None:
        self.url = url
        folder = re.search(r"@/(.+)/proffer$", url)[1]
        self.data, self.dsn = Path(folder, "data"), f"host={folder} user=proffer dbname=proffer"

    def sql(self, statement: str) -> list[tuple]:
        with psycopg.connect(self.dsn, autocommit=True) as connected:
            cursor = connected.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def manage(self, *arguments: str) -> str:
        environment = os.environ | {"DATABASE_URL": self.url}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout

    def program(self, name: str, *arguments: str, **options) -> str:
        command = [f"{programs('postgresql')}/{name}", *arguments]
        return subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, **options
        ).stdout

    def rows(self) -> dict[str, list[tuple]]:
        tables = self.sql("SELECT tablename FROM pg_tables WHERE tablename LIKE 'sharing\\_%'")
        names = {re.sub(r"_(\d+|rest)$", "", name) for (name,) in tables}
        columns = "SELECT string_agg(attname, ', ' ORDER BY attname) FROM pg_attribute WHERE attnum > 0 AND attrelid"
        found = {}
        for name in names:
            [(listed,)] = self.sql(f"{columns} = '{name}'::regclass")
            found[name] = sorted(self.sql(f"SELECT {listed} FROM {name}"), key=str)  # noqa: S608
        return found


@contextmanager
def started(*settings: str) -> Iterator[Server]:
    with server() as url:
        made = Server(url)
        for setting in settings:
            made.sql(f"ALTER SYSTEM SET {setting}")
        made.program(
            "pg_ctl", "restart", "-D", str(made.data), "-m", "fast", "-l", str(made.data / "log"),
            cwd="/", **unprivileged(),
        )  # fmt: skip
        yield made


def follow(old: Server, new: Server) -> None:
    """As README tells it: the schema, its partitions, then the rows and whatever changes from now on."""
    new.program("psql", "-q", new.dsn, input=old.program("pg_dump", "--schema-only", old.dsn))
    [(last,)] = old.sql("SELECT max(id) FROM sharing_event")
    new.manage(
        "partition", "--partitions", "4", "--event-ids", str(last // 3), "--last-event", str(last)
    )
    # A DELETE has to tell the image, by which the new server finds the partition.
    old.sql("ALTER TABLE sharing_membership REPLICA IDENTITY FULL")
    old.sql("CREATE PUBLICATION proffer FOR ALL TABLES")
    new.sql(f"CREATE SUBSCRIPTION proffer CONNECTION '{old.dsn}' PUBLICATION proffer")


def switch(old: Server, new: Server) -> None:
    """Once the portal was stopped: the rest of the changes, then the sequences, which do not follow."""
    [(here,)] = old.sql("SELECT pg_current_wal_lsn()")
    slot = (
        "SELECT confirmed_flush_lsn >= '{}' FROM pg_replication_slots WHERE slot_name = 'proffer'"
    )
    wait_until(lambda: old.sql(slot.format(here)) == [(True,)], "The new server does not follow.")
    new.sql("DROP SUBSCRIPTION proffer")
    for (statement,) in old.sql(
        "SELECT format('SELECT setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value)"
        " FROM pg_sequences WHERE last_value IS NOT NULL"
    ):
        new.sql(statement)
    new.sql("VACUUM (ANALYZE)")


def change(portal: Server, member: int) -> None:
    """What the verbs do to memberships: INSERT, UPDATE and DELETE, of one and of many."""
    [(image, owner)] = portal.sql(IMAGE)
    portal.manage("offer", image, str(member), str(member + 1))
    portal.manage("prune", "--owner", owner)
    portal.sql(
        "UPDATE sharing_membership SET status = 'accepted', answered_by = 'x', answered_at = now()"
        " WHERE status = 'pending' AND id % 3 = 0"
    )
    portal.sql("DELETE FROM sharing_membership WHERE id % 5 = 0")


@pytest.mark.django_db
def test_a_second_server_with_partitions_follows_and_takes_over_with_every_row():
    if connection.vendor != "postgresql":
        pytest.skip("It starts two PostgreSQL servers of its own: once is enough.")
    with started("wal_level = 'logical'") as old, started() as new:
        old.manage("migrate", "-v0")
        old.manage("seedscale", *SIZES)
        follow(old, new)
        change(old, 1001)
        ready = "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel"
        wait_until(lambda: new.sql(ready) == [(True,)], "The rows are not copied.")
        change(old, 2001)
        switch(old, new)
        assert new.rows() == old.rows()
        assert new.sql("SELECT count(*) FROM sharing_event_rest") == [(0,)]
        assert "No changes detected" in new.manage("makemigrations", "--check")
        assert "No planned migration operations" in new.manage("migrate", "--plan")
        [(image, _)] = new.sql(IMAGE)
        new.manage("offer", image, "3001")
        newest = "SELECT max(id) FROM sharing_membership"
        assert new.sql(newest) > old.sql(newest)
        assert "ahead of time" not in new.manage("housekeeping")
