"""Queue: passes jobs to workers.

A message only contains the job's id; the reconciler sends lost ones again.
"""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from celery import current_app
from django.db import transaction
from django.db.models import F
from kombu.exceptions import OperationalError

from sessions_app.models import Job

logger = logging.getLogger(__name__)

RUN_JOB = "sessions_app.run_job"
SEND_PASSWORD_RESET = "sessions_app.send_password_reset"  # noqa: S105 (a task's name)
SEND_MAIL = "sessions_app.send_mail"
PURGE_DELETED_SESSIONS = "sessions_app.purge_deleted_sessions"
PRIORITY = 3
"""Of the broker's steps 0, 3, 6, 9, of which 0 comes first: reconciling must not wait behind hundreds of jobs."""


def enqueue(job: Job) -> None:
    """Send the message when the current transaction commits.

    The row records it as published beforehand, which saves a second commit.
    """
    assert job.published_at is not None
    transaction.on_commit(partial(send, job_id=job.pk))


def publish(*, job_id: int, now: datetime) -> bool:
    """Record and send another message; return whether the broker accepted it."""
    Job.objects.filter(pk=job_id).update(published_at=now, publish_count=F("publish_count") + 1)
    return send(job_id=job_id)


def send(*, job_id: int) -> bool:
    """Send the message; return whether the broker accepted it.

    The job waits in the database either way.
    """
    try:
        current_app.send_task(RUN_JOB, kwargs={"job_id": job_id}, priority=PRIORITY)
    except (OperationalError, OSError) as error:
        logger.warning("The broker did not accept job %s, it will be published again: %s", job_id, error)
        return False
    return True


def send_mail_task(name: str, **arguments: str) -> bool:
    """Send a mail task's message; return whether the broker accepted it.

    It is not sent again: the user repeats the request.
    """
    try:
        current_app.send_task(name, kwargs=arguments, priority=PRIORITY)
    except (OperationalError, OSError) as error:
        logger.warning("The broker did not accept the task %s: %s", name, error)
        return False
    return True


def enqueue_purge() -> None:
    """Let a worker purge deleted sessions when the current transaction commits."""
    transaction.on_commit(_send_purge)


def _send_purge() -> None:
    try:
        current_app.send_task(PURGE_DELETED_SESSIONS, priority=PRIORITY)
    except (OperationalError, OSError) as error:
        logger.warning("The broker is unavailable, garbage collection purges the sessions later: %s", error)
