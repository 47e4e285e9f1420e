"""Deletion of blobs that nothing refers to.

In batches of two transactions, and some for the lines of texts. The first marks them DELETING, so that no new reference is made. The second keeps their
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

from sessions_app.models import Blob, BlobTimeline, Derivative, GarbageCandidate, TextChunk
from sessions_app.operations.tally import Tally
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreError
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobStore

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

    Blobs that another transaction uses at this moment are left out, unless they are marked as DELETING.

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
        _delete_lines(batch)
        tally, derived = _delete_marked(batch, store=store)
        deleted.merge(tally)
        deleted.merge(_delete_derived(derived, store=store))
        if connection.vendor == "sqlite" and start + BATCH < len(ids):
            # Leaves time to requests: SQLite's writers poll for the lock instead of queueing. PostgreSQL locks these rows only.
            time.sleep(min(time.perf_counter() - began, MAX_PAUSE))
    return deleted


def _delete_derived(ids: Sequence[int], *, store: BlobStore) -> Tally:
    """Delete what was made of deleted blobs, unless something else needs it."""
    deleted = Tally()
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        _mark(batch, due=None)
        deleted.merge(_delete_marked(batch, store=store)[0])
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


def _delete_lines(ids: Sequence[int]) -> None:
    """Delete the lines of marked blobs from the search's index.

    Before the transaction that deletes the blobs, because it takes long.
    """
    texts = BlobTimeline.objects.filter(pk__in=ids, blob__state=Blob.State.DELETING).exclude(search_version=0)
    if indexed := list(texts.values_list("pk", flat=True)):
        # Of those that turn out to be in use, they are written again.
        BlobTimeline.objects.filter(pk__in=indexed).update(search_version=0)
        TextChunk.objects.delete_in_batches(indexed)


def _delete_marked(ids: Sequence[int], *, store: BlobStore) -> tuple[Tally, list[int]]:
    """Delete marked blobs; return also the blobs that were made of them."""
    deleted = Tally()
    with transaction.atomic():
        # Waits for saves that look at marked rows: they wait for this deletion, so that no row may be left out.
        rows = Blob.objects.select_for_update().filter(pk__in=ids, state=Blob.State.DELETING)
        marked = {blob.pk: blob for blob in rows.order_by("sha256")}
        unreferenced = set(Blob.objects.filter(pk__in=marked).unreferenced().values_list("pk", flat=True))
        for blob in marked.values():
            if blob.pk not in unreferenced:
                _unmark(blob, store=store)
            else:
                deleted.add(blob.size)
        store.delete_all([blob_key(blob.sha256) for blob in marked.values() if blob.pk in unreferenced])
        derived = _delete_derivatives(unreferenced)
        GarbageCandidate.objects.filter(blob__in=unreferenced).delete()
        Blob.objects.filter(pk__in=unreferenced).delete()
    return deleted, derived


def _delete_derivatives(sources: set[int]) -> list[int]:
    """Delete the rows of what was made of blobs; return its blobs."""
    rows = Derivative.objects.filter(source__in=sources)
    blobs = list(rows.values_list("blob_id", flat=True))
    if blobs:
        # In case that this process ends before it has deleted them.
        GarbageCandidate.objects.record(rows)
        rows.delete()
    return sorted(set(filter(None, blobs)) - sources)


def _unmark(blob: Blob, *, store: BlobStore) -> None:
    """Make a blob usable again that was referred to without regard to its mark."""
    try:
        has_bytes = store.size(blob_key(blob.sha256)) == blob.size
    except StoreError:
        has_bytes = False
    if has_bytes:
        Blob.objects.filter(pk=blob.pk).update(state=Blob.State.STORED, unreferenced_since=None)
    logger.error("Blob %s is referred to and was marked for deletion. Bytes: %s", blob.sha256, has_bytes)
