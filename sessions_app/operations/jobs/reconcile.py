"""Reconciliation of jobs with broker and workers, after lost messages and crashes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from dubbing_core.sentences import sentence
from sessions_app import queue
from sessions_app.models import Job, Pin
from sessions_app.operations.jobs.retry import has_attempts_left

logger = logging.getLogger(__name__)

MAX_PUBLISHED = 500
"""Messages of one round, so that it ends within a second or two however many jobs wait."""


@dataclass(frozen=True, kw_only=True)
class ReconcileReport:
    republished: int
    requeued: int
    failed: int


def reconcile_jobs(*, now: datetime) -> ReconcileReport:
    """Republish jobs whose message was lost; requeue or fail those of dead workers."""
    requeued = failed = 0
    for job in Job.objects.filter(state=Job.State.RUNNING, lease_expires_at__lt=now):
        if has_attempts_left(job):
            # Conditional on the expired lease: the worker may renew it between the query and the update.
            requeued += job.requeue(lease_before=now)
        else:
            failed += _fail(job, now=now)
    republished = _publish_waiting(now=now)
    if requeued or failed or republished:
        logger.info("Jobs: %d requeued, %d failed, %d published again", requeued, failed, republished)
    return ReconcileReport(republished=republished, requeued=requeued, failed=failed)


def _publish_waiting(*, now: datetime) -> int:
    """Publish jobs that have no message in the broker; return their number.

    Those are jobs that were never published, and if no message waits at all, all that were published a while ago: workers
    are free, and would have started them. While messages wait, a job waits for a free worker like its predecessors.
    """
    waiting = Job.objects.filter(state=Job.State.QUEUED)
    due = waiting.filter(published_at__isnull=True)
    published = waiting.filter(published_at__lt=now - settings.JOB_REPUBLISH_AFTER)
    if published.exists() and queue.is_empty():
        due = due | published
    # The workers are busy with these until a later round publishes the next ones.
    job_ids = list(due.order_by("created_at", "pk").values_list("pk", flat=True)[:MAX_PUBLISHED])
    return queue.publish(job_ids=job_ids, now=now) if job_ids else 0


def _fail(job: Job, *, now: datetime) -> bool:
    with transaction.atomic():
        has_failed = job.fail(
            now=now,
            code="worker_lost",
            message=sentence(
                "The worker stopped several times during this job. Try again; if it happens again, contact "
                "your operator."
            ),
        )
        if has_failed:
            Pin.objects.filter(job=job).release()
    return has_failed
