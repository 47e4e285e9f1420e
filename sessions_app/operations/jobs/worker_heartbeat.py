"""Heartbeat of a worker: from its row pages see that jobs will start."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.db import Error, connections

from sessions_app.models import Worker
from sessions_app.models.worker import HEARTBEAT_INTERVAL, LOST_AFTER
from sessions_app.operations.jobs.context import Clock

logger = logging.getLogger(__name__)

ALIVE_FILE = Path(tempfile.gettempdir()) / "dubbing-sessions-worker"
"""Touched by each heartbeat, for health checks of containers: they need not start Python."""


class WorkerHeartbeat:
    """Thread in a worker's main process that records the worker until ``stop``."""

    def __init__(
        self,
        *,
        name: str,
        processes: int,
        clock: Clock,
        performs_jobs: bool = True,
        reads_media: bool = False,
        makes_proxies: bool = False,
    ) -> None:
        """Prepare the thread.

        :param performs_jobs: False for a worker that only works on media.
        """
        self._name = name
        self._processes = processes
        self._clock = clock
        self._work = {
            "performs_jobs": performs_jobs,
            "reads_media": reads_media,
            "makes_proxies": makes_proxies,
        }
        self._started_at = clock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker-heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and delete the row."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._try(self._beat)
            if self._stop.wait(HEARTBEAT_INTERVAL.total_seconds()):
                break
        self._try(lambda: Worker.objects.filter(name=self._name).delete())
        with suppress(OSError):
            ALIVE_FILE.unlink()

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Error as error:
            logger.warning("The worker could not record its heartbeat, trying again: %s", error)
        finally:
            # No connection stays open that a new job process could inherit.
            connections.close_all()

    def _beat(self) -> None:
        with suppress(OSError):  # another account's file, or a full disk
            ALIVE_FILE.touch()
        now = self._clock()
        values = {
            "processes": self._processes,
            **self._work,
            "started_at": self._started_at,
            "seen_at": now,
        }
        Worker.objects.update_or_create(name=self._name, defaults=values)
        Worker.objects.filter(seen_at__lt=now - 100 * LOST_AFTER).delete()
