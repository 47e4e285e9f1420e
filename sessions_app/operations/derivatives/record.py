"""Storage of derivatives: as blobs, or in their rows if they are small."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from dubbing_core.digests import Digest, compute_digest
from sessions_app.media.maker import MadeDerivative
from sessions_app.models import Blob, Derivative, GarbageCandidate
from sessions_app.models.commits import deferred_sync
from sessions_app.operations.derivatives.missing import MAKER_VERSION
from sessions_app.operations.ingest.rows import claim_rows
from sessions_app.storage.errors import ObjectMissingError
from sessions_app.storage.keys import blob_key
from sessions_app.storage.staging import SMALL_SIZE
from sessions_app.storage.store import BlobStore

ROW_SIZE = 4096
"""Bytes up to which a row contains them: a session has a thousand waveforms of single lines."""


def record_derivative(source_id: int, made: MadeDerivative, *, store: BlobStore, now: datetime) -> bool:
    """Store what was made, or why it cannot be.

    :returns: False if the source was deleted in the meantime.
    :raises StoreError: its bytes were not stored.
    :raises BusyError: garbage collection is deleting a blob of the same bytes.
    """
    values: dict[str, Any] = {
        "maker_version": MAKER_VERSION,
        "blob_id": None,
        "content": None,
        "sha256": "",
        "size": made.size,
        "extension": made.extension,
        "details": dict(made.details),
        "reason": made.reason,
        "made_at": now,
    }
    digest = compute_digest(made.read()) if made.size else None
    if digest is not None:
        values["sha256"] = digest.sha256
    try:
        if digest is not None and made.size > ROW_SIZE:
            _store(source_id, made, digest, values, store=store, now=now)
        else:
            values["content"] = b"".join(made.read()) if made.size else None
            with deferred_sync():
                _write(source_id, made.kind, values)
    except IntegrityError:
        return False
    return True


def _store(
    source_id: int,
    made: MadeDerivative,
    digest: Digest,
    values: dict[str, Any],
    *,
    store: BlobStore,
    now: datetime,
) -> None:
    def refer(blobs: Mapping[int, Blob]) -> None:
        _write(source_id, made.kind, values | {"blob_id": blobs[0].pk})

    blob = claim_rows({0: digest}, pin=refer, now=now)[0]
    key = blob_key(digest.sha256)
    if blob.state == Blob.State.STORED and _has_bytes(store, key, digest.size):
        return
    if digest.size <= SMALL_SIZE:
        store.put_all([(key, b"".join(made.read()))])
    else:
        with store.writer(key, size=digest.size) as writer:
            for chunk in made.read():
                writer.write(chunk)
    with deferred_sync():
        Blob.objects.filter(pk=blob.pk, state=Blob.State.WRITING).update(state=Blob.State.STORED)


def _has_bytes(store: BlobStore, key: str, size: int) -> bool:
    """Return whether the object is complete: one that was lost is written again."""
    try:
        return store.size(key) == size
    except ObjectMissingError:
        return False


@transaction.atomic
def _write(source_id: int, kind: str, values: dict[str, Any]) -> None:
    """Write the row.

    The blob of the one that it replaces becomes a candidate of garbage collection.
    """
    old = Derivative.objects.filter(source_id=source_id, kind=kind).exclude(blob_id=values["blob_id"])
    GarbageCandidate.objects.record(old)
    Derivative.objects.bulk_create(
        [Derivative(source_id=source_id, kind=kind, **values)],
        update_conflicts=True,
        unique_fields=["source", "kind"],
        update_fields=list(values),
    )
