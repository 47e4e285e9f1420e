"""Gunicorn's configuration: ``--config python:dubbing_sessions.web_server``.

`make run` and a team's web server both use it; command-line options override it.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

from dubbing_sessions.env import env_int, env_str
from dubbing_sessions.garbage_collection import exempt_modules
from dubbing_sessions.logs import redact_web_logs
from dubbing_sessions.metrics_folder import share_metrics_folder
from dubbing_sessions.web_worker import LOADS, place_of

MAX_DEFAULT_PROCESSES = 8
DATABASE_POOL_SIZE = 16
SWITCH_INTERVAL = 0.0003
"""Seconds for which a thread keeps Python's lock while others wait for it; Python's default is 0.005.

Each query of a request gives the lock away, and gets it back after the others' intervals.
"""
OTHER_DESCRIPTORS = 1000
"""File descriptors kept for the database, files and the broker."""
CHECK_PERMISSIONS = "sessions_app.http.direct_media.check_permissions"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (gunicorn's heartbeat must not wait for a disk)


def count_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def raise_descriptor_limit() -> int:
    """Allow as many open files as the system permits; return the number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, 65_536)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    except (OSError, ValueError):
        return soft
    return hard


def on_starting(_server: Any) -> None:
    """Import all pages once, in the process that web processes are forked from.

    They start at once and share this memory. Each opens its own connections and threads after the fork.
    """
    from django.urls import get_resolver  # noqa: PLC0415 (needs Django, which `preload_app` has set up)

    _ = get_resolver().url_patterns
    exempt_modules()


def post_worker_init(_worker: Any) -> None:
    """Prepare a web process for requests.

    One connection to SQLite stays open, because closing the last one merges the log into the database each time.
    """
    from django.db import connection  # noqa: PLC0415 (needs Django, see above)
    from django.utils.module_loading import import_string  # noqa: PLC0415 (see above)

    if connection.vendor == "sqlite":
        connection.ensure_connection()
    sys.setswitchinterval(SWITCH_INTERVAL)
    redact_web_logs()  # again: after SIGHUP gunicorn has new handlers
    # In a thread: the store's public address may not respond.
    threading.Thread(target=import_string(CHECK_PERMISSIONS), name="check-permissions", daemon=True).start()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the requests of a process that has ended."""
    LOADS[place_of(worker)] = 0


# Before the settings are read: the threads of a process share its connections to PostgreSQL.
os.environ.setdefault("DATABASE_POOL_SIZE", str(DATABASE_POOL_SIZE))
if env_str("METRICS_TOKEN") or env_str("METRICS_NETWORKS"):
    share_metrics_folder(server_pid=os.getpid())  # before anything imports prometheus_client
wsgi_app = "dubbing_sessions.wsgi"
preload_app = True
worker_class = "dubbing_sessions.web_worker.Worker"
workers = env_int("WEB_PROCESSES", min(count_processors(), MAX_DEFAULT_PROCESSES), minimum=1)
# Threads start on demand. Only transfers of slow clients need many: each holds one for its whole time.
threads = env_int("WEB_THREADS", 400, minimum=8)
# A connection without a request costs a file descriptor only.
worker_connections = max(threads + 100, min(4000, raise_descriptor_limit() - OTHER_DESCRIPTORS))
# Seconds between requests on one connection; longer than the 60 s of nginx, which would otherwise meet closed ones.
keepalive = 75
# Seconds without a heartbeat of the whole process; the length of a request does not matter.
timeout = 120
graceful_timeout = 30
control_socket_disable = True
loglevel = "warning"
worker_tmp_dir = str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None
