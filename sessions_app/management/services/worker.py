"""The workers: Celery for jobs with the embedded scheduler, and for media."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from django.conf import settings

from sessions_app.management.services.child import Service, StopSignal

CONCURRENCY = 2
FINISH_TIMEOUT = 5
"""Seconds in which running jobs may end."""
ABANDON_AFTER = 1
"""The same for media: a light copy takes minutes, and is begun again."""


def get_service(*, site_url: str) -> Service:
    return _build_service(
        name="worker",
        title="The worker",
        options=[
            *("--include", "sessions_app.management.services.beat_death_signal"),
            *("--beat", "--concurrency", str(CONCURRENCY)),
        ],
        site_url=site_url,
    )


def get_media_services(*, site_url: str) -> list[Service]:
    """Return the workers of media, which delay neither jobs nor each other."""
    workers = (
        (settings.MEDIA_QUEUE, "The worker for media", settings.MEDIA_PROCESSES),
        (settings.PROXY_QUEUE, "The worker for light copies", settings.PROXY_PROCESSES),
    )
    return [
        _build_service(
            name=queue,
            title=title,
            options=["--queues", queue, "--hostname", f"{queue}@%h", "--concurrency", str(processes)],
            site_url=site_url,
            finish_timeout=ABANDON_AFTER,
        )
        for queue, title, processes in workers
        if processes
    ]


def _build_service(
    *,
    name: str,
    title: str,
    options: Sequence[str],
    site_url: str,
    finish_timeout: float = FINISH_TIMEOUT,
) -> Service:
    # Celery warns about running as root because of pickled messages; the portal's messages are JSON.
    python = [sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery"]
    return Service(
        name=name,
        title=title,
        command=[
            *python,
            *("--quiet", "--skip-checks", "--app", "dubbing_sessions", "worker"),
            *("--loglevel", "WARNING"),
            # The workers do not communicate with each other.
            *("--without-gossip", "--without-mingle"),
            *options,
        ],
        environment={"SITE_URL": site_url},  # of links in mail
        # SIGTERM finishes running jobs, SIGQUIT abandons them: the next worker takes them over.
        stop_signals=[
            StopSignal(signal=signal.SIGTERM, timeout=finish_timeout),
            StopSignal(signal=signal.SIGQUIT, timeout=3),
        ],
        # While the broker is unavailable Celery ignores other signals. Jobs survive: another worker takes them over.
        parent_death_signal=signal.SIGKILL,
    )
