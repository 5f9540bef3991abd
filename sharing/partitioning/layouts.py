"""Which table is divided by what."""

from typing import NamedTuple

from django.db import models

from sharing.errors import BadInput
from sharing.models import Event, Membership

# Measured: a read over all partitions costs about four blocks of each, and the planner's time grows with them.
PARTITIONS, PARTITIONS_MAX = 16, 64
EVENT_IDS = 100_000_000
RANGES_MAX = 64


class Layout(NamedTuple):
    """How a table is to be: `by` is empty for one that is not divided; `parts` are its partitions and their bounds."""

    model: type[models.Model]
    by: str
    key: tuple[str, ...]
    parts: list[tuple[str, str]]

    @property
    def table(self) -> str:
        return self.model._meta.db_table


def memberships(partitions: int) -> Layout:
    """By the hash of the image: all that an owner asks of an image, and each pair, lies in one partition."""
    if not 2 <= partitions <= PARTITIONS_MAX:
        raise BadInput(f"--partitions: from 2 to {PARTITIONS_MAX}.")
    parts = [
        (f"sharing_membership_{part}", f"WITH (MODULUS {partitions}, REMAINDER {part})")
        for part in range(partitions)
    ]
    return Layout(Membership, "HASH (image_id)", ("id", "image_id"), parts)


def events(size: int, last_id: int) -> Layout:
    """By ranges of `size` keys: the newest are together, the oldest can go to an archive."""
    if size < 1:
        raise BadInput("--event-ids: at least 1.")
    ranges = last_id // size + 2
    if ranges > RANGES_MAX:
        raise BadInput(
            f"--event-ids: the last event has the key {last_id:,}, which makes {ranges:,} partitions of {size:,} keys."
            f" More than {RANGES_MAX} are slow to read: take more keys."
        )
    parts = [event_range(number * size, size) for number in range(ranges)]
    return Layout(Event, "RANGE (id)", ("id",), [*parts, event_rest(ranges * size)])


def event_range(first: int, size: int) -> tuple[str, str]:
    bounds = f"FROM ({first or 'MINVALUE'}) TO ({first + size})"
    return f"{Event._meta.db_table}_{first}", bounds


def event_rest(first: int) -> tuple[str, str]:
    """What no range takes, so that no event is ever refused. A DEFAULT partition would end the order of the ranges."""
    return f"{Event._meta.db_table}_rest", f"FROM ({first}) TO (MAXVALUE)"


def whole(model: type[models.Model]) -> Layout:
    return Layout(model, "", ("id",), [])
