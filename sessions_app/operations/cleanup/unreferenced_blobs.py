"""Collection of blobs that nothing refers to, after a grace period.

The transaction that deletes a reference records the blob as a candidate, so that the cost follows what was deleted, not what is
stored. A candidate without other references enters the grace period, after which it is checked again and deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from sessions_app.models import Blob, Derivative, Entry, GarbageCandidate, Job, Pin, Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT, insert_selected
from sessions_app.operations.blobs import delete_unreferenced_blobs
from sessions_app.operations.cleanup.expired import ExpiredRows
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.tally import Tally

WINDOW = 10_000
"""Blobs that one statement checks, or whose ids are fetched at once."""

Check = Callable[[], None]


def collect_blobs(report: GarbageReport, *, now: datetime, is_full: bool, check: Check) -> None:
    """Start the grace period of unreferenced candidates; delete those past it.

    :param is_full: check every blob instead of the recorded candidates: for repair, and slow.
    """
    # Pins of finished jobs: of a worker that resumed after another one had ended its job.
    stale = Pin.objects.exclude(job__in=Job.objects.unfinished())
    with transaction.atomic():
        stale.release()
    if is_full:
        _record_all(check)
    _check_candidates(report.unreferenced, now=now, check=check)
    # Ranges: for IS NOT NULL alone SQLite does not use the index.
    interrupted = Blob.objects.filter(unreferenced_since__lte=now, state=Blob.State.DELETING)
    report.blobs.merge(delete_unreferenced_blobs(_iter_ids(interrupted), check=check))
    due = now - settings.GARBAGE_GRACE
    over = Blob.objects.filter(unreferenced_since__lte=due)
    report.blobs.merge(delete_unreferenced_blobs(_iter_ids(over), due=due, check=check))


def count_blobs(expired: ExpiredRows, report: GarbageReport, *, now: datetime, is_full: bool) -> None:
    """Count what `collect_blobs` would find after the expired rows were deleted."""
    candidates = GarbageCandidate.objects.values("blob_id").union(
        Entry.objects.filter(session__in=expired.sessions).values("blob_id"),
        Pin.objects.exclude(job__in=Job.objects.unfinished()).values("blob_id"),
        Upload.objects.filter(pk__in=expired.uploads, blob__isnull=False).values("blob_id"),
    )
    deleting = Blob.objects.filter(unreferenced_since__lte=now, state=Blob.State.DELETING)
    new = Blob.objects.exclude(state=Blob.State.DELETING)
    new = new.filter(unreferenced_since__isnull=True) if is_full else new.filter(pk__in=candidates)
    due = Blob.objects.filter(unreferenced_since__lte=now - settings.GARBAGE_GRACE).exclude(pk__in=candidates)
    report.unreferenced.merge(Tally.of(_exclude_referenced(new, expired)))
    collected = [
        _exclude_referenced(blobs, expired) for blobs in (deleting, due.exclude(state=Blob.State.DELETING))
    ]
    for blobs in collected:
        report.blobs.merge(Tally.of(blobs))
    report.blobs.merge(Tally.of(_get_derived(collected, expired)))


def _get_derived(collected: Sequence[QuerySet[Blob]], expired: ExpiredRows) -> QuerySet[Blob]:
    """Return the blobs that were made of collected ones only."""
    of_collected = Q()
    for blobs in collected:
        of_collected |= Q(source__in=blobs.values("pk"))
    made = Derivative.objects.filter(of_collected, blob__isnull=False)
    others = Derivative.objects.filter(blob=OuterRef("pk")).exclude(pk__in=made.values("pk"))
    derived = Blob.objects.filter(pk__in=made.values("blob_id")).exclude(Exists(others))
    return _exclude_referenced(derived, expired, with_derivatives=False)


def _record_all(check: Check) -> None:
    """Record every unreferenced blob outside of the grace period as a candidate."""
    last = Blob.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for start in range(0, last + 1, WINDOW):
        check()
        rows = Blob.objects.filter(pk__gte=start, pk__lt=start + WINDOW, unreferenced_since__isnull=True)
        insert_selected(GarbageCandidate, "blob_id", rows.unreferenced().values("pk"))


def _check_candidates(tally: Tally, *, now: datetime, check: Check) -> None:
    last = 0
    while True:
        check()
        rows = GarbageCandidate.objects.filter(pk__gt=last).order_by("pk")
        blobs = dict(rows.values_list("pk", "blob_id")[:ROWS_PER_STATEMENT])
        if not blobs:
            return
        last = max(blobs)
        with transaction.atomic():
            # A blob that another transaction uses at this moment remains a candidate.
            usable = Blob.objects.select_for_update(skip_locked=True).filter(pk__in=set(blobs.values()))
            locked = set(usable.order_by("sha256").values_list("pk", flat=True))
            new = Blob.objects.filter(pk__in=locked).exclude(state=Blob.State.DELETING).unreferenced()
            sizes = dict(new.values_list("pk", "size"))
            Blob.objects.filter(pk__in=sizes).update(unreferenced_since=now)
            existing = set(Blob.objects.filter(pk__in=set(blobs.values())).values_list("pk", flat=True))
            checked = [pk for pk, blob in blobs.items() if blob in locked or blob not in existing]
            GarbageCandidate.objects.filter(pk__in=checked).delete()
        for size in sizes.values():
            tally.add(size)


def _iter_ids(blobs: QuerySet[Blob]) -> Iterator[int]:
    """Yield ids by the folders of the store, so that a batch needs few of them."""
    folder = Substr("sha256", 1, 2)  # an expression: SQLite would walk the whole index of the column
    return blobs.order_by(folder, "pk").values_list("pk", flat=True).iterator(WINDOW)


def _exclude_referenced(
    blobs: QuerySet[Blob], expired: ExpiredRows, *, with_derivatives: bool = True
) -> QuerySet[Blob]:
    """Leave out blobs that rows refer to which the run would not delete."""
    blob = OuterRef("pk")
    entries = Entry.objects.filter(blob=blob).exclude(session__in=expired.sessions)
    pins = Pin.objects.filter(blob=blob, job__in=Job.objects.unfinished())
    uploads = Upload.objects.filter(blob=blob).exclude(pk__in=expired.uploads)
    blobs = blobs.exclude(Exists(entries)).exclude(Exists(pins)).exclude(Exists(uploads))
    return blobs.exclude(Exists(Derivative.objects.filter(blob=blob))) if with_derivatives else blobs
