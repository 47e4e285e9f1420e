"""Celery tasks: each makes one call of an operation."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from sessions_app.operations.cleanup import garbage
from sessions_app.operations.jobs import reconcile, run


@shared_task(name="sessions_app.run_job")
def run_job(*, job_id: int, **_: Any) -> None:
    run.run_job(job_id=job_id, clock=timezone.now)


@shared_task(name="sessions_app.reconcile_jobs")
def reconcile_jobs(**_: Any) -> None:
    reconcile.reconcile_jobs(now=timezone.now())


@shared_task(name="sessions_app.collect_garbage")
def collect_garbage(**_: Any) -> None:
    garbage.collect_garbage(now=timezone.now(), dry_run=False)
