from argparse import ArgumentTypeError
from collections.abc import Sequence
from time import monotonic
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from sharing.management.many_rows import ManyRows, all_or_nothing, said, tell_rows
from sharing.partitioning import conversion, layouts
from sharing.partitioning.layouts import Layout
from sharing.printable import printable

NOTHING = "Nothing was changed."


class Command(ManyRows):
    help = """Divide memberships and events into partitions, on PostgreSQL; for a hundred million and more.

Memberships by the hash of their image, events by ranges of their keys, the newest together. For
the portal and its migrations the tables stay what they were, with all columns, constraints,
indexes, rights and keys. Then housekeeping makes the next range of events ahead of time.

A maintenance window is needed: the tables are copied, and locked meanwhile; stop the portal and
its worker. There has to be as much room on the disk as both tables take now. All is done in
one transaction: interrupted, or failed, it leaves everything as it was. Refused where the tables
are partitioned already: with --undo they become whole again, at the same cost."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--partitions",
            type=_number,
            default=layouts.PARTITIONS,
            metavar="N",
            help=f"of memberships: 2 to {layouts.PARTITIONS_MAX} (default: {layouts.PARTITIONS})",
        )
        parser.add_argument(
            "--event-ids",
            type=_number,
            default=layouts.EVENT_IDS,
            metavar="N",
            help=f"keys in each range of events (default: {layouts.EVENT_IDS})",
        )
        parser.add_argument(
            "--last-event",
            type=_number,
            default=0,
            metavar="N",
            help="make ranges up to this key, where events are still to come (default: the last key)",
        )
        parser.add_argument(
            "--undo", action="store_true", help="make both tables whole again, without partitions"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print the SQL, and change nothing"
        )

    def handle(
        self,
        *,
        partitions: int,
        event_ids: int,
        last_event: int,
        undo: bool,
        dry_run: bool,
        **options: Any,
    ) -> None:
        conversion.must_be(divided=undo)

        def wanted() -> Sequence[Layout]:
            conversion.must_be(divided=undo)
            if undo:
                return conversion.undivided()
            return conversion.divided(partitions, event_ids, last_event)

        if dry_run:
            self.stdout.write(
                "".join(f"{statement};\n" for statement in conversion.script(wanted()))
            )
            return
        began = monotonic()
        with all_or_nothing(NOTHING):
            copied = conversion.rebuild(wanted, self.watch)
        tell_rows(self.stdout, copied)
        self.stdout.write(
            f"{'Whole again' if undo else 'Partitioned'} in {monotonic() - began:,.0f} s."
        )
        _tidy()


def _tidy() -> None:
    done = "All is in place, but not the planner's statistics"
    try:
        conversion.tidy()
    except KeyboardInterrupt:
        raise CommandError(f"Interrupted. {done}: run VACUUM (ANALYZE).") from None
    except DatabaseError as error:
        raise CommandError(f"{done}: {said(error)} Run VACUUM (ANALYZE).") from error


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise ArgumentTypeError(f"{printable(value)} is not a whole number")
    return int(value)
