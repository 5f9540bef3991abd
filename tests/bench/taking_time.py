"""How fast bytes pass, and how long pages take meanwhile."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from tests.bench.stage import MIB, OWNER, Stage


def speed(act, file: Path, at_once: int) -> float:
    began = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(act, range(at_once)))
    return at_once * file.stat().st_size / MIB / (time.monotonic() - began)


class Latency:
    """How long a page takes, asked for over and over."""

    def __init__(self, here: Stage) -> None:
        self._sender = here.sender
        self._taken: list[float] = []

    @contextmanager
    def sampled(self):
        done = threading.Event()
        thread = threading.Thread(target=self._ask, args=(done,))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _ask(self, done: threading.Event) -> None:
        while not done.wait(0.1):
            began = time.monotonic()
            status, _ = self._sender.ask("GET", f"/t/{OWNER}/inbox/", {})
            assert status == 200, status
            self._taken.append(1000 * (time.monotonic() - began))

    def __str__(self) -> str:
        return f"p50 {median(self._taken):.0f}, p95 {quantiles(self._taken, n=20)[-1]:.0f}"
