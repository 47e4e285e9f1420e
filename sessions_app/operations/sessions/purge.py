"""Purge of sessions: final deletion from the trash."""

from __future__ import annotations

from django.db import transaction

from sessions_app.models import DubbingSession, Entry, Export, GarbageCandidate, Pin
from sessions_app.storage import get_store


def purge_session(*, session: DubbingSession) -> int:
    """Delete a trashed session; return the bytes of its exports.

    Garbage collection deletes its blobs.

    A session that was restored in the meantime stays. Rows are deleted first: bytes without a row are swept later.
    """
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
