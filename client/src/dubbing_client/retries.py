"""Trying again: how often, and after how long. What is tried must come to the same when it happens twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dubbing_client.errors import UnavailableError, UnreachableError

T = TypeVar("T")

LONGEST = 30.0
"""Seconds between two tries, unless the portal asks for more."""


PATIENCE = 3
"""Failures in a row after which a person is told why it takes so long."""


class Cancelled(Exception):  # noqa: N818 (nothing went wrong: somebody stopped it)
    """Another part of the same work failed, or the person pressed Ctrl-C."""


@dataclass(frozen=True)
class Retries:
    """``tries`` in all, with exponential pauses that begin at ``first`` seconds, each shortened at random by up to a half."""

    tries: int = 10
    first: float = 0.25

    def pause(self, failed: int, *, asked: float | None = None) -> float:
        """Seconds to wait after the ``failed``-th try in a row (from 1); ``asked`` is the portal's Retry-After."""
        drawn: float = min(LONGEST, self.first * 2 ** min(failed - 1, 16)) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
        return drawn if asked is None else max(drawn, min(asked, 300.0))


def attempt(
    action: Callable[[], T],
    *,
    retries: Retries,
    stop: threading.Event | None = None,
    on_trouble: Callable[[str], object] | None = None,
    progress: Callable[[], object] | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """Do something until it works, or fails for good.

    :param stop: ends the waiting, and with it the work, with `Cancelled`.
    :param on_trouble: is told when it failed a few times in a row, and goes on.
    :param progress: tells how far it has come: a try that came further than the one before counts as the first to fail.
    :raises UnavailableError, UnreachableError: it failed as often as it was to be tried.
    """
    failed = 0
    reached = progress() if progress is not None else None
    while True:
        if stop is not None and stop.is_set():
            raise Cancelled
        try:
            return action()
        except (UnavailableError, UnreachableError) as error:
            if progress is not None and (now := progress()) != reached:
                reached, failed = now, 0
            failed += 1
            if failed >= retries.tries:
                raise
            if failed == PATIENCE and on_trouble is not None:
                on_trouble(f"{error} Trying again.")
            pause = retries.pause(failed, asked=getattr(error, "retry_after", None))
        if stop is not None:
            stop.wait(pause)
        else:
            sleep(pause)


def retry_after(value: str | None) -> float | None:
    """Read the header of that name; dates are not used by any portal of ours and count as nothing."""
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
