"""Retries of jobs, and their number of attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from dubbing_core.sentences import sentence
from sessions_app import queue
from sessions_app.models import Job, Upload
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.uploads.errors import UploadsDeletedError


def retry_job(*, job: Job, now: datetime, params: dict[str, Any] | None = None) -> None:
    """Queue a failed or cancelled job again, with its parameters.

    :param params: replaces some of them.
    :raises NotAllowedError: it did not fail, or its uploads were deleted.
    """
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        if row.state not in {Job.State.FAILED, Job.State.CANCELLED}:
            raise NotAllowedError(
                sentence("Only a failed or cancelled job can be retried."), code="job_not_retryable"
            )
        expected = row.params.get("upload_count", 0)
        if expected and row.uploads.filter(state=Upload.State.RECEIVED).count() != expected:
            raise UploadsDeletedError
        row.params = {**row.params, **(params or {})}
        row.state = Job.State.QUEUED
        row.error_code = row.error_message = row.error_detail = ""
        row.done_bytes = row.total_bytes = 0
        row.published_at, row.publish_count = now, 1
        row.cancel_requested_at = row.finished_at = row.started_at = row.lease_expires_at = None
        # The attempt is the fencing token, so it never restarts. The limit counts from here.
        row.params["attempts_before"] = row.attempt
        row.save()
        queue.enqueue(row)


def has_attempts_left(job: Job) -> bool:
    """Return whether an interrupted job may start again by itself."""
    return job.attempt - int(job.params.get("attempts_before", 0)) < settings.JOB_MAX_ATTEMPTS
