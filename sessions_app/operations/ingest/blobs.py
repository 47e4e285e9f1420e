"""Ingest pipeline: hashing, deduplication, storage.

A blob's row always exists before its bytes are visible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from dubbing_core.concurrency import TaskGroup
from sessions_app.models import Blob
from sessions_app.models.commits import deferred_sync
from sessions_app.models.statements import change, placeholders
from sessions_app.operations.ingest.batches import Batch, OnBytes
from sessions_app.operations.ingest.rows import PinBlobs, claim_rows
from sessions_app.storage.staging import StagedBlob, commit_blob, commit_small_blobs, discard_blob
from sessions_app.storage.store import BlobStore

STAGE_THREADS = 3
"""Hashing and inflating release the interpreter lock: two processors are busy while one thread waits for the disk."""
STORE_THREADS = 8
"""They wait for the disk's journal or for a server, and share the waiting."""
MAX_BATCHES = 6
"""Batches in the pipeline at once, which bounds its memory."""
BATCHES_PER_CLAIM = 3
"""Staged batches that are worth a transaction while others are still being staged."""
FILES_PER_STORE = 16
"""Small files that one thread stores in one step: handing over each takes longer than writing it."""
BLOBS_PER_MARK = 100
"""Stored blobs that are worth a statement."""
MARK_STORED = "UPDATE sessions_app_blob SET state = 'stored' WHERE state = 'writing' AND id IN ({})"


def ingest_blobs(
    batches: Sequence[Batch],
    *,
    store: BlobStore,
    pin: PinBlobs,
    on_bytes: OnBytes,
    now: datetime,
    claimed: Mapping[int, Blob] = MappingProxyType({}),
) -> list[Blob]:
    """Store the files of all batches; return their blobs by position.

    Batches are staged in order: put the largest first, so that the last thread to finish has little left to do. In the
    meantime earlier ones get their rows (pinned), then their bytes, then the mark that they are durable. What a failure
    leaves belongs to the owner of the pins.

    :param claimed: blobs by position whose rows are pinned already.
    :param on_bytes: is called with 0 while there is nothing new, so that cancellation is noticed mid-file.
    :raises BusyError: garbage collection is deleting one of these blobs and did not finish.
    """
    with TaskGroup(on_poll=partial(on_bytes, 0)) as tasks:
        pipeline = _Pipeline(tasks, store=store, pin=pin, on_bytes=on_bytes, now=now)
        pipeline.blobs |= claimed
        pipeline.run(batches)
    return [pipeline.blobs[position] for position in sorted(pipeline.blobs)]


@dataclass(frozen=True, kw_only=True)
class _StagedFile:
    """A staged file whose bytes are about to be stored."""

    batch: int
    """The number of its batch."""
    staged: StagedBlob
    blob_id: int | None
    """None if its bytes are stored already, or are being stored for an equal file."""


class _Pipeline:
    """Batches and files in progress.

    One thread decides and uses the database; the others hash and store.
    """

    def __init__(
        self, tasks: TaskGroup, *, store: BlobStore, pin: PinBlobs, on_bytes: OnBytes, now: datetime
    ) -> None:
        self.blobs: dict[int, Blob] = {}
        self._tasks = tasks
        self._stage_threads = tasks.pool(STAGE_THREADS, "stage")
        self._store_threads = tasks.pool(STORE_THREADS, "store")
        self._store = store
        self._pin = pin
        self._on_bytes = on_bytes
        self._now = now
        self._staging: dict[Future[Sequence[StagedBlob]], tuple[int, Batch]] = {}
        self._staged: list[tuple[int, Batch, Sequence[StagedBlob]]] = []
        self._storing: dict[Future[None], Sequence[_StagedFile]] = {}
        self._unstored: Counter[int] = Counter()
        """Files of each batch that are not stored yet."""
        self._claimed: set[int] = set()
        """Blobs whose bytes are stored or being stored: one of several equal files is enough."""
        self._unmarked: set[int] = set()
        """Blobs that are durable and not marked so."""

    def run(self, batches: Sequence[Batch]) -> None:
        remaining = enumerate(batches)
        while True:
            while len(self._unstored) < MAX_BATCHES and (following := next(remaining, None)):
                self._start(*following)
            self._claim_if_due()
            if not self._tasks.pending:
                break
            for future in self._tasks.wait():
                self._process(future)
            self._claim_if_due()
            if len(self._unmarked) >= BLOBS_PER_MARK:
                self._mark()
        self._mark()

    def _start(self, number: int, batch: Batch) -> None:
        self._unstored[number] = len(batch.positions)
        if batch.is_hashed:
            self._staged.append((number, batch, batch.stage(self._count)))
            return
        self._staging[self._stage_threads.submit(batch.stage, self._count)] = number, batch

    def _process(self, future: Future[Any]) -> None:
        if future in self._staging:
            self._staged.append((*self._staging.pop(future), future.result()))
            return
        for file in self._storing.pop(future):
            self._unstored[file.batch] -= 1
            if not self._unstored[file.batch]:
                del self._unstored[file.batch]
            if file.blob_id is not None:
                self._unmarked.add(file.blob_id)

    def _claim_if_due(self) -> None:
        if len(self._staged) >= BATCHES_PER_CLAIM or (self._staged and not self._staging):
            self._claim()

    def _claim(self) -> None:
        """Give the staged files their rows, then hand them over to be stored."""
        digests = {
            position: file.digest
            for _, batch, staged in self._staged
            for position, file in zip(batch.positions, staged, strict=True)
            if position not in self.blobs
        }
        if digests:
            self.blobs |= claim_rows(digests, pin=self._pin, now=self._now)
        small: list[_StagedFile] = []
        for number, batch, staged in self._staged:
            for position, file in zip(batch.positions, staged, strict=True):
                blob = self.blobs[position]
                is_missing = blob.state == Blob.State.WRITING and blob.pk not in self._claimed
                self._claimed.add(blob.pk)
                staged_file = _StagedFile(batch=number, staged=file, blob_id=blob.pk if is_missing else None)
                if file.key is None and file.make is None:
                    small.append(staged_file)
                else:
                    self._hand_over([staged_file])
        small.sort(key=lambda file: file.staged.digest.sha256)
        for start in range(0, len(small), FILES_PER_STORE):
            self._hand_over(small[start : start + FILES_PER_STORE])
        self._staged.clear()

    def _hand_over(self, files: Sequence[_StagedFile]) -> None:
        self._storing[self._store_threads.submit(self._store_files, files)] = files

    def _store_files(self, files: Sequence[_StagedFile]) -> None:
        self._count(0)
        missing = [file.staged for file in files if file.blob_id is not None]
        if len(files) > 1:  # they are small
            commit_small_blobs(missing, store=self._store)
            return
        for staged in missing:
            commit_blob(staged, store=self._store, on_bytes=self._count)
        if not missing:
            discard_blob(files[0].staged, store=self._store)
            self._count(files[0].staged.rest)

    def _count(self, count: int) -> None:
        self._tasks.check()
        self._on_bytes(count)

    def _mark(self) -> None:
        if self._unmarked:
            # The job's last commit makes the marks durable; without it another attempt stores the blobs again.
            with deferred_sync():
                ids = sorted(self._unmarked)
                change(MARK_STORED.format(placeholders(ids)), ids)
            self._unmarked.clear()
