"""Waits for the portal's background work."""

from __future__ import annotations

import time
from collections.abc import Callable

from dubbing_client.api import Api
from dubbing_client.errors import ConflictError, JobFailedError
from dubbing_client.objects import Job

OnJob = Callable[[Job], object]
FIRST_PAUSE = 0.03
LONGEST_PAUSE = 1.0
PATIENCE = 0.1
"""How much longer than it took somebody may have to wait to hear of the end."""


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
    began = time.monotonic()
    while job["state"] not in {"succeeded", "failed", "cancelled"}:
        sleep(min(LONGEST_PAUSE, max(FIRST_PAUSE, PATIENCE * (time.monotonic() - began))))
        job = api.job(job["code"])
        if on_job is not None:
            on_job(job)
    if job["state"] == "succeeded":
        return job
    error = job["error"] or {"code": "cancelled", "message": "The work was cancelled in the portal."}
    if error["code"] == "conflict":
        raise ConflictError(error["message"], status=409, code="conflict")
    raise JobFailedError(error["message"], code=error["code"], job=job)
