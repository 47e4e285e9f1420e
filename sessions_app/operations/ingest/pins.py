"""Pins: a job's claim on blobs, which keeps garbage collection away from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sessions_app.models import Blob, Pin
from sessions_app.models.bulk import insert_rows

PinBlobs = Callable[[Mapping[int, Blob]], None]
"""Records, in the current transaction, what needs these blobs, by their positions in the list that `ingest_blobs` returns."""


def pin_for_job(job_id: int) -> PinBlobs:
    """Return a callback that pins blobs until the job ends."""

    def pin(blobs: Mapping[int, Blob]) -> None:
        distinct = sorted({blob.pk for blob in blobs.values()})
        insert_rows(Pin, ("job_id", "blob_id"), [(job_id, pk) for pk in distinct], ignore_conflicts=True)

    return pin
