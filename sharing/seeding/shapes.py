"""The arithmetic of the rows: who has many and who has few, in which order, by which chance."""

from itertools import count
from math import gcd

POWER = 4  # a size falls with its rank as 1/rank^(1 - 1/POWER): Zipf's law, softened
BITS = 64
MASK = (1 << BITS) - 1
GOLDEN = 0x9E3779B97F4A7C15


def chance(number: int, seed: int) -> int:
    """64 bits that look random and are always the same for the same two numbers (SplitMix64)."""
    bits = (number * GOLDEN + seed * 0xD1342543DE82EF95) & MASK
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB & MASK
    return bits ^ (bits >> 31)


class Scatter:
    """A one-to-one map of the numbers below `size` to themselves, without a table."""

    def __init__(self, size: int, start: int, seed: int) -> None:
        self.size, self._start = size, start
        wish = int(size * (0.3 + 0.4 * chance(size, seed) / MASK)) | 1
        self._step = next(step for step in count(wish) if gcd(step, size) == 1)
        self._back = pow(self._step, -1, size)

    def there(self, number: int) -> int:
        return (self._start + number * self._step) % self.size

    def back(self, number: int) -> int:
        return (number - self._start) * self._back % self.size


class Skew:
    """Shares of a whole among `size` ranks, largest first; the first has no more than `most`, where that can be."""

    def __init__(self, size: int, most: float) -> None:
        self._size, self._power = size, POWER
        for hundredths in range(100):
            self._floor = hundredths / 100
            self._base = self._floor**POWER
            if self.until(1) <= most:
                return
        self._power, self._floor, self._base = 1, 0.0, 0.0

    def until(self, rank: int) -> float:
        """The share of all ranks below this one."""
        if rank >= self._size:
            return 1.0
        grown: float = (rank / self._size * (1 - self._base) + self._base) ** (1 / self._power)
        return (grown - self._floor) / (1 - self._floor)

    def rank(self, share: float) -> float:
        """The inverse, as a fraction of all ranks: 0 <= share < 1."""
        grown: float = (self._floor + share * (1 - self._floor)) ** self._power
        return (grown - self._base) / (1 - self._base)

    def size(self, rank: int, whole: int) -> int:
        """How many of the whole the rank has; those of all ranks add up to it."""
        return int(whole * self.until(rank + 1)) - int(whole * self.until(rank))
