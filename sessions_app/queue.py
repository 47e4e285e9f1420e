"""Hands jobs to workers. The message is a hint with the job's id; a lost one is sent again by the reconciler."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from celery import current_app
from django.db import transaction
from django.db.models import F
from kombu.exceptions import OperationalError

from sessions_app.models import Job

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

RUN_JOB = "sessions_app.run_job"
PRIORITY = 3
"""Of the broker's steps 0, 3, 6, 9, the first of which goes first: looking after jobs must not wait behind hundreds of them."""


def enqueue(job: Job) -> None:
    """Send the hint once the current transaction commits. The row says already that it was published, which spares a second commit."""
    assert job.published_at is not None
    transaction.on_commit(partial(send, job_id=job.pk))


def publish(*, job_id: int, now: datetime) -> bool:
    """Send the hint once more; tell whether the broker took it."""
    Job.objects.filter(pk=job_id).update(published_at=now, publish_count=F("publish_count") + 1)
    return send(job_id=job_id)


def send(*, job_id: int) -> bool:
    """Send the hint; tell whether the broker took it. The job waits in the database either way."""
    try:
        current_app.send_task(RUN_JOB, kwargs={"job_id": job_id}, priority=PRIORITY)
    except (OperationalError, OSError) as error:
        logger.warning("The broker did not take job %s, it will be offered again: %s", job_id, error)
        return False
    return True
