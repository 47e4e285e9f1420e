"""Rows and pins of blobs: written before any of their bytes are visible.

A pin is a job's claim on a blob that no version refers to yet: garbage collection does not delete it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from dubbing_core.digests import Digest
from dubbing_core.sentences import sentence
from sessions_app.models import Blob, Pin
from sessions_app.models.bulk import ROWS_PER_STATEMENT, insert_rows
from sessions_app.models.compiled_query import compiled
from sessions_app.operations.errors import BusyError

PinBlobs = Callable[[Mapping[int, Blob]], None]
"""Records, in the current transaction, what needs these blobs, by their positions in the list that `ingest_blobs` returns."""

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between two tries while garbage collection deletes one of the blobs."""


def claim_rows(digests: Mapping[int, Digest], *, pin: PinBlobs, now: datetime) -> dict[int, Blob]:
    """Return a pinned blob row for each digest, inserted where there was none.

    :raises BusyError: garbage collection is deleting one of these blobs and did not finish.
    """
    for pause in (*PAUSES, None):
        blobs = try_to_claim_rows(digests, pin=pin, now=now)
        if blobs is not None:
            return blobs
        if pause is not None:
            time.sleep(pause)
    raise BusyError(sentence("The storage is being cleaned up right now. Try again in a minute."))


def try_to_claim_rows(
    digests: Mapping[int, Digest], *, pin: PinBlobs, now: datetime
) -> dict[int, Blob] | None:
    """Do what `claim_rows` does; return None if one of the blobs is being deleted."""
    with transaction.atomic():
        rows = _lock_rows(digests.values(), now=now)
        # A row that was being deleted when the others were inserted is missing.
        is_usable = all(blob.state != Blob.State.DELETING for blob in rows.values())
        if is_usable and rows.keys() == {digest.sha256 for digest in digests.values()}:
            blobs = {position: rows[digest.sha256] for position, digest in digests.items()}
            pin(blobs)
            return blobs
        # The rows inserted for other digests have no pins.
        transaction.set_rollback(True)
    return None


def pin_for_job(job_id: int) -> PinBlobs:
    """Return a callback that pins blobs until the job ends."""

    def pin(blobs: Mapping[int, Blob]) -> None:
        distinct = sorted({blob.pk for blob in blobs.values()})
        insert_rows(Pin, ("job_id", "blob_id"), [(job_id, pk) for pk in distinct], ignore_conflicts=True)

    return pin


@compiled
def _lock_blobs(hashes: list[str]) -> QuerySet[Blob]:
    return Blob.objects.select_for_update().filter(sha256__in=hashes).order_by("sha256")


def _lock_rows(digests: Iterable[Digest], *, now: datetime) -> dict[str, Blob]:
    """Return a locked row for each digest, not marked as unreferenced."""
    by_sha256 = {digest.sha256: digest for digest in digests}
    created_at = connection.ops.adapt_datetimefield_value(now)
    insert_rows(
        Blob,
        ("sha256", "size", "crc32", "state", "created_at"),
        [
            (sha256, digest.size, digest.crc32, Blob.State.WRITING.value, created_at)
            for sha256, digest in sorted(by_sha256.items())
        ],
        ignore_conflicts=True,
    )
    # In one order everywhere, so that two jobs with the same files do not deadlock.
    rows: dict[str, Blob] = {}
    hashes = sorted(by_sha256)
    for start in range(0, len(hashes), ROWS_PER_STATEMENT):
        locked = _lock_blobs(hashes[start : start + ROWS_PER_STATEMENT])
        rows |= {blob.sha256: blob for blob in locked}
    unreferenced = [
        blob.pk
        for blob in rows.values()
        if blob.unreferenced_since is not None and blob.state != Blob.State.DELETING
    ]
    if unreferenced:
        Blob.objects.filter(pk__in=unreferenced).update(unreferenced_since=None)
    return rows
