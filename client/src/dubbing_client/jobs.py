"""Polling of the portal's background jobs until they end."""

from __future__ import annotations

import time
from collections.abc import Callable

from dubbing_client.api import Api
from dubbing_client.errors import ConflictError, JobFailedError
from dubbing_client.objects import Job
from dubbing_client.progress import ProgressListener

FIRST_PAUSE = 0.03
MAX_PAUSE = 1.0
PAUSE_RATIO = 0.1
"""Time between two polls, as a share of the time waited so far. Portals of this version take it to respond; earlier ones respond at once."""


def wait_for_job(
    api: Api,
    job: Job,
    *,
    listener: ProgressListener,
    sleep: Callable[[float], object] = time.sleep,
) -> Job:
    """Return the job once it has succeeded.

    Its progress is the listener's step ``store``.

    :raises ConflictError: it was a save, and another user saved first.
    :raises JobFailedError: it failed otherwise, or was cancelled.
    """
    started = polled_at = time.monotonic()
    done = 0
    listener.begin("store", job["total_bytes"])
    try:
        while job["state"] not in {"succeeded", "failed", "cancelled"}:
            now = time.monotonic()
            pause = min(MAX_PAUSE, max(FIRST_PAUSE, PAUSE_RATIO * (now - started)))
            sleep(max(0, pause - (now - polled_at)))
            polled_at = time.monotonic()
            job = api.job(job["code"])
            listener.advance("store", job["done_bytes"] - done)
            done = job["done_bytes"]
    finally:
        listener.end("store")
    if job["state"] == "succeeded":
        return job
    error = job["error"] or {"code": "cancelled", "message": "The job was cancelled in the portal."}
    if error["code"] == "conflict":
        raise ConflictError(error["message"], status=409, code="conflict")
    raise JobFailedError(error["message"], code=error["code"], job=job)
