"""What partitioned tables need from time to time: the next range of events, and the planner's statistics."""

import re
from typing import NamedTuple

from django.db import transaction

from sharing.models import Event, Membership
from sharing.partitioning import layouts
from sharing.partitioning.catalog import asked, is_divided, run
from sharing.partitioning.conversion import LOCK_TIMEOUT

EVENTS = Event._meta.db_table
BOUNDS = """
SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
WHERE inhparent = to_regclass(%s)
"""


class Ahead(NamedTuple):
    """The first key beyond all ranges, how many keys the last range has, and how many ranges are to follow."""

    end: int
    size: int
    wanted: int

    @property
    def names(self) -> list[str]:
        return [
            layouts.event_range(self.end + n * self.size, self.size)[0] for n in range(self.wanted)
        ]


def open_ranges(*, dry_run: bool = False) -> list[str]:
    """Makes the next partition of events once the last is being filled; returns the names of those made.

    Events that lie beyond all ranges, because nobody called this for long, move into ranges of their own.
    """
    if not is_divided(EVENTS):
        return []
    ahead = _ahead()
    if dry_run or not ahead.wanted:
        return ahead.names
    with transaction.atomic():
        run(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        run(f"LOCK TABLE {EVENTS} IN ACCESS EXCLUSIVE MODE")
        ahead = _ahead()
        rest, _ = layouts.event_rest(0)
        run(f"ALTER TABLE {EVENTS} DETACH PARTITION {rest}")
        for number in range(ahead.wanted):
            part, bounds = layouts.event_range(ahead.end + number * ahead.size, ahead.size)
            run(f"CREATE TABLE {part} PARTITION OF {EVENTS} FOR VALUES {bounds}")
        if run(f"INSERT INTO {EVENTS} SELECT * FROM {rest}"):  # noqa: S608
            run(f"TRUNCATE {rest}")
        _, bounds = layouts.event_rest(ahead.end + ahead.wanted * ahead.size)
        run(f"ALTER TABLE {EVENTS} ATTACH PARTITION {rest} FOR VALUES {bounds}")
    return ahead.names


def gather_statistics() -> None:
    """Those of the whole tables, which autovacuum leaves out."""
    for name in filter(is_divided, (Membership._meta.db_table, EVENTS)):
        run(f"ANALYZE {name}")


def _ahead() -> Ahead:
    ranges = []
    for (bounds,) in asked(BOUNDS, [EVENTS]):
        first, end = re.findall(r"\('?(\w+)'?\)", bounds)
        if end != "MAXVALUE":
            ranges.append((int(end), 0 if first == "MINVALUE" else int(first)))
    end, first = max(ranges)
    [(last,)] = asked(f"SELECT max(id) FROM {EVENTS}")  # noqa: S608
    size = end - first
    return Ahead(end, size, max(((last or 0) - end) // size + 2, 0))
