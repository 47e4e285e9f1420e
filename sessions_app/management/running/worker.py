"""The worker: Celery with two processes for jobs, and the clock that sends the recurring ones."""

from __future__ import annotations

import signal
import sys

from sessions_app.management.running.child import Goodbye, Service

CONCURRENCY = 2


def service() -> Service:
    # Celery warns of running as root because of pickled messages; ours are JSON.
    python = [sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery"]
    return Service(
        name="worker",
        title="The worker",
        command=[
            *python,
            *("--quiet", "--skip-checks", "--app", "dubbing_sessions", "worker"),
            *("--include", "sessions_app.management.running.beat_tether"),
            *("--beat", "--concurrency", str(CONCURRENCY), "--loglevel", "WARNING"),
            # It has no colleagues to talk to.
            *("--without-gossip", "--without-mingle"),
        ],
        # First it may finish what it does; then it gives up, and the job is taken over after the next start.
        goodbyes=[Goodbye(signal=signal.SIGTERM, seconds=5), Goodbye(signal=signal.SIGQUIT, seconds=3)],
        # Without its broker Celery does not listen to gentler ones. Jobs survive it: another worker takes them over.
        when_orphaned=signal.SIGKILL,
    )
