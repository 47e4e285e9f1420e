"""Retries of saves that met a conflict."""

from __future__ import annotations

from datetime import datetime

from sessions_app.models import Job
from sessions_app.operations.jobs.retry import retry_job


def retry_on_top(*, job: Job, now: datetime) -> None:
    """Retry a save on top of the version that is current now.

    Files that it contains unchanged do not undo the changes of that version.
    """
    assert job.session is not None
    current = job.session.current.number if job.session.current else 0
    base = job.params.get("base", job.params["parent"])
    retry_job(job=job, now=now, params={"parent": current, "base": base})
