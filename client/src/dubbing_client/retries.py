"""Retries with exponential backoff, for actions that are safe to repeat."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dubbing_client.errors import UnavailableError, UnreachableError
from dubbing_core.concurrency import StoppedError

T = TypeVar("T")

MAX_PAUSE = 30.0
"""Seconds between two attempts, unless the portal asks for more."""
MAX_RETRY_AFTER = 300.0
FAILURES_TO_REPORT = 3
"""Consecutive failures after which the user is informed."""


@dataclass(frozen=True)
class Retries:
    """Number of attempts, and the pauses between them.

    Pauses start at ``first`` seconds, double, and are shortened at random by up to a half.
    """

    attempts: int = 10
    first: float = 0.25

    def pause(self, failures: int, *, retry_after: float | None = None) -> float:
        """Return the seconds to wait after so many consecutive failures (from 1)."""
        longest = min(MAX_PAUSE, self.first * 2 ** min(failures - 1, 16))
        drawn: float = longest * random.uniform(0.5, 1.0)  # noqa: S311 (not a secret)
        return drawn if retry_after is None else max(drawn, min(retry_after, MAX_RETRY_AFTER))


def attempt(
    action: Callable[[], T],
    *,
    retries: Retries,
    stop: threading.Event | None = None,
    on_retry: Callable[[str], object] | None = None,
    progress: Callable[[], object] | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """Repeat an action until it succeeds, or fails for good.

    :param stop: ends the waiting with a `StoppedError`.
    :param on_retry: called with a sentence after a few consecutive failures.
    :param progress: returns how far the action has come; an attempt that got further resets the count of failures.
    :raises UnavailableError, UnreachableError: the last attempt failed.
    """
    failures = 0
    reached = progress() if progress is not None else None
    while True:
        if stop is not None and stop.is_set():
            raise StoppedError
        try:
            return action()
        except (UnavailableError, UnreachableError) as error:
            if progress is not None and (now := progress()) != reached:
                reached, failures = now, 0
            failures += 1
            if failures >= retries.attempts:
                raise
            if failures == FAILURES_TO_REPORT and on_retry is not None:
                on_retry(f"{error} Trying again.")
            pause = retries.pause(failures, retry_after=getattr(error, "retry_after", None))
        if stop is not None:
            stop.wait(pause)
        else:
            sleep(pause)


def parse_retry_after(value: str | None) -> float | None:
    """Return the seconds in a Retry-After header.

    A date, which the portal does not send, gives None.
    """
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
