"""Gives up what nobody needs any more. Planned first, so that a dry run tells exactly what a real one would do.

1. Sessions that were in the trash for their time go, with their versions and exports.
2. Exports that expired, and that no link keeps, give up their bytes.
3. Uploads that expired and belong to no unfinished job go.
4. Temporary bytes whose upload or job attempt is over go: the row decides, never a file's age.
5. Blobs that nothing refers to are condemned; those condemned for the whole grace period go, unless they are needed again.
6. Answers that were kept for requests sent twice go after a day; they hold no bytes, so no report counts them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from sessions_app.models import Blob, DubbingSession, Entry, Export, Job, Pin, Share, Upload
from sessions_app.operations.cleanup.blobs import delete
from sessions_app.operations.idempotency import delete_expired_records
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.uploads.discard import delete_uploads
from sessions_app.storage import get_store
from sessions_app.storage.keys import BLOBS, EXPORTS, STAGING

logger = logging.getLogger(__name__)

ATTEMPT = re.compile(r"^(?:staging/job-|exports/)(?P<code>[0-9a-f-]{36})-(?P<attempt>\d+)[./]")
BLOB = re.compile(r"^blobs/[0-9a-f]{2}/(?P<sha256>[0-9a-f]{64})$")
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
    doomed = Doomed(sessions=_over_sessions(now=now), uploads=_over_uploads(now=now))
    _purge_trash(doomed, report, dry_run=dry_run)
    expire_exports(expired_exports(now=now), report=report, now=now, dry_run=dry_run)
    _expire_uploads(doomed, report, dry_run=dry_run)
    _sweep_leftovers(report, dry_run=dry_run)
    _collect_blobs(doomed, report, now=now, dry_run=dry_run)
    if not dry_run:
        delete_expired_records(now=now)
    if not dry_run and report.freed:
        logger.info("Garbage: %s", report.as_dict())
    return report


@dataclass(frozen=True, kw_only=True)
class Doomed:
    """Rows that a run gives up, as questions to the database: after a real run their answers are empty."""

    sessions: QuerySet[DubbingSession]
    uploads: QuerySet[Upload]


def _over_sessions(*, now: datetime) -> QuerySet[DubbingSession]:
    busy = Job.objects.filter(session=OuterRef("pk")).unfinished()
    return DubbingSession.objects.filter(trashed_at__lte=now - settings.TRASH_RETENTION).exclude(Exists(busy))


def _over_uploads(*, now: datetime) -> QuerySet[Upload]:
    busy = Job.objects.filter(pk=OuterRef("job_id")).unfinished()
    return Upload.objects.filter(expires_at__lte=now).exclude(Exists(busy))


def _purge_trash(doomed: Doomed, report: Report, *, dry_run: bool) -> None:
    for session in doomed.sessions:
        report.sessions.add(0)
        exports = Export.objects.filter(version__session=session, removed_at__isnull=True)
        for size in exports.values_list("size", flat=True):
            report.exports.add(size)
        if not dry_run:
            purge_session(session=session)


def expired_exports(*, now: datetime) -> QuerySet[Export]:
    """Exports past their time whose bytes are still there."""
    shared = Share.objects.filter(export=OuterRef("pk"), revoked_at__isnull=True, expires_at__gt=now)
    gone = Q(version__session__trashed_at__lte=now - settings.TRASH_RETENTION)
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


def _expire_uploads(doomed: Doomed, report: Report, *, dry_run: bool) -> None:
    for upload in doomed.uploads:
        report.uploads.add(upload.received)
        if not dry_run:
            delete_uploads([upload])


def _sweep_leftovers(report: Report, *, dry_run: bool) -> None:
    """Delete temporary objects and ZIPs whose row is gone or has moved on, those that only began to arrive included."""
    store = get_store()
    for prefix in (STAGING, EXPORTS, BLOBS):
        # Listed before the rows are read: what appears later has its row already. Blobs are found by their rows.
        objects = [] if prefix == BLOBS else list(store.list(prefix))
        begun = list(store.open_uploads(prefix))
        is_needed = _needs()
        for stored in objects:
            if not is_needed(stored.key):
                report.leftovers.add(stored.size)
                if not dry_run:
                    store.delete(stored.key)
        for open_upload in begun:
            if not is_needed(open_upload.key):
                report.leftovers.add(0)  # stores do not tell how much has arrived
                if not dry_run:
                    store.abort(open_upload.key, open_upload.upload_id)


def _needs() -> Callable[[str], bool]:
    """Return what tells whether a temporary object or a ZIP belongs to a row."""
    receiving = {str(code) for code in Upload.objects.values_list("code", flat=True)}
    # Running attempts before exports: one that ends between the two has become an export by the second look.
    running = {
        (str(code), attempt)
        for code, attempt in Job.objects.filter(state=Job.State.RUNNING).values_list("code", "attempt")
    }
    writing = set(Blob.objects.filter(state=Blob.State.WRITING).values_list("sha256", flat=True))
    exports = set(Export.objects.filter(removed_at__isnull=True).values_list("key", flat=True))

    def is_needed(key: str) -> bool:
        if match := UPLOAD.match(key):
            return match["code"] in receiving
        if match := ATTEMPT.match(key):
            return key in exports or (match["code"], int(match["attempt"])) in running
        if match := BLOB.match(key):
            return match["sha256"] in writing
        return True  # not ours to judge

    return is_needed


def _collect_blobs(doomed: Doomed, report: Report, *, now: datetime, dry_run: bool) -> None:
    condemned = Blob.objects.filter(unreferenced_since__isnull=False)
    if not dry_run:
        # Of a worker that was frozen and woke up after another had ended its job.
        Pin.objects.exclude(job__in=Job.objects.unfinished()).delete()
        needed = condemned.exclude(pk__in=condemned.unreferenced().values("pk"))
        needed.exclude(state=Blob.State.DELETING).update(unreferenced_since=None)
    # DELETING: an earlier run was interrupted there.
    ripe = _unneeded(
        Blob.objects.filter(
            Q(unreferenced_since__lte=now - settings.GARBAGE_GRACE) | Q(state=Blob.State.DELETING)
        ),
        doomed,
    )
    fresh = _unneeded(
        Blob.objects.filter(unreferenced_since__isnull=True).exclude(state=Blob.State.DELETING), doomed
    )
    _count(fresh, report.condemned)
    if dry_run:
        _count(ripe, report.blobs)
        return
    fresh.update(unreferenced_since=now)
    for blob in list(ripe):
        if delete(blob):
            report.blobs.add(blob.size)


def _unneeded(blobs: QuerySet[Blob], doomed: Doomed) -> QuerySet[Blob]:
    """Blobs that nothing refers to, or only what a run gives up: so a dry run tells of the same ones as a real one."""
    blob = OuterRef("pk")
    entries = Entry.objects.filter(blob=blob).exclude(session__in=doomed.sessions)
    pins = Pin.objects.filter(blob=blob, job__in=Job.objects.unfinished())
    pins = pins.exclude(job__session__in=doomed.sessions)
    arriving = Upload.objects.filter(blob=blob).exclude(pk__in=doomed.uploads)
    return blobs.exclude(Exists(entries) | Exists(pins) | Exists(arriving))


def _count(blobs: QuerySet[Blob], tally: Tally) -> None:
    found = blobs.aggregate(count=Count("pk"), size=Sum("size"))
    tally.count += found["count"]
    tally.size += found["size"] or 0
