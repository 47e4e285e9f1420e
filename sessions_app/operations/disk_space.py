"""Free space on the server's disks, of which a reserve stays unused.

The reserve keeps the database working: sign-in, sessions, deletion. It does not apply to small writes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from sessions_app.models import Job
from sessions_app.models.statements import select
from sessions_app.operations.errors import DiskFullError
from sessions_app.storage import disk, get_store

ACTIVE = timedelta(minutes=10)
"""Time since its last part in which space is kept for the rest of an upload. An abandoned upload must not block others for days."""
BYTES_PER_FILE = 1024
"""Estimate of what a file needs besides its bytes: rows in the database, headers in a ZIP."""


def check_disk_space(needed: int, *, now: datetime, job: Job | None = None) -> None:
    """Check that the bytes fit beside the reserve and what is being received.

    :param job: the job that is about to write them.
    :raises DiskFullError: they do not fit.
    """
    free = get_usable_space(now=now, job=job)
    if free is not None and needed > free:
        raise DiskFullError(needed=needed, free=free)


def check_part_space(size: int) -> None:
    """Check that a part of an accepted upload still leaves the reserve free.

    :raises DiskFullError: it does not; other programs use the disk, too.
    """
    free = _get_space_above_reserve()
    if free is not None and size > free:
        raise DiskFullError(needed=size, free=free)


def get_usable_space(*, now: datetime, job: Job | None = None) -> int | None:
    """Return the bytes that may be stored in addition, or None if that is unknown.

    :param job: a job whose own bytes do not count as promised.
    """
    free = _get_space_above_reserve()
    return free and max(0, free - _get_promised_space(now=now, job=job))


def _get_space_above_reserve() -> int | None:
    store_disk = get_store().capabilities.disk
    free = None if store_disk is None else max(0, store_disk.get_free_space() - settings.DISK_RESERVE)
    if connection.vendor == "sqlite":
        # The database may be on another disk, to which only rows are written.
        folder = Path(connection.settings_dict["NAME"]).parent
        if disk.get_free_space(folder) < settings.DISK_RESERVE:
            return 0
    return free


def _get_promised_space(*, now: datetime, job: Job | None) -> int:
    """Return the bytes that active uploads and running jobs are about to write."""
    active_since = now + settings.UPLOAD_RETENTION - ACTIVE
    ((receiving, writing),) = select(
        _PROMISED, [connection.ops.adapt_datetimefield_value(active_since), job.pk if job else 0]
    )
    return max(0, int(receiving or 0)) + max(0, int(writing or 0))


_PROMISED = """
SELECT
    (SELECT SUM(size - received) FROM sessions_app_upload WHERE state = 'receiving' AND expires_at > %s),
    (SELECT SUM(total_bytes - done_bytes) FROM sessions_app_job
     WHERE state IN ('queued', 'running') AND kind IN ('export', 'import') AND id <> %s)
"""
