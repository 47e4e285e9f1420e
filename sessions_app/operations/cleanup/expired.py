"""Expired sessions and uploads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from sessions_app.models import DubbingSession, Export, Job, Upload
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.uploads.discard import delete_uploads


@dataclass(frozen=True, kw_only=True)
class ExpiredRows:
    """Rows that a run deletes, as queries: evaluated after a real run, they are empty."""

    sessions: QuerySet[DubbingSession]
    """In the trash for longer than the retention."""
    uploads: QuerySet[Upload]


def get_expired_rows(*, now: datetime) -> ExpiredRows:
    """Return the expired sessions and uploads that no unfinished job uses."""
    session_jobs = Job.objects.filter(session=OuterRef("pk")).unfinished()
    upload_jobs = Job.objects.filter(pk=OuterRef("job_id")).unfinished()
    sessions = DubbingSession.objects.filter(trashed_at__lte=now - settings.TRASH_RETENTION)
    uploads = Upload.objects.filter(expires_at__lte=now)
    return ExpiredRows(
        sessions=sessions.exclude(Exists(session_jobs)), uploads=uploads.exclude(Exists(upload_jobs))
    )


def purge_sessions(expired: ExpiredRows, report: GarbageReport, *, dry_run: bool) -> None:
    """Delete the expired sessions with their versions and exports."""
    for session in expired.sessions:
        report.sessions.add(0)
        exports = Export.objects.filter(version__session=session, removed_at__isnull=True)
        for size in exports.values_list("size", flat=True):
            report.exports.add(size)
        if not dry_run:
            purge_session(session=session)


def delete_expired_uploads(expired: ExpiredRows, report: GarbageReport, *, dry_run: bool) -> None:
    for upload in expired.uploads:
        report.uploads.add(upload.received)
        if not dry_run:
            delete_uploads([upload])
