"""Purge of sessions: final deletion from the trash."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from sessions_app.models import DubbingSession, Entry, Export, GarbageCandidate, Pin
from sessions_app.operations.sessions.permanent_deletion import mark_deleted
from sessions_app.storage import get_store

BATCH = 2000
"""Entries deleted in one transaction: SQLite has no other writer in the meantime."""
MAX_PAUSE = 0.1
"""Seconds between two batches, at most."""


def purge_session(*, session: DubbingSession, now: datetime, check: Callable[[], None] = lambda: None) -> int:
    """Delete a trashed session; return the bytes of its exports.

    Garbage collection deletes its blobs. A session that was restored in the meantime stays. Rows are deleted first: bytes without
    a row are swept later.

    The files of a large session are deleted in batches, after the session can no longer be restored. A purge that was interrupted is
    resumed by the next one.

    :param check: is called between two batches; an exception from it ends the work.
    """
    if Entry.objects.filter(session=session)[BATCH : BATCH + 1].exists():
        mark_deleted(sessions=DubbingSession.objects.filter(pk=session.pk), now=now)
        began = time.perf_counter()
        while _delete_entries(session):
            check()
            # Leaves half of the time to requests: SQLite's writers poll for the lock instead of queueing.
            time.sleep(min(time.perf_counter() - began, MAX_PAUSE))
            began = time.perf_counter()
    with transaction.atomic():
        row = (
            DubbingSession.objects.select_for_update().filter(pk=session.pk, trashed_at__isnull=False).first()
        )
        if row is None:
            return 0
        exports = Export.objects.filter(version__session=row, removed_at__isnull=True)
        sizes = dict(exports.values_list("key", "size"))
        GarbageCandidate.objects.record(Entry.objects.filter(session=row))
        GarbageCandidate.objects.record(Pin.objects.filter(job__session=row))
        row.purge()
    if sizes:
        get_store().delete_all(list(sizes))
    return sum(sizes.values())


@transaction.atomic
def _delete_entries(session: DubbingSession) -> bool:
    """Delete some entries of a session; return whether more than a batch remains."""
    ids = list(
        Entry.objects.filter(session=session, session__deleted_at__isnull=False)
        .order_by("path")
        .values_list("pk", flat=True)[: BATCH + 1]
    )
    entries = Entry.objects.filter(pk__in=ids[:BATCH])
    GarbageCandidate.objects.record(entries)
    entries.delete()
    return len(ids) > BATCH
