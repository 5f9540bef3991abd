"""How long the verbs over many rows take, and how long others wait meanwhile: who answers, offers or reads the same.

Run by hand: python -m tests.bench.bulk --help. Starts a PostgreSQL of its own. The verb runs in a process of its own;
the others are threads here. Each is measured at rest too, for a second: what it waits then is the machine's doing.
"""

import json
import multiprocessing
import os
import signal
import tempfile
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import count, cycle
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any, NamedTuple

from tests import postgresql
from tests.bench.stage import KEY, OWNER, manager, say

CONSUMER = "5083310"
FIRST = 6_000_000_000
NAMES = ("offer", "accept", "prune", "prune-all", "withdraw", "delete")
HEAD = "verb           rows  statements  transactions  longest ms  seconds  rows/s  | others: longest wait ms (at rest)"


class Told(NamedTuple):
    statements: int
    transactions: list[float]  # ms from the first statement of each to its commit
    seconds: float


def main() -> None:
    options = _options()
    # Whoever ends a bench early wants its server gone too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ |= {
            "DATABASE_URL": stack.enter_context(postgresql.server()), "VAR_DIR": folder, "SECRET_KEY": KEY,
            "DJANGO_SETTINGS_MODULE": "portal.settings", "MEMBER_QUOTA": "0",
        }  # fmt: skip
        _set_up()
        _make_tenants()
        spawn = multiprocessing.get_context("spawn")
        pool = stack.enter_context(ProcessPoolExecutor(1, spawn, initializer=_set_up))
        say(HEAD)
        results = [_measured(name, options, pool) for name in options.verbs or NAMES]
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("verbs", nargs="*", metavar="VERB", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--rows", type=int, default=100_000, help="to end (default: 100000)")
    parser.add_argument("--many", type=int, default=1000, help="to offer, accept (default: 1000)")
    parser.add_argument("--rest", type=float, default=1, help="seconds at rest")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    if unknown := set(options.verbs) - set(NAMES):
        parser.error(f"no such verb: {', '.join(unknown)}")
    return options


def _set_up() -> None:
    import django

    django.setup()


def _make_tenants() -> None:
    from django.core.management import call_command

    from sharing.models import Tenant

    call_command("migrate", verbosity=0)
    Tenant.objects.bulk_create(Tenant(pk=key, name=key) for key in (OWNER, CONSUMER))


def _measured(name: str, options: Namespace, pool: ProcessPoolExecutor) -> dict[str, Any]:
    # Once before, on other rows, so that everything is imported, connected and planned.
    pool.submit(_run, name, _scene(name, Namespace(rows=10, many=10))).result()
    scene = _scene(name, options)
    with _others(scene) as at_rest:
        sleep(options.rest)
    with _others(scene) as waits:
        told = pool.submit(_run, name, scene).result()
    rows = options.many if name in ("offer", "accept") else options.rows
    result = {
        "verb": name, "rows": rows, "statements": told.statements, "transactions": len(told.transactions),
        "longest_transaction_ms": max(told.transactions), "seconds": told.seconds, "a_second": rows / told.seconds,
        "others": {who: {"calls": len(took), "longest_ms": max(took), "at_rest_ms": max(at_rest[who])}
                   for who, took in waits.items()},
    }  # fmt: skip
    say(_line(result))
    return result


def _line(result: dict[str, Any]) -> str:
    others = ", ".join(
        f"{who} {one['longest_ms']:.0f} ({one['at_rest_ms']:.0f})"
        for who, one in result["others"].items()
    )
    return (
        f"{result['verb']:<10} {result['rows']:>8} {result['statements']:>11} {result['transactions']:>13}"
        f" {result['longest_transaction_ms']:>11.0f} {result['seconds']:>8.2f} {result['a_second']:>7.0f}  | {others}"
    )


class Scene(NamedTuple):
    """An image with its members; or the offers of many images to the one consumer."""

    image_id: str
    offer_ids: list[int]
    consumer: str
    many: int


def _scene(name: str, options: Namespace) -> Scene:
    from django.db import connection

    from sharing.models import Image, Membership

    def images(number: int) -> list[Image]:
        made = (
            Image(owner_id=OWNER, name="Bench", status=Image.Status.ACTIVE) for _ in range(number)
        )
        return Image.objects.bulk_create(made)

    def offer(images: list[Image], member_ids: list[str], status: str) -> list[int]:
        row = {"offered_by": "manager@bench.example", "status": status}
        rows = (Membership(image=i, member_id=m, **row) for i in images for m in member_ids)
        return [made.pk for made in Membership.objects.bulk_create(rows, batch_size=2000)]

    if name == "accept":
        Image.objects.filter(memberships__member_id=CONSUMER).delete()
        several = images(options.many)
        scene = Scene(str(several[0].pk), offer(several, [CONSUMER], "pending"), CONSUMER, 0)
    else:
        [image] = images(1)
        number = options.many if name == "offer" else options.rows
        ids = [str(FIRST + at) for at in range(number)]
        offers = offer([image], ids, "rejected" if name.startswith("prune") else "pending")
        scene = Scene(str(image.pk), offers, "", options.many)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return scene


def _run(name: str, scene: Scene) -> Told:
    """The verb, in the process of its own."""
    from django.db import connection, transaction

    from sharing import handshake
    from sharing.models import Image
    from sharing.tenancy import Actor

    image, by = Image.objects.get(pk=scene.image_id), manager()
    consumer = Actor("consumer@bench.example", CONSUMER, "manager")
    news = [str(2 * FIRST + at) for at in range(scene.many)]
    verb: Callable[[], Any] = {
        "offer": lambda: [handshake.offer(image, news, by=by)],
        "accept": lambda: [handshake.answer(scene.offer_ids, "accepted", by=consumer)],
        "prune": lambda: handshake.pruning(image=image, by=by),
        "prune-all": lambda: handshake.pruning(by=by),
        "withdraw": lambda: handshake.withdrawing(image, None, by=by),
        "delete": lambda: handshake.deleting(image, by=by),
    }[name]
    statements, transactions, begun = [], [], []

    def ended() -> None:
        transactions.append(1000 * (perf_counter() - begun.pop()))

    def counted(execute: Any, *args: Any) -> Any:
        statements.append(args[0])
        if connection.in_atomic_block and not begun:
            begun.append(perf_counter())
            transaction.on_commit(ended)
        return execute(*args)

    began = perf_counter()
    with connection.execute_wrapper(counted):
        for _ in verb():
            pass
    return Told(len(statements), transactions, perf_counter() - began)


@contextmanager
def _others(scene: Scene) -> Iterator[dict[str, list[float]]]:
    """While it is open, others act on the same rows, one after the other; yields what each call took, in ms."""
    over, took, failed = Event(), {}, []

    def act(name: str, call: Callable[[], Any]) -> None:
        from django.db import connection

        from sharing.errors import Refused

        try:
            while not over.is_set() or not took[name]:
                began = perf_counter()
                with suppress(Refused):
                    call()
                took[name].append(1000 * (perf_counter() - began))
                # Time for the others and for the verb: the machine may have two processors.
                sleep(0.002)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    calls = _calls(scene)
    took |= {name: [] for name in calls}
    threads = [Thread(target=act, args=one) for one in calls.items()]
    for thread in threads:
        thread.start()
    try:
        yield took
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]


def _calls(scene: Scene) -> dict[str, Callable[[], Any]]:
    from sharing import handshake
    from sharing.models import Image, Membership
    from sharing.tenancy import Actor, operator

    image, numbers = Image(pk=scene.image_id, owner_id=OWNER), count(3 * FIRST)
    rows = Membership.objects.filter(image_id=scene.image_id)
    if scene.consumer:
        rows = Membership.objects.of_member(scene.consumer)
    # Spread over all the rows, so that some are in every piece.
    offer_ids, statuses = (
        cycle(scene.offer_ids[:: len(scene.offer_ids) // 500 or 1]),
        cycle(("accepted", "rejected")),
    )
    return {
        "answer": lambda: handshake.answer([next(offer_ids)], next(statuses), by=operator("bench")),
        "offer": lambda: handshake.offer_one(image, str(next(numbers)), by=manager()),
        "list": lambda: list(rows.order_by("-pk")[:25]),
        "consumer": lambda: handshake.answer_one(
            image, "accepted", by=Actor("", CONSUMER, "manager")
        ),
    }


if __name__ == "__main__":
    main()
