"""Deletion of blobs that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from sessions_app.models import Blob
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key


def discard_unneeded(blob_ids: Iterable[int], *, made_since: datetime) -> int:
    """Delete those of a failed job's blobs that it brought itself and nobody else needs; return the bytes that came free."""
    ids = list(blob_ids)
    freed = 0
    for start in range(0, len(ids), 500):
        brought = Blob.objects.filter(pk__in=ids[start : start + 500], created_at__gte=made_since)
        freed += sum(blob.size for blob in brought.unreferenced() if delete(blob))
    return freed


def delete(blob: Blob) -> bool:
    """Delete a blob's bytes, then its row, if nothing refers to it; tell whether it went.

    Whoever locks the row first wins: a save that came first has referred to it by the time it is looked at here; one that
    comes later finds DELETING, waits until the blob is gone and stores it anew.
    """
    with transaction.atomic():
        # Two statements: the question must be asked after the lock is held, or it is answered from before it.
        if not Blob.objects.select_for_update().filter(pk=blob.pk).exists():
            return False
        if Blob.objects.filter(pk=blob.pk).unreferenced().update(state=Blob.State.DELETING) != 1:
            return False
    get_store().delete(blob_key(blob.sha256))
    Blob.objects.filter(pk=blob.pk, state=Blob.State.DELETING).delete()
    return True
