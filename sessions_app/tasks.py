"""Celery tasks, and the heartbeat of the worker that performs them.

Each task makes one call of an operation.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown
from celery.worker.consumer import Consumer
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import override

from dubbing_sessions.celery import consumes, consumes_jobs
from sessions_app import queue
from sessions_app.mail_server import use_mail_server
from sessions_app.media.client import MediaReaderUnavailableError
from sessions_app.media.plan import Workload
from sessions_app.operations import database_reserve, media, monitoring, timelines
from sessions_app.operations.accounts import password_reset
from sessions_app.operations.cleanup import expired, garbage
from sessions_app.operations.derivatives import make
from sessions_app.operations.jobs import reconcile, run
from sessions_app.operations.jobs.worker_heartbeat import WorkerHeartbeat

logger = logging.getLogger(__name__)

READING_LIMIT = timedelta(minutes=1)
"""For sessions whose message was lost, and those saved before an update: other work must not wait for thousands."""
MEDIA_LIMIT = timedelta(minutes=1)
"""For a session's media before those of the next one."""
MAIL_TASK: dict[str, Any] = {
    "autoretry_for": (SMTPException, OSError),
    "retry_backoff": 10,
    "retry_backoff_max": 600,
    "max_retries": 12,
}
"""While the mail server is unavailable: tried again for about 80 minutes."""


@shared_task(name="sessions_app.run_job")
def run_job(*, job_id: int, **_: Any) -> None:
    run.run_job(job_id=job_id, clock=timezone.now, log_level=logging.INFO)


@shared_task(name="sessions_app.reconcile_jobs")
def reconcile_jobs(**_: Any) -> None:
    reconcile.reconcile_jobs(now=timezone.now())


@shared_task(name="sessions_app.purge_deleted_sessions")
def purge_deleted_sessions(**_: Any) -> None:
    expired.purge_deleted_sessions(now=timezone.now())


@shared_task(name="sessions_app.collect_garbage")
def collect_garbage(**_: Any) -> None:
    garbage.collect_garbage(now=timezone.now(), dry_run=False)
    database_reserve.reserve_database_space()


@shared_task(name="sessions_app.read_texts")
def read_texts(*, session_id: int | None = None, postponed: int = 0, **_: Any) -> None:
    if session_id is None:
        timelines.read_pending_texts(clock=timezone.now, limit=READING_LIMIT)
    else:
        timelines.read_saved_texts(session_id=session_id, clock=timezone.now, postponed=postponed)


@shared_task(name="sessions_app.read_media")
def read_media(*, session_id: int | None = None, **_: Any) -> None:
    try:
        if session_id is None:
            media.read_pending_media(clock=timezone.now, limit=READING_LIMIT)
        else:
            media.read_session_media(session_id=session_id, clock=timezone.now, limit=MEDIA_LIMIT)
    except MediaReaderUnavailableError as error:
        logger.warning("%s", error)


@shared_task(name="sessions_app.make_derivatives")
def make_derivatives(*, session_id: int | None = None, **_: Any) -> None:
    try:
        if session_id is None:
            make.make_pending_derivatives(clock=timezone.now, limit=READING_LIMIT)
        else:
            make.make_session_derivatives(session_id=session_id, clock=timezone.now, limit=MEDIA_LIMIT)
    except MediaReaderUnavailableError as error:
        logger.warning("%s", error)


@shared_task(name="sessions_app.make_proxies")
def make_proxies(*, session_id: int | None = None, **_: Any) -> None:
    try:
        if session_id is None:
            make.make_pending_derivatives(clock=timezone.now, limit=READING_LIMIT, workload=Workload.PROXIES)
        else:
            make.make_session_derivatives(
                session_id=session_id, clock=timezone.now, limit=MEDIA_LIMIT, workload=Workload.PROXIES
            )
    except MediaReaderUnavailableError as error:
        logger.warning("%s", error)


@shared_task(name="sessions_app.enqueue_pending_media")
def enqueue_pending_media(**_: Any) -> None:
    queue.enqueue_pending_media()


@shared_task(name="sessions_app.send_password_reset", **MAIL_TASK)
def send_password_reset(*, email: str, language: str = "", **_: Any) -> None:
    # That of the request; users who have chosen a language get mails in it.
    with override(language or settings.LANGUAGE_CODE), use_mail_server():
        password_reset.send_password_reset(email=email, now=timezone.now())


@shared_task(name="sessions_app.send_mail", **MAIL_TASK)
def send_mail(*, recipient: str, subject: str, body: str, **_: Any) -> None:
    with use_mail_server():
        EmailMessage(subject, body, to=[recipient]).send()


@shared_task(name="sessions_app.measure")
def measure_portal(**_: Any) -> None:
    monitoring.measure(now=timezone.now())


heartbeats: list[WorkerHeartbeat] = []


@worker_ready.connect
def start_heartbeat(sender: Consumer, **_: Any) -> None:
    """Record this worker from now on."""
    heartbeat = WorkerHeartbeat(
        name=sender.hostname,
        processes=sender.pool.num_processes,
        clock=timezone.now,
        performs_jobs=consumes_jobs(sender),
        reads_media=consumes(sender, settings.MEDIA_QUEUE),
        makes_proxies=consumes(sender, settings.PROXY_QUEUE),
    )
    heartbeats.append(heartbeat)
    heartbeat.start()


@worker_shutdown.connect
def stop_heartbeat(**_: Any) -> None:
    """Delete the record, so that pages report a stopped worker at once."""
    while heartbeats:
        heartbeats.pop().stop()
