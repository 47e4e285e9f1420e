"""Deletion of blobs that nothing refers to.

In batches of two transactions. The first marks them DELETING, so that no new reference is made. The second keeps their
rows locked while it deletes first the bytes, then the rows: a save that needs one of the blobs waits and stores it again, and
two collections never delete the bytes of one blob, the second of them perhaps after a save has stored them again.
"""

from __future__ import annotations

import logging
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from sessions_app.models import Blob, GarbageCandidate
from sessions_app.operations.tally import Tally
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobStore, StoreError

logger = logging.getLogger(__name__)

BATCH = 200
"""Blobs deleted in one transaction: SQLite has no other writer in the meantime."""
MAX_PAUSE = 0.1
"""Seconds between two batches, at most."""


def delete_new_blobs(blob_ids: Iterable[int], *, created_since: datetime) -> int:
    """Delete unreferenced blobs that a failed job created; return the freed bytes."""
    ids = list(blob_ids)
    freed = 0
    for start in range(0, len(ids), BATCH):
        created = Blob.objects.filter(pk__in=ids[start : start + BATCH], created_at__gte=created_since)
        freed += delete_unreferenced_blobs(created.unreferenced().values_list("pk", flat=True)).size
    return freed


def delete_unreferenced_blobs(
    blob_ids: Iterable[int], *, due: datetime | None = None, check: Callable[[], None] = lambda: None
) -> Tally:
    """Delete those of the blobs that are unreferenced; return what was deleted.

    Blobs that another transaction uses at this moment are left out.

    :param due: delete only blobs that were found unreferenced before this time and have lost no reference since.
    :param check: is called before each batch; an exception from it ends the work.
    """
    ids = array("q", blob_ids)  # 8 bytes each: there may be millions
    store = get_store()
    deleted = Tally()
    for start in range(0, len(ids), BATCH):
        check()
        began = time.perf_counter()
        batch = ids[start : start + BATCH].tolist()
        _mark(batch, due=due)
        deleted.merge(_delete_marked(batch, store=store))
        if connection.vendor == "sqlite" and start + BATCH < len(ids):
            # Leaves time to requests: SQLite's writers poll for the lock instead of queueing. PostgreSQL locks these rows only.
            time.sleep(min(time.perf_counter() - began, MAX_PAUSE))
    return deleted


def _mark(ids: Sequence[int], *, due: datetime | None) -> None:
    """Mark unreferenced blobs as DELETING; end the grace period of referenced ones.

    The row's lock decides between this and a save that needs the blob: a save that locked it first has committed its reference
    before the check below; one that locks it later finds DELETING and waits for the deletion.
    """
    with transaction.atomic():
        # Two statements: with one, references committed while it waited for the lock would not be seen.
        rows = Blob.objects.select_for_update(skip_locked=True).filter(pk__in=ids)
        locked = list(rows.exclude(state=Blob.State.DELETING).order_by("sha256").values_list("pk", flat=True))
        unreferenced = Blob.objects.filter(pk__in=locked).unreferenced()
        if due is not None:
            unreferenced = unreferenced.filter(unreferenced_since__lte=due).exclude(_has_candidate())
        unreferenced.update(
            state=Blob.State.DELETING, unreferenced_since=Coalesce("unreferenced_since", "created_at")
        )
        if due is not None:
            in_use = Blob.objects.filter(pk__in=locked, unreferenced_since__lte=due).exclude(_has_candidate())
            in_use.exclude(state=Blob.State.DELETING).update(unreferenced_since=None)


def _has_candidate() -> Exists:
    return Exists(GarbageCandidate.objects.filter(blob=OuterRef("pk")))


def _delete_marked(ids: Sequence[int], *, store: BlobStore) -> Tally:
    deleted = Tally()
    with transaction.atomic():
        rows = Blob.objects.select_for_update(skip_locked=True).filter(pk__in=ids, state=Blob.State.DELETING)
        marked = {blob.pk: blob for blob in rows.order_by("sha256")}
        unreferenced = set(Blob.objects.filter(pk__in=marked).unreferenced().values_list("pk", flat=True))
        for blob in marked.values():
            if blob.pk not in unreferenced:
                _unmark(blob, store=store)
            else:
                deleted.add(blob.size)
        store.delete_all([blob_key(blob.sha256) for blob in marked.values() if blob.pk in unreferenced])
        GarbageCandidate.objects.filter(blob__in=unreferenced).delete()
        Blob.objects.filter(pk__in=unreferenced).delete()
    return deleted


def _unmark(blob: Blob, *, store: BlobStore) -> None:
    """Make a blob usable again that was referred to without regard to its mark."""
    try:
        has_bytes = store.size(blob_key(blob.sha256)) == blob.size
    except StoreError:
        has_bytes = False
    if has_bytes:
        Blob.objects.filter(pk=blob.pk).update(state=Blob.State.STORED, unreferenced_since=None)
    logger.error("Blob %s is referred to and was marked for deletion. Bytes: %s", blob.sha256, has_bytes)
