"""Queue: passes jobs to workers.

A message only contains the job's id; the reconciler sends lost ones again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import takewhile

from celery import current_app
from django.db import transaction
from django.db.models import F
from kombu.exceptions import ChannelError, OperationalError

from sessions_app.models import Job

logger = logging.getLogger(__name__)

RUN_JOB = "sessions_app.run_job"
SEND_PASSWORD_RESET = "sessions_app.send_password_reset"  # noqa: S105 (a task's name)
SEND_MAIL = "sessions_app.send_mail"
PURGE_DELETED_SESSIONS = "sessions_app.purge_deleted_sessions"
READ_TEXTS = "sessions_app.read_texts"
PRIORITY = 3
"""Of the broker's steps 0, 3, 6, 9, of which 0 comes first: reconciling must not wait behind hundreds of jobs."""
LOW_PRIORITY = 6
"""Of work that no user waits for."""


def is_available() -> bool:
    """Return whether the broker accepts connections."""
    try:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    except (OperationalError, OSError):
        return False
    return True


def is_empty() -> bool:
    """Return whether no message waits for a worker.

    False if the broker is unavailable.
    """
    try:
        with current_app.connection_for_read() as connection, connection.channel() as channel:
            queue = channel.queue_declare(current_app.conf.task_default_queue, passive=True)  # type: ignore[attr-defined]  # kombu's stubs lack it
    except ChannelError:  # the broker deletes empty queues
        return True
    except (OperationalError, OSError):
        return False
    return bool(queue.message_count == 0)


def enqueue(job: Job) -> None:
    """Send the message when the current transaction commits.

    The row records it as published beforehand, which saves a second commit.
    """
    assert job.published_at is not None
    # Links the request's lines, which have its id, to the job's.
    logger.info("Job %s is queued", job.code)
    transaction.on_commit(partial(send, job_id=job.pk))


def publish(*, job_ids: Sequence[int], now: datetime) -> int:
    """Send messages until the broker refuses one; return how many it accepted.

    Refused ones are not recorded: they are due again at once.
    """
    accepted = list(takewhile(lambda job_id: send(job_id=job_id), job_ids))
    Job.objects.filter(pk__in=accepted).update(published_at=now, publish_count=F("publish_count") + 1)
    return len(accepted)


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


def enqueue_reading(session_id: int) -> None:
    """Let a worker read a session's new texts when the current transaction commits.

    A lost message delays it: the scheduler looks for sessions with unread texts.
    """
    transaction.on_commit(partial(_send_reading, session_id))


def _send_reading(session_id: int) -> None:
    try:
        current_app.send_task(READ_TEXTS, kwargs={"session_id": session_id}, priority=LOW_PRIORITY)
    except (OperationalError, OSError) as error:
        logger.debug("The broker is unavailable, texts are read later: %s", error)
