"""Whether a store really copies ranges: some refuse, some answer as if they had."""

from __future__ import annotations

import os
from uuid import uuid4

from sessions_app.blobs.keys import staging_key
from sessions_app.blobs.store import BlobStore, RangeCopier, StoreError

SKIPPED = 4099
"""A range that is ignored starts at 0; blocks of a server start on round numbers."""
TAIL_SIZE = 1027
SAMPLE_SIZE = 64 * 1024


def copies_ranges(copier: RangeCopier, *, store: BlobStore) -> bool:
    """Make a small object of a copied and a sent part and look at its size and bytes; leaves nothing.

    :raises StoreError: the store did not answer, which says nothing about what it is able to do.
    """
    # The name of an upload that there is not: where this process is killed, garbage collection finds what is left.
    owner = f"upload-{uuid4()}"
    source, target = (staging_key(owner, name) for name in ("source", "target"))
    data = os.urandom(SKIPPED + copier.limits.least)
    tail = os.urandom(TAIL_SIZE)
    try:
        with store.writer(source) as writer:
            writer.write(data)
        with copier.new_object(target) as parts:
            parts.copy(1, source, SKIPPED, len(data))
            parts.send(2, bytearray(tail))
        return _is(store, target, data[SKIPPED:] + tail)
    except StoreError as error:
        if error.permanent:
            return False
        raise
    finally:
        store.delete(source)
        store.delete(target)


def _is(store: BlobStore, key: str, expected: bytes) -> bool:
    """Compare size, head and tail: reading all would cost as much as the copying of many exports saves."""
    size = len(expected)
    return store.size(key) == size and all(
        b"".join(store.read(key, start, end)) == expected[start:end]
        for start, end in ((0, SAMPLE_SIZE), (size - SAMPLE_SIZE, size))
    )
