"""The worker: Celery with two processes for jobs and the embedded scheduler."""

from __future__ import annotations

import signal
import sys

from sessions_app.management.services.child import Service, StopSignal

CONCURRENCY = 2


def get_service(*, site_url: str) -> Service:
    # Celery warns about running as root because of pickled messages; the portal's messages are JSON.
    python = [sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery"]
    return Service(
        name="worker",
        title="The worker",
        command=[
            *python,
            *("--quiet", "--skip-checks", "--app", "dubbing_sessions", "worker"),
            *("--include", "sessions_app.management.services.beat_death_signal"),
            *("--beat", "--concurrency", str(CONCURRENCY), "--loglevel", "WARNING"),
            # There is no other worker to communicate with.
            *("--without-gossip", "--without-mingle"),
        ],
        environment={"SITE_URL": site_url},  # of links in mail
        # SIGTERM finishes running jobs, SIGQUIT abandons them: the next worker takes them over.
        stop_signals=[
            StopSignal(signal=signal.SIGTERM, timeout=5),
            StopSignal(signal=signal.SIGQUIT, timeout=3),
        ],
        # While the broker is unavailable Celery ignores other signals. Jobs survive: another worker takes them over.
        parent_death_signal=signal.SIGKILL,
    )
