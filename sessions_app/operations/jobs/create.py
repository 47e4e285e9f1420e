"""Creation of jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core.sentences import sentence
from sessions_app import queue
from sessions_app.models import DubbingSession, Job, Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.models.statements import change, placeholders
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.uploads.errors import UploadsDeletedError

ASSIGN_UNUSED = """
UPDATE sessions_app_upload SET job_id = %s WHERE job_id IS NULL AND state = 'received' AND id IN ({})
"""


def create_job(
    *,
    kind: Job.Kind,
    owner: AbstractBaseUser,
    params: dict[str, Any],
    now: datetime,
    session: DubbingSession | None = None,
    uploads: list[Upload] | None = None,
    publish: bool = True,
    lease_until: datetime | None = None,
) -> Job:
    """Record a job, and notify the workers when the transaction commits.

    :param publish: False for callers that run the job at once themselves; if they die, a worker takes over.
    :param lease_until: the caller has claimed the job, and calls `run_claimed_job` after the commit; implies not to publish it.
    :raises NotAllowedError: an upload was deleted, or an unfinished job reads it.
    """
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            owner=owner,  # type: ignore[misc]  # the user model is the default one
            session=session,
            params=params,
            created_at=now,
            # Also set for callers that run the job: the reconciler publishes it later, should they die.
            published_at=now,
            publish_count=int(publish and lease_until is None),
            **(_claim(now, lease_until) if lease_until is not None else {}),
        )
        if uploads:
            _assign_uploads(job, [upload.pk for upload in uploads])
        if publish and lease_until is None:
            queue.enqueue(job)
    return job


def _claim(now: datetime, lease_until: datetime) -> dict[str, Any]:
    """Return the columns of a job that its creator runs."""
    return {
        "state": Job.State.RUNNING,
        "attempt": 1,
        "started_at": now,
        "heartbeat_at": now,
        "lease_expires_at": lease_until,
    }


def _assign_uploads(job: Job, ids: list[int]) -> None:
    """Let this job read the uploads, and no other job."""
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        batch = ids[start : start + ROWS_PER_STATEMENT]
        if change(ASSIGN_UNUSED.format(placeholders(batch)), [job.pk, *batch]) == len(batch):
            continue
        # Some were deleted, or another job has read them.
        locked = Upload.objects.select_for_update().filter(pk__in=batch, state=Upload.State.RECEIVED)
        readers = list(locked.order_by("pk").values_list("job_id", flat=True))
        if len(readers) != len(batch):
            raise UploadsDeletedError
        # Queried after the rows are locked. The uploads of a failed job may be assigned to another one.
        earlier = {reader for reader in readers if reader} - {job.pk}
        if earlier and Job.objects.filter(pk__in=earlier).unfinished().exists():
            raise NotAllowedError(
                sentence("Another job is reading these files already. Wait for it, or cancel it first."),
                code="upload_in_use",
            )
        Upload.objects.filter(pk__in=batch).update(job=job)
