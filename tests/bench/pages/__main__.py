"""What a page costs: processor time of the portal for each request, served, and in which part of it.

Run by hand: python -m tests.bench.pages --help. Starts PostgreSQL, fills it, and serves the portal with two workers
of granian; the pages take turns within each round. The parts are of the same pages, asked in this process.
"""

import gzip
import json
import signal
import tempfile
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests import postgresql
from tests.bench.api.costs import Server, processor_times, spent
from tests.bench.api.load import load
from tests.bench.api.profiling import call, profile_functions
from tests.bench.api.scene import Operation, set_up
from tests.bench.stage import KEY, say
from tests.serving import Portal


class Layers(Portal):
    """The portal with the answers that stand for less than a page."""

    def __init__(self, *args, **how) -> None:
        super().__init__(*args, **how)
        self._command[-1] = "tests.bench.pages.layers:application"


def main() -> None:
    options = _options()
    # Whoever ends a bench early wants its servers and its files gone too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgresql.server())
        portal = Layers(folder, url, KEY, workers=2, threads=options.threads)
        # The seeded image has more members than the quota allows.
        portal.environment["MEMBER_QUOTA"] = "0"
        set_up(portal.environment)
        found = _pages(folder, options)
        Server(url).run("VACUUM ANALYZE")
        if options.profile:
            _profile(found, options.calls)
            return
        with portal.running():
            served = _served(found, portal, options)
        parts = {page.name: _parts(page, options.calls) for page in found}
    told = [{"page": page.name, **served[page.name], **parts[page.name]} for page in found]
    _tell(told, options.clients)
    if options.json:
        options.json.write_text(json.dumps(told, indent=2) + "\n")


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="only those of these names")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each load (default: 2)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8], help="(default: 1 8)")
    parser.add_argument("--threads", type=int, default=32, help="blocking threads of a worker")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--memberships", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=200, help="for the parts (default: 200)")
    parser.add_argument("--profile", action="store_true", help="functions instead of figures")
    parser.add_argument("--json", type=Path, help="file for the results")
    return parser.parse_args()


def _pages(folder: Path, options: Namespace) -> list[Operation]:
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)
    # Sets up the portal's middleware, one of which looks for the files.
    from tests.bench.pages.scene import pages

    found = pages(folder, options.images, options.memberships)
    return [page for page in found if not options.pages or page.name in options.pages]


def _profile(found: list[Operation], calls: int) -> None:
    from tests.bench.pages.layers import application

    for page in found:
        say(f"== {page.name}")
        for _ in range(20):
            call(application, page)
        profile_functions(application, page, calls)


def _served(found: list[Operation], portal: Portal, options: Namespace) -> dict[str, dict]:
    """By page and number of clients: the median of the rounds, of ms of processor time, and of ms until the answer."""
    taken: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for page in found:
        load(portal.port, page.requests, page.status, 8, options.seconds / 4)
    for _ in range(options.rounds):
        for page in found:
            for clients in options.clients:
                before = processor_times(portal.workers())
                done = load(portal.port, page.requests, page.status, clients, options.seconds)
                own = spent(before, processor_times(portal.workers())) / done.answers
                taken.setdefault((page.name, clients), []).append((own, done.p50))
    figures: dict[str, dict] = {}
    for (name, clients), rounds in taken.items():
        own, until = (median(values) for values in zip(*rounds, strict=True))
        figures.setdefault(name, {})[f"at_{clients}"] = {"cpu_ms": own, "p50_ms": until}
    return figures


def _parts(page: Operation, calls: int) -> dict[str, Any]:
    """Of this page: its rows, its bytes, its queries, and the median of the milliseconds of each part."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.bench.pages.layers import application
    from tests.bench.pages.scene import rows
    from tests.bench.pages.splitting import PARTS, clock

    for _ in range(20):
        call(application, page)
    spent = []
    for _ in range(calls):
        clock.begin()
        sent = call(application, page)
        spent.append(clock.read())
    with CaptureQueriesContext(connection) as asked:
        call(application, page)
    plain = gzip.decompress(sent) if sent.startswith(b"\x1f\x8b") else sent
    return {
        "rows": rows(plain),
        "bytes": len(plain),
        "sent": len(sent),
        "queries": len(asked),
        "parts_ms": {part: median(one[part] for one in spent) for part in PARTS},
    }


def _tell(told: list[dict], crowds: list[int]) -> None:
    from tests.bench.pages.splitting import PARTS

    served = " | ".join(f"{clients:>2} clients: CPU  p50" for clients in crowds)
    say(
        f"{'':<15} rows | {served} |   sum {' '.join(f'{part:>8}' for part in PARTS)} | queries   kB  gzip"
    )
    for one in told:
        costs = [one[f"at_{clients}"] for clients in crowds]
        served = " | ".join(f"{cost['cpu_ms']:15.2f} {cost['p50_ms']:5.1f}" for cost in costs)
        parts = one["parts_ms"]
        say(
            f"{one['page']:<15} {one['rows']:>4} | {served} | {sum(parts.values()):5.2f}"
            f" {' '.join(f'{parts[part]:8.2f}' for part in PARTS)}"
            f" | {one['queries']:>7} {one['bytes'] / 1000:4.0f} {one['sent'] / 1000:5.1f}"
        )


if __name__ == "__main__":
    main()
