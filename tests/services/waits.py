"""Waiting in tests: one limit for all of it."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT = 240.0
"""Seconds for what takes one or two. A busy machine runs a process three times slower, or not at all for 10 s.

Tests that pass never wait so long, so that a smaller limit saves nothing."""
INTERVAL = 0.05


def wait_until(
    is_met: Callable[[], object], *, report: Callable[[], str] = str, interval: float = INTERVAL
) -> None:
    """Return when ``is_met()`` is true.

    :param report: returns what the failure shows.
    :raises AssertionError: after `LIMIT` seconds.
    """
    deadline = time.monotonic() + LIMIT
    while not is_met():
        assert time.monotonic() < deadline, f"Not met after {LIMIT:g} s. {report()}"
        time.sleep(interval)
