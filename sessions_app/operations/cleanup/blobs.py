"""Deletion of blobs that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from sessions_app.models import Blob
from sessions_app.operations.limits import ROWS_PER_STATEMENT
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key


def delete_new_blobs(blob_ids: Iterable[int], *, created_since: datetime) -> int:
    """Delete unreferenced blobs that a failed job created; return the freed bytes."""
    ids = list(blob_ids)
    freed = 0
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        created = Blob.objects.filter(
            pk__in=ids[start : start + ROWS_PER_STATEMENT], created_at__gte=created_since
        )
        freed += sum(blob.size for blob in created.unreferenced() if delete_unreferenced_blob(blob))
    return freed


def delete_unreferenced_blob(blob: Blob) -> bool:
    """Delete a blob's bytes, then its row, unless it is referenced.

    Returns whether the blob was deleted.

    The row's lock decides between this and a save that needs the blob: a save that locked it first has committed its reference
    before the check below; one that locks it later finds DELETING, waits for the deletion, and stores the bytes again.
    """
    with transaction.atomic():
        # Two statements: with one, references committed while it waited for the lock would not be seen.
        if not Blob.objects.select_for_update().filter(pk=blob.pk).exists():
            return False
        if Blob.objects.filter(pk=blob.pk).unreferenced().update(state=Blob.State.DELETING) != 1:
            return False
    get_store().delete(blob_key(blob.sha256))
    Blob.objects.filter(pk=blob.pk, state=Blob.State.DELETING).delete()
    return True
