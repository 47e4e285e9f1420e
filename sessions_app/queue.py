"""Queue: passes jobs to workers.

A message only contains the job's id; the reconciler sends lost ones again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from kombu.exceptions import ChannelError, OperationalError

from sessions_app.media.plan import Workload
from sessions_app.models import Job, Worker

logger = logging.getLogger(__name__)

RUN_JOB = "sessions_app.run_job"
SEND_PASSWORD_RESET = "sessions_app.send_password_reset"  # noqa: S105 (a task's name)
SEND_MAIL = "sessions_app.send_mail"
PURGE_DELETED_SESSIONS = "sessions_app.purge_deleted_sessions"
READ_TEXTS = "sessions_app.read_texts"
READ_MEDIA = "sessions_app.read_media"
MAKE_DERIVATIVES = "sessions_app.make_derivatives"
MAKE_PROXIES = "sessions_app.make_proxies"
TASKS = {Workload.PREVIEWS: MAKE_DERIVATIVES, Workload.PROXIES: MAKE_PROXIES}
FIRST_PRIORITY = 0
"""Of what is on screen."""
PRIORITY = 3
"""Of the broker's steps 0, 3, 6, 9, of which 0 comes first: reconciling must not wait behind hundreds of jobs."""
LOW_PRIORITY = 6
"""Of work that no user waits for."""
SHOWN_SECONDS = 600
"""Between two messages for one session that is on screen."""


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
    transaction.on_commit(partial(_send_reading, READ_TEXTS, session_id))


def enqueue_media(session_id: int) -> None:
    """Let a worker for media read new files when the transaction commits.

    A lost message delays it: the scheduler looks for sessions with unread media.
    """
    transaction.on_commit(partial(_send_to_media, READ_MEDIA, session_id, priority=PRIORITY))


def enqueue_derivatives(session_id: int) -> None:
    """Let a worker for media make what a session lacks, after the commit.

    A lost message delays it: the scheduler looks for sessions without.
    """
    transaction.on_commit(partial(_send_to_media, MAKE_DERIVATIVES, session_id, priority=LOW_PRIORITY))


def enqueue_proxies(session_id: int) -> None:
    """Let a worker for light copies make those that a session lacks, after the commit.

    A lost message delays it: the scheduler looks for sessions without.
    """
    transaction.on_commit(partial(_send_to_media, MAKE_PROXIES, session_id, priority=LOW_PRIORITY))


def enqueue_shown_derivatives(session_id: int, workload: Workload = Workload.PREVIEWS) -> None:
    """Let what a session lacks be made before that of others, because it is on screen.

    Repeated requests send one message in ten minutes.
    """
    if cache.add(f"shown-{workload}-{session_id}", 1, SHOWN_SECONDS):
        _send_to_media(TASKS[workload], session_id, priority=FIRST_PRIORITY)


def enqueue_pending_derivatives(workload: Workload) -> None:
    """Let the next sessions that lack some be looked for, behind what waits already."""
    _send_to_media(TASKS[workload], None, priority=LOW_PRIORITY)


def enqueue_pending_media() -> None:
    """Let workers for media look for what is unread or missing, if they run."""
    for task in (READ_MEDIA, *TASKS.values()):
        _send_to_media(task, None, priority=LOW_PRIORITY)


def _send_to_media(task: str, session_id: int | None, *, priority: int) -> None:
    # Without a worker messages would pile up; when it starts, it looks for what it has missed.
    workers = Worker.objects
    if workers.is_making_proxies() if task == MAKE_PROXIES else workers.is_reading_media():
        _send_reading(task, session_id, priority=priority)


def postpone_reading(session_id: int, *, postponed: int, delay: timedelta) -> None:
    """Let a worker read a session's texts after a delay.

    :param postponed: how often it was postponed.
    """
    _send_reading(READ_TEXTS, session_id, countdown=delay.total_seconds(), postponed=postponed)


def _send_reading(
    task: str,
    session_id: int | None,
    *,
    countdown: float | None = None,
    priority: int = LOW_PRIORITY,
    **more: int,
) -> None:
    arguments = {"session_id": session_id, **more}
    try:
        current_app.send_task(task, kwargs=arguments, priority=priority, countdown=countdown)
    except (OperationalError, OSError) as error:
        logger.debug("The broker is unavailable, files are read later: %s", error)
