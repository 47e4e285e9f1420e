"""Expired sessions and uploads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from sessions_app.models import DubbingSession, Export, Job, Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.tally import Tally
from sessions_app.operations.uploads.staging import delete_staged_bytes


@dataclass(frozen=True, kw_only=True)
class ExpiredRows:
    """Rows that a run deletes, as queries: evaluated after a real run, they are empty."""

    sessions: QuerySet[DubbingSession]
    """Deleted permanently, or in the trash for longer than the retention."""
    uploads: QuerySet[Upload]


def get_expired_rows(*, now: datetime) -> ExpiredRows:
    """Return the expired sessions and uploads that no unfinished job uses."""
    session_jobs = Job.objects.filter(session=OuterRef("pk")).unfinished()
    upload_jobs = Job.objects.filter(pk=OuterRef("job_id")).unfinished()
    # Two ranges: for IS NOT NULL SQLite reads the whole table.
    sessions = DubbingSession.objects.filter(
        Q(trashed_at__lte=now - settings.TRASH_RETENTION) | Q(deleted_at__lte=now)
    )
    uploads = Upload.objects.filter(expires_at__lte=now)
    return ExpiredRows(
        sessions=sessions.exclude(Exists(session_jobs)), uploads=uploads.exclude(Exists(upload_jobs))
    )


def count_expired(expired: ExpiredRows, report: GarbageReport) -> None:
    """Count the expired rows; the exports of sessions with them."""
    report.sessions.merge(Tally(count=expired.sessions.count()))
    exports = Export.objects.filter(version__session__in=expired.sessions, removed_at__isnull=True)
    report.exports.merge(Tally.of(exports))
    report.uploads.merge(Tally.of(expired.uploads, size="received"))


def purge_sessions(
    expired: ExpiredRows, report: GarbageReport, *, now: datetime, check: Callable[[], None]
) -> None:
    """Delete the expired sessions with their versions and exports."""
    for pk in list(expired.sessions.order_by("trashed_at").values_list("pk", flat=True)):
        check()
        session = expired.sessions.filter(pk=pk).first()
        if session is None:
            continue
        exports = Export.objects.filter(version__session=session, removed_at__isnull=True)
        sizes = list(exports.values_list("size", flat=True))
        purge_session(session=session, now=now, check=check)
        report.sessions.add(0)
        for size in sizes:
            report.exports.add(size)


def purge_deleted_sessions(*, now: datetime) -> None:
    """Delete the rows and exports of sessions that their owners deleted permanently.

    A session with an unfinished job stays until a later run.
    """
    for session in get_expired_rows(now=now).sessions.filter(deleted_at__isnull=False):
        purge_session(session=session, now=now)


def delete_expired_uploads(expired: ExpiredRows, report: GarbageReport, *, check: Callable[[], None]) -> None:
    """Delete the expired uploads.

    Rows go first, so that no job starts to read one in between.
    """
    ids = list(expired.uploads.order_by("expires_at").values_list("pk", flat=True))
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        check()
        with transaction.atomic():
            rows = Upload.objects.select_for_update(skip_locked=True)
            locked = list(rows.filter(pk__in=ids[start : start + ROWS_PER_STATEMENT]).order_by("pk"))
            expired_ids = set(
                expired.uploads.filter(pk__in=[upload.pk for upload in locked]).values_list("pk", flat=True)
            )
            Upload.objects.filter(pk__in=expired_ids).delete_rows()
        for upload in locked:
            if upload.pk in expired_ids:
                report.uploads.add(upload.received)
                delete_staged_bytes(upload)
