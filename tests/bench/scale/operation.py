"""An operation of the portal, as it is measured."""

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import NamedTuple

from tests.bench.scale.scene import TYPICAL

FIRST, DEEP = "first", "deep"


class Key(NamedTuple):
    """The same operation has the same key at every size."""

    door: str
    operation: str
    tenant: str
    position: str

    def __str__(self) -> str:
        return f"{self.door:<5} {self.operation:<44} {self.tenant:<7} {self.position:<5}"


class Operation(NamedTuple):
    """`before` is done before each turn, in which there are `most` requests; `begin` and `end` once, around all."""

    key: Key
    status: int
    requests: Iterator[bytes]
    before: Callable[[], object] | None = None
    most: int | None = None
    begin: Callable[[], object] | None = None
    end: Callable[[], object] | None = None

    @property
    def is_read(self) -> bool:
        return not (self.begin or self.before or self.end)


def read(
    door: str, name: str, *requests: bytes, tenant: str = TYPICAL, position: str = FIRST, status: int = 200
) -> Operation:  # fmt: skip
    """One that changes nothing, or that may be done over and over."""
    return Operation(Key(door, name, tenant, position), status, cycle(requests))
