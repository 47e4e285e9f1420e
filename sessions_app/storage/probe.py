"""Whether a store really copies ranges: some refuse, some answer as if they had."""

from __future__ import annotations

import os
from uuid import uuid4

from sessions_app.storage.keys import staging_key
from sessions_app.storage.store import BlobStore, RangeCopier, StoreError

SKIPPED = 4099
"""A range that is ignored starts at 0; blocks of a server start on round numbers."""
TAIL_SIZE = 1027
SAMPLE_SIZE = 32 * 1024


def copies_ranges(copier: RangeCopier, *, store: BlobStore, source: str) -> bool:
    """Make a small object of a copied and a sent part, and look at its size and bytes; leaves nothing.

    :param source: an object of at least twice the least size of a part. To send one for this would cost more than many an
        export, and S3 copies no ranges of smaller ones.
    :raises StoreError: the store did not answer, which says nothing about what it is able to do.
    """
    # The name of an upload that there is not: where this process is killed, garbage collection finds what is left.
    target = staging_key(f"upload-{uuid4()}", "probe")
    start, end = SKIPPED, SKIPPED + copier.limits.min_size
    tail = os.urandom(TAIL_SIZE)
    head = _read(store, source, start, start + SAMPLE_SIZE)
    joint = _read(store, source, end - SAMPLE_SIZE, end) + tail
    try:
        with copier.new_object(target) as parts:
            parts.copy(1, source, start, end)
            parts.send(2, bytearray(tail))
        size = end - start + TAIL_SIZE
        return (
            store.size(target) == size
            and _read(store, target, 0, SAMPLE_SIZE) == head
            and _read(store, target, size - len(joint), size) == joint
        )
    except StoreError as error:
        if error.permanent:
            return False
        raise
    finally:
        store.delete(target)


def _read(store: BlobStore, key: str, start: int, end: int) -> bytes:
    return b"".join(store.read(key, start, end))
