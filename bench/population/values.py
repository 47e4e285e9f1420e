"""Random values of columns, the same in every run.

Built for speed: millions of them are made.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

DAY = 86_400
AGE_DAYS = 900
"""Age of the oldest row."""
SIZES = ((2_000, 60_000), (200_000, 5_000_000), (8_000_000, 60_000_000), (80_000_000, 900_000_000))
"""Sizes of texts, segments, audio and videos, in bytes."""
SIZE_SUMS = (0.62, 0.89, 0.98)
"""Shares of the kinds of files, added up."""


class Values:
    def __init__(self, now: datetime, seed: int = 7) -> None:
        self.random = Random(seed)  # noqa: S311 (test data)
        self.now = now
        self._start = now - timedelta(days=AGE_DAYS)
        self._days = [f"{self._start + timedelta(days=day):%Y-%m-%d}" for day in range(AGE_DAYS + 800)]
        self.last_second = AGE_DAYS * DAY - 1

    def uuid(self) -> str:
        return f"{self.random.getrandbits(128):032x}"

    def sha256(self) -> str:
        return f"{self.random.getrandbits(256):064x}"

    def second(self, since: int = 0) -> int:
        """Return a time, as seconds since the oldest row; newer ones are more frequent."""
        return since + int((self.last_second - since) * self.random.random() ** 0.7)

    def later(self, second: int, by: int) -> int:
        """Return a time up to ``by`` seconds later, but not in the future."""
        return min(self.last_second, second + 1 + int(by * self.random.random()))

    def time(self, second: int) -> str:
        """Return a time as databases accept it, in UTC."""
        day, rest = divmod(second, DAY)
        micro = second * 7919 % 999_999 + 1
        return f"{self._days[day]} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}.{micro:06}"

    def size(self) -> int:
        """Return the size of a file in bytes."""
        low, high = SIZES[bisect(SIZE_SUMS, self.random.random())]
        return low + int((high - low) * self.random.random() ** 3)


class Choice(Generic[T]):
    """Weighted choice from a list."""

    def __init__(self, random: Random, weights: Mapping[T, float]) -> None:
        self._random = random.random
        self._items = list(weights)
        self._sums = list(accumulate(weights.values()))

    def pick(self) -> T:
        return self._items[bisect(self._sums, self._random() * self._sums[-1])]
