"""Test of whether a store copies ranges: some refuse, some only report success."""

from __future__ import annotations

import os
from uuid import uuid4

from sessions_app.storage.errors import StoreError
from sessions_app.storage.keys import staging_key
from sessions_app.storage.store import BlobStore, RangeCopier

RANGE_START = 4099
"""Neither 0, where a copy that ignores the range starts, nor a multiple of a server's block size."""
TAIL_SIZE = 1027
SAMPLE_SIZE = 32 * 1024


def supports_range_copy(copier: RangeCopier, *, store: BlobStore, source: str) -> bool:
    """Return whether an object of a copied and a sent part has the right bytes.

    The object is deleted.

    :param source: an existing object of at least twice the minimum part size. Sending one would cost more than the test saves,
        and S3 copies no ranges of smaller ones.
    :raises StoreError: the store is unavailable, so that its abilities are unknown.
    """
    # Named like a nonexistent upload: if this process is killed, garbage collection deletes the object.
    target = staging_key(f"upload-{uuid4()}", "copy-test")
    start, end = RANGE_START, RANGE_START + copier.limits.min_size
    tail = os.urandom(TAIL_SIZE)
    head = _read(store, source, start, start + SAMPLE_SIZE)
    joint = _read(store, source, end - SAMPLE_SIZE, end) + tail
    try:
        with copier.create_object(target) as parts:
            parts.copy(1, source, start, end)
            parts.send(2, bytearray(tail))
        size = end - start + TAIL_SIZE
        return (
            store.size(target) == size
            and _read(store, target, 0, SAMPLE_SIZE) == head
            and _read(store, target, size - len(joint), size) == joint
        )
    except StoreError as error:
        if error.is_retryable:
            raise
        return False
    finally:
        store.delete(target)


def _read(store: BlobStore, key: str, start: int, end: int) -> bytes:
    return b"".join(store.read(key, start, end))
