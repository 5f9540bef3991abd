"""A streaming replica of the throw-away server of tests.postgresql, which tests stop, start, hold up and ask."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from tests.postgresql import ServerDidNotStart, programs, unprivileged
from tests.waiting import wait_until

# As tests.postgresql.KEEPER. Each line that it reads is an act of pg_ctl.
KEEPER = """
set -e
directory=$(mktemp -d "${TMPDIR:-/tmp}/proffer-replica.XXXXXX")
trap 'pg_ctl stop -D "$directory/data" -m immediate >/dev/null 2>&1; rm -rf "$directory"' EXIT
pg_basebackup -h "$PRIMARY" -U proffer -D "$directory/data" -R -X stream -c fast --no-sync
options="-k '$directory' -c listen_addresses='' -c fsync=off -c max_standby_streaming_delay=100ms -c log_statement=all"
act() {
    pg_ctl "$1" -D "$directory/data" -l "$directory/log" -o "$options" -m immediate || cat "$directory/log"
}
act start
echo "ready $directory"
while read -r word; do
    act "$word"
    echo "done"
done
"""


class Replica:
    """`place`: the folder of its Unix socket. It is asked in the database that the test runs on."""

    def __init__(self, process: subprocess.Popen, place: str) -> None:
        self._process = process
        self.place = place

    def act(self, word: str) -> None:
        """`start` or `stop`; what it does is done at once."""
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        _read_until(self._process, "done")

    def ask(self, statement: str) -> Any:
        with psycopg.connect(
            host=self.place,
            user="proffer",
            dbname=connection.settings_dict["NAME"],
            autocommit=True,
        ) as asking:
            found = asking.execute(statement).fetchone()
            return found and found[0]

    def catch_up(self) -> None:
        """Waits until it has replayed all that the primary has written."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            [written] = cursor.fetchone()
            # A commit behind it, so that it is sent.
            cursor.execute("SELECT pg_logical_emit_message(true, 'test', 'caught up?')")
        replayed = f"SELECT pg_last_wal_replay_lsn() >= '{written}'"
        wait_until(lambda: self.ask(replayed), "The replica does not follow.")

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """It has replayed all until now, and replays nothing meanwhile."""
        self.catch_up()
        self.ask("SELECT pg_wal_replay_pause()")
        pauses = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
        wait_until(lambda: self.ask(pauses), "The replica does not pause.")
        try:
            yield
        finally:
            self.ask("SELECT pg_wal_replay_resume()")
        self.catch_up()

    def statements(self) -> str:
        """All that it was asked until now."""
        return Path(self.place, "log").read_text()


@contextmanager
def replica_of_this_server() -> Iterator[Replica]:
    """Of the server that the test runs on. It and its data are gone afterwards."""
    with connection.cursor() as cursor:
        # Else what it still needs may be gone before it asks for it.
        cursor.execute("ALTER SYSTEM SET wal_keep_size = '1GB'")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("SHOW unix_socket_directories")
        [primary] = cursor.fetchone()
    process = subprocess.Popen(
        ["sh", "-c", KEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        cwd="/", start_new_session=True,
        env=os.environ | {"PATH": f"{programs('postgresql')}:{os.environ['PATH']}", "PRIMARY": primary},
        **unprivileged(),
    )  # fmt: skip
    with process:
        yield Replica(process, _read_until(process, "ready"))


def _read_until(process: subprocess.Popen, word: str) -> str:
    """What follows the word on its line."""
    output = ""
    for line in process.stdout:
        if line.split()[:1] == [word]:
            return line.removeprefix(word).strip()
        output += line
    raise ServerDidNotStart(f"The replica did not start:\n{output}")
