"""Portal and bare application in turns, under the same load."""

from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from tests.bench.api.costs import Server, processor_times, spent
from tests.bench.api.load import Load, load
from tests.bench.api.scene import Operation, Scene
from tests.serving import Portal


class Application(NamedTuple):
    name: str
    serving: Portal


class Bare(Portal):
    """The bare application, served as the portal is."""

    def __init__(self, *args, **how) -> None:
        super().__init__(*args, **how)
        self._command[-1] = "tests.bench.bare:application"


@dataclass
class Figures:
    """Of one operation at one number of clients: per application, a value for each round. Costs in ms a request."""

    operation: Operation
    clients: int
    loads: dict[str, list[Load]] = field(default_factory=dict)
    own: dict[str, list[float]] = field(default_factory=dict)
    database: dict[str, list[float]] = field(default_factory=dict)

    def told(self) -> dict:
        told = {"operation": self.operation.name, "clients": self.clients}
        for name, loads in self.loads.items():
            told[name] = {
                "a_second": median(one.rate for one in loads),
                "p50": median(one.p50 for one in loads),
                "p95": median(one.p95 for one in loads),
                "own_ms": median(self.own[name]),
                "database_ms": median(self.database[name]),
                "clients_ms": median(one.own_time / one.answers for one in loads),
            }
        rates = [[one.rate for one in loads] for loads in self.loads.values()]
        told["ratio"] = median(portal / bare for portal, bare in zip(*rates, strict=True))
        glance = self.operation.glance.get(self.clients)
        told["of_glance"] = told["portal"]["a_second"] / glance if glance else None
        return told


def measure(
    operation: Operation,
    clients: int,
    applications: list[Application],
    server: Server,
    here: Scene,
    rounds: int,
    seconds: float,
) -> Figures:
    figures = Figures(operation, clients)
    for _ in range(rounds):
        for name, serving in applications:
            if operation.name == "accept":
                server.run(here.reset)
            own, database = (processor_times(pids) for pids in _ids(serving, server))
            done = load(serving.port, operation.requests, operation.status, clients, seconds)
            # Those that came meanwhile too, with the first connections.
            own_after, database_after = (processor_times(pids) for pids in _ids(serving, server))
            figures.loads.setdefault(name, []).append(done)
            figures.own.setdefault(name, []).append(spent(own, own_after) / done.answers)
            in_database = spent(database, database_after) / done.answers
            figures.database.setdefault(name, []).append(in_database)
    return figures


def _ids(serving: Portal, server: Server) -> tuple[list[int], list[int]]:
    """The processes of the application and of the database."""
    return [serving.process.pid, *serving.workers()], server.processes()


def statements(operation: Operation, application: Application, server: Server) -> list[str]:
    """The SQL of one request, as the server logs it."""
    with server.logged() as found:
        load(application.serving.port, operation.requests, operation.status, 1, 0)
    return found


def warm(operation: Operation, application: Application) -> None:
    load(application.serving.port, operation.requests, operation.status, 8, 0.3)
