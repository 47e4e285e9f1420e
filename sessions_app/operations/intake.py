"""Brings bytes into the blob store: hashed by us, stored once, known to the database before they are visible."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from django.db import transaction

from sessions_app.blobs import get_store
from sessions_app.blobs.ingest import Staged, discard, settle
from sessions_app.blobs.keys import blob_key
from sessions_app.blobs.store import BlobStore
from sessions_app.domain.digests import Digest
from sessions_app.models import Blob, Hold
from sessions_app.operations.errors import BusyError

THREADS = 2
"""Hashing and inflating release the interpreter lock; more threads than this do not make a pass faster (docs/decisions)."""

BATCH = 32
"""Files between two visits to the database."""

Keep = Callable[[int, Sequence[Blob]], None]
"""Writes down, in the current transaction, who needs these blobs: the batch's first index and its blobs in order."""


def take_in(
    stagers: Iterable[Callable[[], Staged]], *, store: BlobStore, keep: Keep, now: datetime
) -> Iterator[Blob]:
    """Store files and yield their blobs in the order given.

    Each stager hashes one file and stages its bytes, in any thread, without the database. Then, a batch at a time:
    rows first (with ``keep(first, blobs)``, so that garbage collection leaves them alone), then bytes, then the mark that
    they are durable.

    :raises BusyError: garbage collection is deleting one of these very blobs and did not finish.
    """
    remaining = iter(stagers)
    first = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="intake") as pool:
        while batch := list(islice(remaining, BATCH)):
            staged = list(pool.map(lambda stage: stage(), batch))
            blobs = _claim([one.digest for one in staged], keep=keep, first=first, now=now)
            list(pool.map(lambda pair: _put(store, *pair), zip(staged, blobs, strict=True)))
            written = {blob.pk for blob in blobs if blob.state == Blob.State.WRITING}
            Blob.objects.filter(pk__in=written, state=Blob.State.WRITING).update(state=Blob.State.STORED)
            yield from blobs
            first += len(batch)


def _put(store: BlobStore, staged: Staged, blob: Blob) -> None:
    if blob.state == Blob.State.STORED:
        discard(staged, store=store)
    else:
        settle(staged, store=store)


def _claim(digests: Sequence[Digest], *, keep: Keep, first: int, now: datetime) -> list[Blob]:
    for pause in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, None):
        with transaction.atomic():
            rows = _rows(digests, now=now)
            if all(blob.state != Blob.State.DELETING for blob in rows.values()):
                blobs = [rows[digest.sha256] for digest in digests]
                keep(first, blobs)
                return blobs
        if pause is not None:
            time.sleep(pause)
    raise BusyError("The storage is being cleaned up right now. Try again in a minute.")


def _rows(digests: Sequence[Digest], *, now: datetime) -> dict[str, Blob]:
    """Return a locked row for each digest, made where there was none, and no longer condemned."""
    wanted = {digest.sha256: digest for digest in digests}
    Blob.objects.bulk_create(
        [
            Blob(sha256=digest.sha256, size=digest.size, crc32=digest.crc32, created_at=now)
            for _, digest in sorted(wanted.items())
        ],
        ignore_conflicts=True,
    )
    # In one order everywhere, so that two takers of the same files do not wait for each other.
    locked = Blob.objects.select_for_update().filter(sha256__in=wanted).order_by("sha256")
    rows = {blob.sha256: blob for blob in locked}
    Blob.objects.filter(pk__in=[blob.pk for blob in rows.values()], condemned_at__isnull=False).exclude(
        state=Blob.State.DELETING
    ).update(condemned_at=None)
    return rows


def holding(job_id: int) -> Keep:
    """Keep blobs on behalf of a job until it ends."""

    def keep(_first: int, blobs: Sequence[Blob]) -> None:
        distinct = {blob.pk for blob in blobs}
        Hold.objects.bulk_create([Hold(job_id=job_id, blob_id=pk) for pk in distinct], ignore_conflicts=True)

    return keep


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
