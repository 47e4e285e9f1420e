"""Gives up what nobody needs any more. Planned first, so that a dry run tells exactly what a real one would do.

1. Sessions that were in the trash for their time go, with their versions and exports.
2. Exports that expired, and that no link keeps, give up their bytes.
3. Uploads that expired and belong to no unfinished job go.
4. Temporary bytes whose upload or job attempt is over go: the row decides, never a file's age.
5. Blobs that nothing refers to are condemned; those condemned for the whole grace period go, unless they are needed again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from sessions_app.blobs import get_store
from sessions_app.blobs.keys import EXPORTS, STAGING
from sessions_app.blobs.store import StoredObject
from sessions_app.models import Blob, DubbingSession, Export, Job, Share, Upload
from sessions_app.operations import intake, sessions, uploads

logger = logging.getLogger(__name__)

ATTEMPT = re.compile(r"^(?:staging/job-|exports/)(?P<code>[0-9a-f-]{36})-(?P<attempt>\d+)[./]")
UPLOAD = re.compile(r"^staging/upload-(?P<code>[0-9a-f-]{36})/")


@dataclass(kw_only=True)
class Tally:
    count: int = 0
    size: int = 0
    """In bytes."""

    def add(self, size: int) -> None:
        self.count += 1
        self.size += size


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was given up, or would be."""

    sessions: Tally = field(default_factory=Tally)
    exports: Tally = field(default_factory=Tally)
    uploads: Tally = field(default_factory=Tally)
    leftovers: Tally = field(default_factory=Tally)
    condemned: Tally = field(default_factory=Tally)
    blobs: Tally = field(default_factory=Tally)

    @property
    def freed(self) -> int:
        """Bytes that the store gets back."""
        return sum(tally.size for tally in (self.exports, self.uploads, self.leftovers, self.blobs))

    def as_dict(self) -> dict[str, object]:
        tallies = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: {"count": tally.count, "size": tally.size} for name, tally in tallies.items()} | {
            "freed": self.freed
        }


def collect(*, now: datetime, dry_run: bool) -> Report:
    """Give up what nobody needs; a dry run only counts it."""
    report = Report()
    _purge_trash(report, now=now, dry_run=dry_run)
    expire_exports(expired_exports(now=now), report=report, now=now, dry_run=dry_run)
    _expire_uploads(report, now=now, dry_run=dry_run)
    _sweep_leftovers(report, dry_run=dry_run)
    _collect_blobs(report, now=now, dry_run=dry_run)
    if not dry_run and report.freed:
        logger.info("Garbage: %s", report.as_dict())
    return report


def _purge_trash(report: Report, *, now: datetime, dry_run: bool) -> None:
    for session in DubbingSession.objects.filter(trashed_at__lte=now - settings.TRASH_KEPT):
        if session.jobs.unfinished().exists():
            continue
        report.sessions.add(0)
        for size in Export.objects.filter(version__session=session, removed_at__isnull=True).values_list(
            "size", flat=True
        ):
            report.exports.add(size)
        if not dry_run:
            sessions.purge(session=session)


def expired_exports(*, now: datetime) -> QuerySet[Export]:
    """Exports past their time whose bytes are still there."""
    shared = Share.objects.filter(export=OuterRef("pk"), revoked_at__isnull=True, expires_at__gt=now)
    gone = Q(version__session__trashed_at__lte=now - settings.TRASH_KEPT)
    return (
        Export.objects.filter(removed_at__isnull=True, expires_at__lte=now)
        .exclude(Exists(shared))
        .exclude(gone)
    )


def expire_exports(exports: QuerySet[Export], *, report: Report, now: datetime, dry_run: bool) -> None:
    """Give up the bytes of these exports: first nobody sees them any more, then they go."""
    store = get_store()
    for export in exports:
        report.exports.add(export.size)
        if dry_run:
            continue
        if Export.objects.filter(pk=export.pk, removed_at__isnull=True).update(removed_at=now) == 1:
            store.delete(export.key)


def _expire_uploads(report: Report, *, now: datetime, dry_run: bool) -> None:
    busy = Job.objects.filter(pk=OuterRef("job_id")).unfinished()
    for upload in Upload.objects.filter(expires_at__lte=now).exclude(Exists(busy)):
        report.uploads.add(upload.received)
        if not dry_run:
            uploads.discard([upload])


def _sweep_leftovers(report: Report, *, dry_run: bool) -> None:
    """Delete temporary objects and ZIPs whose row is gone or has moved on."""
    store = get_store()
    for stored in _leftovers():
        report.leftovers.add(stored.size)
        if not dry_run:
            store.delete(stored.key)


def _leftovers() -> Iterator[StoredObject]:
    store = get_store()
    for prefix in (STAGING, EXPORTS):
        # Listed before the rows are read: what appears later has its row already.
        objects = list(store.list(prefix))
        exports = set(Export.objects.filter(removed_at__isnull=True).values_list("key", flat=True))
        running = {(str(code), attempt) for code, attempt in _running_attempts()}
        receiving = {str(code) for code in Upload.objects.values_list("code", flat=True)}
        for stored in objects:
            if match := UPLOAD.match(stored.key):
                needed = match["code"] in receiving
            elif match := ATTEMPT.match(stored.key):
                needed = stored.key in exports or (match["code"], int(match["attempt"])) in running
            else:
                needed = True  # not ours to judge
            if not needed:
                yield stored


def _running_attempts() -> QuerySet[Job, tuple[object, int]]:
    return Job.objects.filter(state=Job.State.RUNNING).values_list("code", "attempt")


def _collect_blobs(report: Report, *, now: datetime, dry_run: bool) -> None:
    needed_again = Blob.objects.filter(condemned_at__isnull=False).exclude(
        pk__in=Blob.objects.filter(condemned_at__isnull=False).unreferenced().values("pk")
    )
    fresh = Blob.objects.filter(condemned_at__isnull=True).unreferenced()
    ripe = Blob.objects.filter(condemned_at__lte=now - settings.GARBAGE_GRACE).unreferenced()
    for size in fresh.values_list("size", flat=True).iterator():
        report.condemned.add(size)
    if dry_run:
        for size in ripe.values_list("size", flat=True).iterator():
            report.blobs.add(size)
        return
    needed_again.exclude(state=Blob.State.DELETING).update(condemned_at=None)
    fresh.update(condemned_at=now)
    for blob in list(ripe) + list(Blob.objects.filter(state=Blob.State.DELETING)):
        if intake.delete(blob):
            report.blobs.add(blob.size)
