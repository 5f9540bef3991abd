"""How many requests the API answers, against a bare application that runs the same SQL, and against Glance.

Run by hand: python -m tests.bench.api --help. Starts PostgreSQL, and both applications with two workers each; they
take turns within each round, so that what else the machine does meets both. Ratios are medians of the rounds.
"""

import json
import os
import signal
import tempfile
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from contextlib import ExitStack
from pathlib import Path

from tests import postgresql
from tests.bench.api.costs import Server
from tests.bench.api.measuring import Application, Bare, measure, statements, warm
from tests.bench.api.profiling import alike, profile
from tests.bench.api.scene import Operation, Scene, scene, set_up
from tests.bench.stage import KEY, say
from tests.serving import Portal

NAMES = ("share", "accept", "members-10", "members-1000", "images", "token")
HEAD = (
    "operation     clients |   portal  p50 ms  p95 ms |     bare  p50 ms  p95 ms | portal/bare  x Glance (wanted)"
    " | CPU ms a request: portal + db, bare + db; clients | statements: portal, bare | by CPU: portal, bare"
)


def main() -> None:
    options = _options()
    # Whoever ends a bench early wants its servers and its files gone too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgresql.server())
        how = {"workers": options.workers, "threads": options.threads}
        portal, bare = Portal(folder, url, KEY, **how), Bare(folder, url, KEY, **how)
        # Without it, Django warns of it.
        (folder / "static").mkdir()
        set_up(portal.environment)
        here, server = scene(options.size), Server(url)
        server.run("VACUUM ANALYZE")
        chosen = [one for one in here.operations if one.name in options.operations]
        if options.profile:
            for operation in chosen:
                profile(operation, options.calls)
            return
        applications = [
            Application("portal", stack.enter_context(portal.running())),
            Application("bare", stack.enter_context(bare.running())),
        ]
        told = _measured(chosen, applications, server, here, options)
    if options.json:
        options.json.write_text(json.dumps(told, indent=2) + "\n")


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("operations", nargs="*", metavar="OPERATION", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each load (default: 2)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8], help="(default: 1 8)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=32, help="blocking threads of a worker")
    parser.add_argument("--size", type=int, default=1500, help="images to offer (default: 1500)")
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument("--profile", action="store_true", help="functions instead of figures")
    parser.add_argument("--calls", type=int, default=300, help="of a profile (default: 300)")
    options = parser.parse_args()
    options.operations = options.operations or NAMES
    if unknown := set(options.operations) - set(NAMES):
        parser.error(f"no such operation: {', '.join(unknown)}")
    return options


def _measured(
    chosen: list[Operation],
    applications: list[Application],
    server: Server,
    here: Scene,
    options: Namespace,
) -> list[dict]:
    say(HEAD)
    results = []
    for operation in chosen:
        alike(operation)
        for application in applications:
            warm(operation, application)
        asked = {one.name: statements(operation, one, server) for one in applications}
        for clients in options.clients:
            figures = measure(
                operation, clients, applications, server, here, options.rounds, options.seconds
            )
            told = figures.told() | {"statements": asked, "threads": options.threads}
            say(_line(told, operation))
            results.append(told)
    return results


def _line(told: dict, operation: Operation) -> str:
    portal, bare = told["portal"], told["bare"]
    glance = f"{told['of_glance']:6.1f} ({operation.wanted})" if told["of_glance"] else "        --"
    rates = " | ".join(
        f"{one['a_second']:7.0f}/s {one['p50']:7.2f} {one['p95']:7.2f}" for one in (portal, bare)
    )
    costs = ", ".join(f"{one['own_ms']:.2f} + {one['database_ms']:.2f}" for one in (portal, bare))
    asked = ", ".join(str(len(found)) for found in told["statements"].values())
    idle = ", ".join(f"{_by_cpu(one):.0f}/s" for one in (portal, bare))
    return (
        f"{operation.name:<13} {told['clients']:>7} | {rates} | {told['ratio']:11.2f} {glance:>18}"
        f" | {costs}; {portal['clients_ms']:.2f} | {asked} | {idle}"
    )


def _by_cpu(figures: dict) -> float:
    """What the processor time would allow in a second, were there nothing else on all the machine's cores."""
    spent = figures["own_ms"] + figures["database_ms"] + figures["clients_ms"]
    return 1000 * (os.cpu_count() or 1) / spent


if __name__ == "__main__":
    main()
