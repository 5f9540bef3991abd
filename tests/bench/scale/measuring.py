"""The portals of all sizes in turns, under the same load: what else the machine does meets them alike."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from tests.bench.api.costs import Server, exact_times, spent
from tests.bench.api.load import Load, load
from tests.bench.scale.databases import connected
from tests.bench.scale.operation import Key, Operation
from tests.bench.scale.scene import Scene
from tests.serving import Portal

WARM_SECONDS, ASKED = 0.1, 3


class WrongAnswer(Exception):
    pass


class Serving(NamedTuple):
    """A portal on the database of one size."""

    scene: Scene
    portal: Portal


class Effort(NamedTuple):
    """How long each cell is measured: for so many requests over the rounds, but no turn longer than `seconds`."""

    rounds: int
    requests: int
    seconds: float

    @property
    def is_a_trial(self) -> bool:
        """Whether it is to be seen that all works, and no more."""
        return self.requests <= self.rounds


@dataclass
class Cell:
    """One operation at one size and one number of clients. Costs in milliseconds, of all its requests."""

    queries: int
    buffers: int
    taken: list[float] = field(default_factory=list)
    app: float = 0
    database: float = 0
    rss: float = 0

    def told(self, key: Key, clients: int, memberships: int) -> dict:
        return {
            "door": key.door, "operation": key.operation, "tenant": key.tenant, "position": key.position,
            "clients": clients, "memberships": memberships,
            "p50_ms": round(median(self.taken), 3), "p95_ms": round(self._p95, 3),
            "queries": self.queries, "buffers": self.buffers,
            "app_cpu_ms": round(self.app / len(self.taken), 3),
            "db_cpu_ms": round(self.database / len(self.taken), 3),
            "rss_mib": round(self.rss, 1),
        }  # fmt: skip

    @property
    def _p95(self) -> float:
        if len(self.taken) == 1:
            return self.taken[0]
        return quantiles(self.taken, n=20, method="inclusive")[-1]


class Bench:
    def __init__(self, servings: list[Serving], effort: Effort) -> None:
        self._servings, self._effort = servings, effort
        url = servings[0].scene.database.url
        self._server = Server(url)
        self._statistics = connected(f"{url.rpartition('/')[0]}/postgres")

    def check(self, key: Key, operations: list[Operation]) -> float:
        """Seconds that one request takes at all sizes together. WrongAnswer for a status that is not the one."""
        began = time.perf_counter()
        for serving, operation in zip(self._servings, operations, strict=True):
            self._ask(key, serving, operation, 1, PATIENCE, 1, plain=True)
        return time.perf_counter() - began

    def measure(self, key: Key, operations: list[Operation], clients: list[int]) -> Iterator[dict]:
        """A run for each number of clients and each size."""
        pairs = list(zip(self._servings, operations, strict=True))
        begun = []
        try:
            for serving, operation in pairs:
                begun.append((serving, operation))
                _do(serving, operation.begin)
            if not (operations[0].is_read or self._effort.is_a_trial):
                self.check(key, operations)
            asked = [self._asked(key, *pair) for pair in pairs]
            for number in clients:
                yield from self._cells(key, pairs, asked, number)
        finally:
            for serving, operation in begun:
                _do(serving, operation.end)

    def statements(self, key: Key, operations: list[Operation]) -> list[tuple[int, int, str]]:
        """Of one request at the largest size: how often, buffers, SQL; those with the most buffers first."""
        serving, operation = self._servings[-1], operations[-1]
        _do(serving, operation.begin)
        try:
            self._asked(key, serving, operation)
            return self._statistics.execute(EACH, [serving.scene.database.name]).fetchall()
        finally:
            _do(serving, operation.end)

    def _cells(
        self,
        key: Key,
        pairs: list[tuple[Serving, Operation]],
        asked: list[tuple[int, int]],
        clients: int,
    ) -> Iterator[dict]:
        seconds = self._turn_length(key, pairs, clients)
        cells = [Cell(*each) for each in asked]
        for round_ in range(self._effort.rounds):
            first = round_ % len(pairs)
            for turn in (*range(first, len(pairs)), *range(first)):
                self._turn(key, *pairs[turn], clients, seconds, cells[turn])
        for cell, (serving, _) in zip(cells, pairs, strict=True):
            yield cell.told(key, clients, serving.scene.size)

    def _turn_length(self, key: Key, pairs: list[tuple[Serving, Operation]], clients: int) -> float:
        """Seconds that the slowest takes for its share of the requests; finds out, and warms up."""
        rounds, requests, most = self._effort
        if self._effort.is_a_trial:
            return 0
        warm = [self._ask(key, *pair, clients, min(WARM_SECONDS, most)) for pair in pairs]
        # A bit more, because the rate of a few is a guess.
        return min(1.1 * requests / rounds / min(one.rate for one in warm), most)

    def _turn(self, key, serving, operation, clients, seconds, cell) -> None:
        _do(serving, operation.before)
        before = [exact_times(pids) for pids in self._processes(serving)]
        done = self._load(key, serving, operation, clients, seconds)
        after = [exact_times(pids) for pids in self._processes(serving)]
        cell.taken += done.taken
        cell.app += spent(before[0], after[0])
        cell.database += spent(before[1], after[1])
        cell.rss = max(_resident(pid) for pid in serving.portal.workers())

    def _processes(self, serving: Serving) -> tuple[list[int], list[int]]:
        return [serving.portal.process.pid, *serving.portal.workers()], self._server.processes()

    def _asked(self, key: Key, serving: Serving, operation: Operation) -> tuple[int, int]:
        """Statements and buffers of one request: the median of a few, of which one may have to connect first."""
        name, asked = serving.scene.database.name, []
        for _ in range(min(ASKED, self._effort.requests)):
            _do(serving, operation.before)
            self._statistics.execute(RESET, [name])
            self._load(key, serving, operation, 1, PATIENCE, 1)
            asked.append(self._statistics.execute(READ, [name]).fetchone())
        calls, buffers = (median(column) for column in zip(*asked, strict=True))
        return int(calls), int(buffers)

    def _ask(self, key, serving, operation, clients, seconds, most=None, plain=False) -> Load:
        _do(serving, operation.before)
        return self._load(key, serving, operation, clients, seconds, most, plain)

    def _load(self, key, serving, operation, clients, seconds, most=None, plain=False) -> Load:
        requests = islice(operation.requests, most or operation.most)
        if plain or self._effort.is_a_trial:
            # So that a wrong answer can be read.
            requests = (one.replace(b"Accept-Encoding: gzip\r\n", b"") for one in requests)
        try:
            return load(serving.portal.port, requests, operation.status, clients, seconds)
        except AssertionError as error:
            raise WrongAnswer(f"{key}, {serving.scene.size} memberships: {error}") from error


PATIENCE = 60
OF_DATABASE = "(SELECT oid FROM pg_database WHERE datname = %s)"
RESET = f"SELECT pg_stat_statements_reset(0, {OF_DATABASE}, 0)"
READ = f"""
SELECT coalesce(sum(calls), 0)::int, coalesce(sum(shared_blks_hit + shared_blks_read), 0)::int
FROM pg_stat_statements WHERE dbid = {OF_DATABASE}
"""  # noqa: S608

EACH = f"""
SELECT calls, shared_blks_hit + shared_blks_read, regexp_replace(query, '\\s+', ' ', 'g')
FROM pg_stat_statements WHERE dbid = {OF_DATABASE} ORDER BY 2 DESC
"""  # noqa: S608


def _do(serving: Serving, what) -> None:
    if what is not None:
        with serving.scene.here():
            what()


def _resident(pid: int) -> float:
    """MiB."""
    with suppress(FileNotFoundError):
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024
    return 0
