"""Collection of blobs that nothing refers to, after a grace period."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from sessions_app.models import Blob, Entry, Job, Pin, Upload
from sessions_app.operations.cleanup.blobs import delete_unreferenced_blob
from sessions_app.operations.cleanup.expired import ExpiredRows
from sessions_app.operations.cleanup.report import GarbageReport, Tally


def collect_blobs(expired: ExpiredRows, report: GarbageReport, *, now: datetime, dry_run: bool) -> None:
    """Delete unreferenced blobs whose grace period is over.

    The period of other unreferenced blobs starts, that of blobs referred to again ends.
    """
    in_grace = Blob.objects.filter(unreferenced_since__isnull=False)
    if not dry_run:
        # Pins of finished jobs: of a worker that resumed after another one had ended its job.
        Pin.objects.exclude(job__in=Job.objects.unfinished()).delete()
        referenced = in_grace.exclude(pk__in=in_grace.unreferenced().values("pk"))
        referenced.exclude(state=Blob.State.DELETING).update(unreferenced_since=None)
    is_over = Q(unreferenced_since__lte=now - settings.GARBAGE_GRACE)
    was_interrupted = Q(state=Blob.State.DELETING)
    due = _get_unreferenced(Blob.objects.filter(is_over | was_interrupted), expired)
    new = _get_unreferenced(
        Blob.objects.filter(unreferenced_since__isnull=True).exclude(was_interrupted), expired
    )
    _count(new, report.unreferenced)
    if dry_run:
        _count(due, report.blobs)
        return
    new.update(unreferenced_since=now)
    for blob in list(due):
        if delete_unreferenced_blob(blob):
            report.blobs.add(blob.size)


def _get_unreferenced(blobs: QuerySet[Blob], expired: ExpiredRows) -> QuerySet[Blob]:
    """Return blobs that nothing refers to except rows that the same run deletes.

    That way a dry run counts them too.
    """
    blob = OuterRef("pk")
    entries = Entry.objects.filter(blob=blob).exclude(session__in=expired.sessions)
    pins = Pin.objects.filter(blob=blob, job__in=Job.objects.unfinished())
    pins = pins.exclude(job__session__in=expired.sessions)
    uploads = Upload.objects.filter(blob=blob).exclude(pk__in=expired.uploads)
    return blobs.exclude(Exists(entries) | Exists(pins) | Exists(uploads))


def _count(blobs: QuerySet[Blob], tally: Tally) -> None:
    totals = blobs.aggregate(count=Count("pk"), size=Sum("size"))
    tally.count += totals["count"]
    tally.size += totals["size"] or 0
