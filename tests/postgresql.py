"""A throw-away PostgreSQL server: `pytest -p tests.postgresql`, or `with server() as url:`.

What cannot start fails the run; nothing is skipped.
"""

import os
import pwd
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent / ".ci" / "tools"

# Reads a pipe whose other end this Python process holds, and cleans up when it closes: at the end
# of the run, on Ctrl-C, and also when this process is killed and can clean up nothing itself.
# Its first argument is a folder that stays, or empty; the others are settings.
KEEPER = """
set -e
directory=$1
shift
if [ "$directory" ]; then
    trap 'pg_ctl stop -D "$directory/data" -m fast >/dev/null 2>&1' EXIT
else
    directory=$(mktemp -d "${TMPDIR:-/tmp}/proffer-postgresql.XXXXXX")
    trap 'pg_ctl stop -D "$directory/data" -m immediate >/dev/null 2>&1; rm -rf "$directory"' EXIT
fi
if ! [ -e "$directory/data/PG_VERSION" ]; then
    echo proffer >"$directory/password"
    initdb -D "$directory/data" -U proffer --pwfile="$directory/password" --auth=trust \\
        --encoding=UTF8 --locale=C.UTF-8 --no-sync
fi
options="-k '$directory' -c listen_addresses='' -c fsync=off -c full_page_writes=off -c deadlock_timeout=50ms"
for setting; do options="$options -c $setting"; done
pg_ctl start -D "$directory/data" -l "$directory/log" -o "$options" || {
    cat "$directory/log"
    exit 1
}
psql -h "$directory" -U proffer -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = 'proffer'" | grep -q 1 ||
    createdb -h "$directory" -U proffer proffer
echo "ready $directory"
cat >/dev/null
"""


class ServerDidNotStart(Exception):
    pass


@contextmanager
def server(settings: Mapping[str, str] | None = None, folder: Path | None = None) -> Iterator[str]:
    """Yields the DATABASE_URL of an empty database on a server of its own, behind a Unix socket that
    no other user can open. Server and data are gone afterwards; in a `folder` the data stays, for the
    next server there. `settings`: of PostgreSQL, in words without spaces."""
    chosen = [f"{name}={value}" for name, value in (settings or {}).items()]
    process = subprocess.Popen(
        ["sh", "-c", KEEPER, "keeper", str(_own(folder)) if folder else "", *chosen],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=os.environ | {"PATH": f"{programs('postgresql')}:{os.environ['PATH']}"},
        # Ctrl-C is for this process; the server outlives it until the test databases are dropped.
        start_new_session=True,
        **unprivileged(),
    )
    with process:
        output = ""
        for line in process.stdout:
            if line.startswith("ready "):
                yield f"postgres://proffer@/{line.removeprefix('ready ').strip()}/proffer"
                return
            output += line
    raise ServerDidNotStart(f"The PostgreSQL server for the tests did not start:\n{output}")


def programs(package: str) -> str:
    found = subprocess.run([TOOLS, "find", package], capture_output=True, text=True)
    if found.returncode:
        raise ServerDidNotStart(found.stderr)
    return found.stdout.strip()


def _own(folder: Path) -> Path:
    """The folder, made for the user that the server runs as."""
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    user = unprivileged()
    if user:
        os.chown(folder, user["user"], user["group"])
    return folder


def unprivileged() -> dict:
    """PostgreSQL refuses to run as root."""
    if os.geteuid():
        return {}
    names = {user.pw_name for user in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def for_the_run(early_config: pytest.Config, start: Callable[[ExitStack], str]) -> None:
    """The run's database is the one whose URL `start` gives; what that entered ends with the run."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # the controller's server is in the environment already
    stack = ExitStack()
    early_config.add_cleanup(stack.close)
    try:
        os.environ["DATABASE_URL"] = start(stack)
    except ServerDidNotStart as error:
        raise pytest.UsageError(str(error)) from None


# First, because pytest-django reads the settings in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    for_the_run(early_config, lambda stack: stack.enter_context(server()))
