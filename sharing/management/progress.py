from collections.abc import Callable
from shutil import get_terminal_size
from time import monotonic
from typing import Self

from django.core.management.base import OutputWrapper

from sharing.printable import printable, size

SECONDS_A_DRAWING = 0.2
ERASE = "\r\x1b[K"


class Progress:
    """How far something of `total` bytes is, as one line on a terminal that is gone afterwards; elsewhere nothing.

    `told`: how a number of something else than bytes is written. A `total` that was an estimate may be passed.
    """

    def __init__(
        self, stream: OutputWrapper, label: str, total: int, told: Callable[[int], str] = size
    ) -> None:
        self._stream, self._label, self._total, self._told = stream, label, total, told
        self._done = 0
        self._began = self._drawn = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._show(ERASE)

    def advance(self, more: int) -> None:
        self._done += more
        now = monotonic()
        if now - self._drawn >= SECONDS_A_DRAWING:
            self._drawn = now
            self._show(ERASE + self._line(now - self._began))

    def _line(self, seconds: float) -> str:
        rate = self._done / seconds
        left = _clock((self._total - self._done) / rate) if rate else "?"
        percent = min(100 * self._done // self._total, 100) if self._total else 100
        done, total, rate_told = map(self._told, (self._done, self._total, int(rate)))
        told = f"{percent:3} %  {done} of {total}  {rate_told}/s  {left} left"
        room = get_terminal_size().columns - len(told) - 3
        return f"{printable(self._label, room)}  {told}" if room > 3 else told

    def _show(self, text: str) -> None:
        if self._stream.isatty():
            self._stream.write(text, style_func=str, ending="")
            self._stream.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
