"""The life of a job outside its worker: asked for, cancelled, tried again, put right after accidents."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from sessions_app import queue
from sessions_app.models import DubbingSession, Job, Pin, Upload
from sessions_app.operations.errors import NotAllowedError

logger = logging.getLogger(__name__)

MAX_REPUBLISH_AFTER = timedelta(minutes=5)
BATCH = 500
"""Rows a statement; databases limit the variables of one."""


def create(
    *,
    kind: Job.Kind,
    owner: AbstractBaseUser,
    params: dict[str, Any],
    now: datetime,
    session: DubbingSession | None = None,
    uploads: list[Upload] | None = None,
    publish: bool = True,
) -> Job:
    """Write down that something is to be done and tell the workers on commit.

    ``publish=False`` is for callers that run the job themselves at once; should they die, a worker takes over.

    :raises NotAllowedError: an upload is gone, or another job is going to read it.
    """
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            owner_id=owner.pk,
            session=session,
            params=params,
            created_at=now,
            # One that the caller runs at once is offered as well, should the caller die: not before a while has passed.
            published_at=now,
            publish_count=int(publish),
        )
        if uploads:
            _give_uploads(job, [upload.pk for upload in uploads])
        if publish:
            queue.enqueue(job)
    return job


def _give_uploads(job: Job, ids: list[int]) -> None:
    """Let the job read these uploads, and no other job."""
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        locked = Upload.objects.select_for_update().filter(pk__in=some, state=Upload.State.RECEIVED)
        readers = list(locked.order_by("pk").values_list("job_id", flat=True))
        if len(readers) != len(some):
            raise _uploads_deleted()
        # Asked only now that the rows are locked. A job that failed gives its files to the next.
        if Job.objects.filter(pk__in={reader for reader in readers if reader}).unfinished().exists():
            raise NotAllowedError(
                "Another job is reading these files already. Wait for it, or cancel it first.",
                code="upload_in_use",
            )
        Upload.objects.filter(pk__in=some).update(job=job)


def _uploads_deleted() -> NotAllowedError:
    return NotAllowedError("The uploaded files are gone by now. Upload them again.", code="uploads_deleted")


def cancel(*, job: Job, now: datetime) -> None:
    """Ask the job to stop: at once when it waits, at its next step when it runs.

    :raises NotAllowedError: it has ended already.
    """
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
        if waiting.update(state=Job.State.CANCELLED, cancel_requested_at=now, finished_at=now) == 1:
            Pin.objects.filter(job=job).delete()
            return
        if Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested_at=now) == 1:
            return
    raise NotAllowedError("This job has ended already.", code="job_finished")


def retry(*, job: Job, now: datetime, params: dict[str, Any] | None = None) -> None:
    """Queue a failed or cancelled job again, with what it was given.

    :raises NotAllowedError: it did not fail, or what it needs is gone.
    """
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        if row.state not in {Job.State.FAILED, Job.State.CANCELLED}:
            raise NotAllowedError(
                "Only a job that failed or was cancelled can be tried again.", code="job_not_retryable"
            )
        announced = row.params.get("upload_count", 0)
        if announced and row.uploads.filter(state=Upload.State.RECEIVED).count() != announced:
            raise _uploads_deleted()
        row.params = {**row.params, **(params or {})}
        row.state = Job.State.QUEUED
        row.error_code = row.error_message = row.error_detail = ""
        row.done_bytes = row.total_bytes = 0
        row.published_at, row.publish_count = now, 1
        row.cancel_requested_at = row.finished_at = row.started_at = row.lease_expires_at = None
        # The attempt goes on counting: it is the fencing token. The cap counts from here.
        row.params["attempts_before"] = row.attempt
        row.save()
        queue.enqueue(row)


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    republished: int
    taken_over: int
    given_up: int


def reconcile(*, now: datetime) -> Reconciled:
    """Publish again what the broker lost, and take jobs over whose worker died."""
    taken_over = given_up = republished = 0
    for job in Job.objects.filter(state=Job.State.RUNNING, lease_expires_at__lt=now):
        if attempts_left(job):
            # Conditional on the expired lease: the worker may come back to life between our look and our update.
            taken_over += job.requeue(lease_before=now)
        else:
            given_up += _give_up(job, now=now)
    patience = settings.JOB_REPUBLISH_AFTER
    waiting = Job.objects.filter(state=Job.State.QUEUED).filter(
        Q(published_at__isnull=True) | Q(published_at__lt=now - patience)
    )
    for job in waiting.order_by("created_at"):
        # A long queue is not a lost one: offer again less and less often.
        pause = min(patience * 2 ** min(job.publish_count, 10), max(patience, MAX_REPUBLISH_AFTER))
        if job.published_at is None or job.publish_count <= 1 or job.published_at < now - pause:
            if not queue.publish(job_id=job.pk, now=now):
                break  # the broker is away; the next round finds the rest as it is
            republished += 1
    if taken_over or given_up or republished:
        logger.info("Jobs: %d taken over, %d given up, %d offered again", taken_over, given_up, republished)
    return Reconciled(republished=republished, taken_over=taken_over, given_up=given_up)


def attempts_left(job: Job) -> bool:
    return job.attempt - int(job.params.get("attempts_before", 0)) < settings.JOB_MAX_ATTEMPTS


def _give_up(job: Job, *, now: datetime) -> bool:
    with transaction.atomic():
        failed = job.fail(
            now=now,
            code="worker_lost",
            message="The worker stopped several times while it did this. Try again; if it happens again, ask your operator.",
        )
        if failed:
            Pin.objects.filter(job=job).delete()
    return failed
