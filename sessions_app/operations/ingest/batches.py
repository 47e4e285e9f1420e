"""Batches: files that one thread stages in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sessions_app.storage.staging import StagedBlob

BATCH_SIZE = 4 * 1024 * 1024
"""Bytes of a batch of more than one file."""
BATCH_COUNT = 128
"""Files in a batch."""

OnBytes = Callable[[int], None]
"""Receives how many more bytes are done, from any thread; an exception from it ends the work."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Files that one thread stages in one step."""

    positions: Sequence[int]
    """The files' positions in the list that `ingest_blobs` returns."""
    stage: Callable[[OnBytes], Sequence[StagedBlob]]
    """Hashes the files in the order of `positions`; called in any thread, uses no database."""
    is_hashed: bool = False
    """The files were hashed before, so that `stage` takes no time."""


def split_into_batches(sizes: Sequence[int]) -> Iterator[range]:
    """Yield ranges of neighbors that fit in one batch; a larger file is alone."""
    first = total = 0
    for position, size in enumerate(sizes):
        total += size
        if first < position and (total > BATCH_SIZE or position - first == BATCH_COUNT):
            yield range(first, position)
            first, total = position, size
    if first < len(sizes):
        yield range(first, len(sizes))
