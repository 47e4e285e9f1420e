"""Celery tasks: each makes one call of an operation."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from celery import shared_task
from django.core.mail import EmailMessage
from django.utils import timezone

from sessions_app.operations import database_reserve
from sessions_app.operations.accounts import password_reset
from sessions_app.operations.cleanup import expired, garbage
from sessions_app.operations.jobs import reconcile, run

MAIL_TASK: dict[str, Any] = {
    "autoretry_for": (SMTPException, OSError),
    "retry_backoff": 10,
    "retry_backoff_max": 600,
    "max_retries": 12,
}
"""While the mail server is unavailable: tried again for about 80 minutes."""


@shared_task(name="sessions_app.run_job")
def run_job(*, job_id: int, **_: Any) -> None:
    run.run_job(job_id=job_id, clock=timezone.now)


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


@shared_task(name="sessions_app.send_password_reset", **MAIL_TASK)
def send_password_reset(*, email: str, **_: Any) -> None:
    password_reset.send_password_reset(email=email, now=timezone.now())


@shared_task(name="sessions_app.send_mail", **MAIL_TASK)
def send_mail(*, recipient: str, subject: str, body: str, **_: Any) -> None:
    EmailMessage(subject, body, to=[recipient]).send()
