"""Waiting for what others do, and no longer than a busy machine needs."""

import time
from collections.abc import Callable

PATIENCE = 60


def wait_until(fact: Callable[[], object], otherwise: str) -> None:
    """Fails with `otherwise` where it does not become true within PATIENCE seconds."""
    until = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < until, otherwise
        time.sleep(0.02)
