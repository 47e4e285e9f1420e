"""Reconciliation of jobs with broker and workers, after lost messages and crashes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from sessions_app import queue
from sessions_app.models import Job, Pin
from sessions_app.operations.jobs.retry import has_attempts_left

logger = logging.getLogger(__name__)

MAX_REPUBLISH_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class ReconcileReport:
    republished: int
    requeued: int
    failed: int


def reconcile_jobs(*, now: datetime) -> ReconcileReport:
    """Republish jobs whose message was lost; requeue or fail those of dead workers."""
    requeued = failed = republished = 0
    for job in Job.objects.filter(state=Job.State.RUNNING, lease_expires_at__lt=now):
        if has_attempts_left(job):
            # Conditional on the expired lease: the worker may renew it between the query and the update.
            requeued += job.requeue(lease_before=now)
        else:
            failed += _fail(job, now=now)
    interval = settings.JOB_REPUBLISH_AFTER
    waiting = Job.objects.filter(state=Job.State.QUEUED).filter(
        Q(published_at__isnull=True) | Q(published_at__lt=now - interval)
    )
    for job in waiting.order_by("created_at"):
        # A long queue does not mean lost messages: back off exponentially.
        pause = min(interval * 2 ** min(job.publish_count, 10), max(interval, MAX_REPUBLISH_AFTER))
        if job.published_at is None or job.publish_count <= 1 or job.published_at < now - pause:
            if not queue.publish(job_id=job.pk, now=now):
                break  # the broker is unavailable; the next round publishes the rest
            republished += 1
    if requeued or failed or republished:
        logger.info("Jobs: %d requeued, %d failed, %d published again", requeued, failed, republished)
    return ReconcileReport(republished=republished, requeued=requeued, failed=failed)


def _fail(job: Job, *, now: datetime) -> bool:
    with transaction.atomic():
        has_failed = job.fail(
            now=now,
            code="worker_lost",
            message="The worker stopped several times during this job. Try again; if it happens again, contact your operator.",
        )
        if has_failed:
            Pin.objects.filter(job=job).release()
    return has_failed
