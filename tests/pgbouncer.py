"""A throw-away PgBouncer with the settings of examples/pgbouncer.ini, in front of the server of tests.postgresql:
`pytest -p tests.pgbouncer` for a run behind it, or `with pooler(url, connections) as pooled_url:`.

What cannot start fails the run; nothing is skipped.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest

from tests import postgresql
from tests.postgresql import ServerDidNotStart, unprivileged

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "pgbouncer.ini"
# Of a whole run: a test's own connections, those of its threads, and of the programs that it starts.
CONNECTIONS = 12

# As tests.postgresql.KEEPER.
KEEPER = """
set -e
directory=$(mktemp -d "${TMPDIR:-/tmp}/proffer-pgbouncer.XXXXXX")
pooler=
trap 'kill $pooler 2>/dev/null; wait; rm -rf "$directory"' EXIT
cd "$directory"
echo "$SETTINGS" >pgbouncer.ini
psql -h "$SERVER" -U proffer -d postgres -qtAc "$PASSWORDS" >userlist.txt
"$PGBOUNCER" pgbouncer.ini >log 2>&1 &
pooler=$!
until [ -S .s.PGSQL.5432 ]; do
    kill -0 $pooler 2>/dev/null || {
        cat log
        exit 1
    }
    sleep 0.02
done
echo "ready $directory"
cat >/dev/null
"""


@contextmanager
def pooler(url: str, connections: int) -> Iterator[str]:
    """Yields the DATABASE_URL of the same database behind a pool of so many connections to it.

    `url` is of a database of tests.postgresql. Clients show their password, as those of the example do.
    """
    server = url.removeprefix("postgres://proffer@/").rpartition("/")[0]
    process = subprocess.Popen(
        ["sh", "-c", KEEPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=os.environ
        | {
            "PATH": f"{postgresql.programs('postgresql')}:{os.environ['PATH']}",
            "PGBOUNCER": postgresql.programs("pgbouncer"),
            "SERVER": server,
            "SETTINGS": _settings(server, connections),
            "PASSWORDS": _statement_for_passwords(),
        },
        start_new_session=True,
        **unprivileged(),
    )
    with process:
        output = ""
        for line in process.stdout:
            if line.startswith("ready "):
                place, database = line.removeprefix("ready ").strip(), url.rpartition("/")[2]
                yield f"postgres://proffer:proffer@/{place}/{database}"
                return
            output += line
    raise ServerDidNotStart(f"PgBouncer for the tests did not start:\n{output}")


def _settings(server: str, connections: int) -> str:
    """The example's, with addresses of this machine and a pool of this size."""
    settings = ConfigParser()
    settings.read(EXAMPLE)
    settings["databases"] = {"*": f"host={server}"}
    settings["pgbouncer"].update({
        "listen_addr": "",
        # The name of the socket, in the folder that PgBouncer is started in.
        "listen_port": "5432",
        "unix_socket_dir": ".",
        "auth_file": "userlist.txt",
        "default_pool_size": str(connections),
        "stats_users": "proffer",
    })  # fmt: skip
    text = StringIO()
    settings.write(text)
    return text.getvalue()


def _statement_for_passwords() -> str:
    """As the example has a superuser ask."""
    return re.search(r'psql -qtAc "(.*)"$', EXAMPLE.read_text(), re.MULTILINE)[1].replace(
        '\\"', '"'
    )


# First, because pytest-django reads the settings in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    postgresql.for_the_run(
        early_config,
        lambda stack: stack.enter_context(
            pooler(stack.enter_context(postgresql.server()), CONNECTIONS)
        ),
    )
    os.environ["DATABASE_POOLER"] = "transaction"


def pytest_configure(config: pytest.Config) -> None:
    # A database to which the pool keeps connections is not dropped; it goes with its server.
    config.option.reuse_db = True
