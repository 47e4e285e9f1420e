"""Waits for the portal's background work."""

from __future__ import annotations

import time
from typing import Callable

from dubbing_client.api import Api
from dubbing_client.errors import ConflictError, JobFailedError
from dubbing_client.objects import Job

OnJob = Callable[[Job], object]
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0


def wait_for(
    api: Api,
    job: Job,
    *,
    on_job: OnJob | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> Job:
    """Return the job once it has succeeded.

    :param on_job: is shown the job each time it was asked for.
    :raises ConflictError: it was a save, and somebody else's came first.
    :raises JobFailedError: it failed otherwise, or was cancelled; the sentence is the portal's.
    """
    pause = FIRST_PAUSE
    while job["state"] not in {"succeeded", "failed", "cancelled"}:
        sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.4)
        job = api.job(job["code"])
        if on_job is not None:
            on_job(job)
    if job["state"] == "succeeded":
        return job
    error = job["error"] or {"code": "cancelled", "message": "The work was cancelled in the portal."}
    if error["code"] == "conflict":
        raise ConflictError(error["message"], status=409, code="conflict")
    raise JobFailedError(error["message"], code=error["code"], job=job)
