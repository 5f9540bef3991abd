"""Every page and API operation at several sizes of the database: what each takes, and how much that grows.

Run by hand: `make bench`, or python -m tests.bench.scale --help. Starts PostgreSQL with a database for each size, and
a portal of two workers for each; they take turns, so that what else the machine does meets all sizes alike. Ratios are
taken within a run. Ten million memberships take some fifteen minutes to seed; with the log, 40 GB of disk.
"""

import json
import os
import signal
import sys
import tempfile
import time
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

from tests.bench.scale import api, complete, operator_verbs, operators, pages, plot, report, verbs
from tests.bench.scale.databases import EASED, SETTINGS, collect_static, databases, version
from tests.bench.scale.measuring import Bench, Effort, Serving, WrongAnswer
from tests.bench.scale.operation import Key, Operation
from tests.bench.scale.options import options_of
from tests.bench.scale.scene import Scene, set_up
from tests.bench.stage import KEY, say
from tests.serving import Portal

# What only reads comes first, so that it meets the database as it was seeded.
READS = (pages.pages, api.calls, operators.screens)
TABLES = (*READS, verbs.verbs, api.verbs, operator_verbs.verbs)


def main() -> None:
    options = options_of(__doc__)
    until = time.monotonic() + 60 * options.minutes
    # Whoever ends a bench early wants its servers and its files gone too.
    for end in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(end, signal.default_int_handler)
    # What is being measured when the time is over may end; what hangs may not.
    signal.alarm(int(60 * (options.minutes + 5)))
    settings = SETTINGS | dict(one.split("=", 1) for one in options.set)
    machine = report.machine(settings, options.workers, options.threads)
    with ExitStack() as stack:
        servings = _served(options, settings, stack)
        machine["postgresql"]["version"] = version(servings[0].scene.database.url)
        before = json.loads(options.again.read_text())["runs"] if options.again else []
        again = report.grown(before)
        chosen = _chosen([serving.scene for serving in servings], options)
        if options.again:
            if {run["memberships"] for run in before} != set(options.sizes):
                sys.exit(f"{options.again} is of other sizes.")
            chosen = {key: each for key, each in chosen.items() if key in again}
        bench = Bench(servings, Effort(options.rounds, options.requests, options.seconds))
        if options.statements:
            _tell_statements(bench, chosen)
            return
        try:
            runs, left = _measured(bench, chosen, again, options, until)
        except WrongAnswer as error:
            sys.exit(f"Not as it should be answered: {error}")
    _tell(report.replaced(before, runs) if before else runs, left, machine, options)


def _served(options: Namespace, settings: dict[str, str], stack: ExitStack) -> list[Serving]:
    """A portal for each size; all end with the stack."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    # That of this process and of `manage.py`, too.
    os.environ["VAR_DIR"] = str(folder)
    found = stack.enter_context(databases(options.sizes, settings, folder, options.keep))
    set_up(found[0])
    collect_static()
    servings = []
    for one in found:
        scene = Scene(one)
        stack.callback(scene.close)
        portal = Portal(folder, one.url, KEY, workers=options.workers, threads=options.threads)
        portal.environment |= EASED
        servings.append(Serving(scene, stack.enter_context(portal.running())))
    return servings


def _chosen(scenes: list[Scene], options: Namespace) -> dict[Key, list[Operation]]:
    """The operations, each at all sizes."""
    tables = []
    for scene in scenes:
        began = time.monotonic()
        with scene.here():
            every = [one for table in (READS if options.reads else TABLES) for one in table(scene)]
            if unasked := not options.reads and complete.missing(every):
                sys.exit(f"No operation asks for: {', '.join(sorted(unasked))}.")
        tables.append({one.key: one for one in every})
        say(
            f"{scene.size:,} memberships: {len(every)} operations set up in {time.monotonic() - began:.0f} s."
        )
    chosen = {
        key: [table[key] for table in tables]
        for key in tables[0]
        if all(key in table for table in tables)
        and key.door in options.doors
        and any(words in key.operation for words in options.operations)
    }
    if left_out := {key for table in tables for key in table} - set.intersection(*map(set, tables)):
        say(
            f"Not at all sizes, and left out: {', '.join(sorted({key.operation for key in left_out}))}."
        )
    return chosen


def _measured(
    bench: Bench,
    chosen: dict[Key, list[Operation]],
    again: dict[Key, list[int]],
    options: Namespace,
    until: float,
) -> tuple[list[dict], list[Key]]:
    """The runs, and what there was no time for. `again`: with how many clients, where not with all."""
    say(f"{len(chosen)} operations.")
    if options.requests > options.rounds:
        say(f"They take about {_estimate(bench, chosen, again, options):.0f} minutes.")
    say(report.head(options.sizes))
    runs, left = [], []
    for key, operations in chosen.items():
        if time.monotonic() > until:
            left.append(key)
            continue
        done = list(bench.measure(key, operations, again.get(key, options.clients)))
        for grown in report.by_operation(done).values():
            say(report.line(grown))
        runs += done
    return runs, left


def _tell_statements(bench: Bench, chosen: dict[Key, list[Operation]]) -> None:
    for key, operations in chosen.items():
        say(f"\n{key}\n times buffers")
        for calls, buffers, sql in bench.statements(key, operations):
            say(f"{calls:6} {buffers:7} {sql}")


def _estimate(
    bench: Bench,
    chosen: dict[Key, list[Operation]],
    again: dict[Key, list[int]],
    options: Namespace,
) -> float:
    """Minutes. Asks once for all that only reads, so that what does not work shows at once."""
    reads = {key: some for key, some in chosen.items() if some[0].is_read}
    once = sum(bench.check(key, operations) for key, operations in reads.items())
    each = once / max(len(reads), 1)
    several = (again.get(key, options.clients) for key in chosen)
    cells = sum(1 / min(clients, 2) for some in several for clients in some)
    return cells * (each * options.requests + 0.4) / 60


def _tell(runs: list[dict], left: list[Key], machine: dict, options: Namespace) -> None:
    missed = report.misses(runs)
    say(f"\nMachine: {json.dumps(machine)}")
    say(f"\nMisses the bar (p95 x {report.GROWTH_MAX}, {report.BUFFERS_MAX} buffers, ", end="")
    say(f"{report.APP_CPU_MAX:.0f} ms of application CPU for a page): {len(missed) or 'nothing'}.")
    for one in missed:
        say(f"  {one}")
    results = {"machine": machine, "runs": runs}
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.plot:
        options.plot.write_text(plot.drawn(results))
    if left:
        sys.exit(f"No time was left for {len(left)} operations, from {left[0]} on.")


if __name__ == "__main__":
    main()
