"""Two threads that act at the same moment, each on a database connection of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from random import Random
from threading import Barrier
from time import sleep
from typing import Any

from django.db import connection

from sharing.errors import Refused

PATIENCE = 60
HEAD_START = 0.006

Race = Callable[[Callable[[], Any], Callable[[], Any]], list[Any]]


@contextmanager
def together() -> Iterator[Race]:
    """Yields `race(one, other)`, which tells what each returned, or how it was refused; any other error is raised.

    In turn one of them, then the other, starts up to HEAD_START seconds late, so that either may come first.
    """
    start, rounds = Barrier(2), count()
    draw = Random(2026)

    def act(verb: Callable[[], Any], late: float) -> Any:
        start.wait(PATIENCE)
        sleep(late)
        try:
            return verb()
        except Refused as refused:
            return refused

    def race(one: Callable[[], Any], other: Callable[[], Any]) -> list[Any]:
        late = [0.0, 0.0]
        late[next(rounds) % 2] = draw.uniform(0, HEAD_START)
        running = [pool.submit(act, *lane) for lane in zip((one, other), late, strict=True)]
        return [future.result(PATIENCE) for future in running]

    with ThreadPoolExecutor(2) as pool:
        try:
            yield race
        finally:
            for future in [pool.submit(act, lambda: connection.close(), 0.0) for _ in range(2)]:
                future.result(PATIENCE)
