"""Rows without bytes that are kept for a limited time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session as SignInSession
from django.db.models import QuerySet

from sessions_app.models import Job, SessionArchive
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.accounts.throttles import get_old_hits
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.idempotency import get_expired_records
from sessions_app.operations.tally import Tally


def count_rows(report: GarbageReport, *, now: datetime) -> None:
    """Count the rows that `delete_rows` would delete."""
    for tally, rows in _get_old_rows(report, now=now):
        tally.merge(Tally(count=rows.count()))


def delete_rows(report: GarbageReport, *, now: datetime, check: Callable[[], None]) -> None:
    """Delete the jobs and records whose time has passed."""
    for tally, rows in _get_old_rows(report, now=now):
        while ids := list(rows.values_list("pk", flat=True)[:ROWS_PER_STATEMENT]):
            check()
            rows.model.objects.filter(pk__in=ids).delete()
            tally.merge(Tally(count=len(ids)))


def _get_old_rows(report: GarbageReport, *, now: datetime) -> Iterator[tuple[Tally, QuerySet[Any]]]:
    yield (
        report.jobs,
        Job.objects.filter(finished_at__lte=now - settings.JOB_RETENTION).order_by("finished_at"),
    )
    yield report.records, get_expired_records(now=now).order_by("created_at")
    yield report.records, get_old_hits(now=now).order_by("made_at")
    yield report.records, SignInSession.objects.filter(expire_date__lt=now).order_by("expire_date")
    yield report.records, SessionArchive.objects.expired(now=now).order_by("created_at")
