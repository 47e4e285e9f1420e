"""The scheduler of periodic tasks."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import beat

ALIVE_FILE = Path(tempfile.gettempdir()) / "dubbing-sessions-scheduler"
"""Touched by each tick, for health checks of containers: they need not start Python."""


class Scheduler(beat.Scheduler):
    """Celery's scheduler in memory.

    With Python 3.13 the default scheduler's file is SQLite, which does not survive the fork of embedded beat.
    """

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send due tasks; return the seconds until the next tick."""
        with suppress(OSError):  # another account's file, or a full disk
            ALIVE_FILE.touch()
        return super().tick(*args, **kwargs)
