"""What processes and the database did meanwhile: processor time, and statements."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

TICK = 1000 / os.sysconf("SC_CLK_TCK")
STATEMENT = re.compile(r"^.* LOG:  (?:statement|execute [^:]*): ", re.MULTILINE)


def processor_times(pids: list[int]) -> dict[int, float]:
    """Milliseconds of each process so far, all its threads, in user code and in the kernel; of those that still are."""
    found = {}
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            found[pid] = (int(fields[11]) + int(fields[12])) * TICK
    return found


def exact_times(pids: list[int]) -> dict[int, float]:
    """The same of each thread, to the microsecond: for what takes less than a few ticks of the clock."""
    found = {}
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            for thread in os.scandir(f"/proc/{pid}/task"):
                told = Path(thread.path, "schedstat").read_text()
                found[int(thread.name)] = int(told.split()[0]) / 1e6
    return found


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    return sum(time - before.get(pid, 0) for pid, time in after.items())


def children(pid: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Server:
    """The throw-away PostgreSQL server behind the URL."""

    def __init__(self, url: str) -> None:
        before, _, self._name = url.rpartition("/")
        self._folder = Path(before.removeprefix("postgres://proffer@/"))
        self._pid = int((self._folder / "data/postmaster.pid").read_text().split("\n")[0])

    def processes(self) -> list[int]:
        return children(self._pid)

    def run(self, *statements: str) -> None:
        with psycopg.connect(
            host=str(self._folder), user="proffer", dbname=self._name, autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def logged(self) -> Iterator[list[str]]:
        """The statements that others send in the block, BEGIN and COMMIT among them; filled at its end."""
        log, found = self._folder / "log", []
        self._log("all")
        size = log.stat().st_size
        yield found
        text = log.read_bytes()[size:].decode()
        self._log("none")
        found += [" ".join(statement.split()) for statement in STATEMENT.split(text)[1:]]

    def _log(self, what: str) -> None:
        self.run(f"ALTER SYSTEM SET log_statement = '{what}'", "SELECT pg_reload_conf()")
        # The backends that are there read it before their next statement, once the signal has come.
        self.run("SELECT pg_sleep(0.2)")
