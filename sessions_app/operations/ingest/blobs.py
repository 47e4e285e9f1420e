"""Brings bytes into the blob store: hashed by us, stored once, known to the database before they are visible."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue

from django.db import connection, transaction

from dubbing_core.digests import Digest
from sessions_app.models import Blob, Pin
from sessions_app.models.bulk import insert_rows
from sessions_app.operations.errors import BusyError
from sessions_app.storage.ingest import Staged, discard, settle, settle_small
from sessions_app.storage.store import BlobStore

STAGING = 3
"""Threads. Hashing and inflating release the interpreter lock; two processors are busy while one thread waits for the disk."""
SETTLING = 8
"""Threads, which wait for the disk's journal or for a server, and share the waiting."""
AHEAD = 6
"""Packs under way at once: what they hold in memory is all that is held."""
PACK_SIZE = 4 * 1024 * 1024
"""Bytes of a pack of more than one file."""
PACK_COUNT = 128
"""Files in a pack."""
TOGETHER = 3
"""Packs that are worth a visit to the database while others are still being hashed."""
SETTLED_TOGETHER = 16
"""Small files that one thread makes visible in one go: to hand over each by itself takes longer than to write it."""
MARKED = 100
"""Blobs that are worth a statement of their own."""
LOOK_EVERY = 0.5
"""Seconds after which ``on_bytes`` is told 0, so that cancelling need not wait for a file."""

OnBytes = Callable[[int], None]

Keep = Callable[[Mapping[int, Blob]], None]
"""Writes down, in the current transaction, who needs these blobs: by their places in what ``take_in`` returns."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Files that one thread stages in one go."""

    places: Sequence[int]
    """Where the files' blobs stand in what ``take_in`` returns."""
    size: int
    """In bytes."""
    stage: Callable[[OnBytes], Sequence[Staged]]
    """Hashes the files, in any thread, without the database; in the order of ``places``."""


def runs(sizes: Sequence[int]) -> Iterator[range]:
    """Yield the places of neighbours that together are small enough for a pack; what is larger goes alone."""
    first = size = 0
    for place, each in enumerate(sizes):
        size += each
        if first < place and (size > PACK_SIZE or place - first == PACK_COUNT):
            yield range(first, place)
            first, size = place, each
    if first < len(sizes):
        yield range(first, len(sizes))


def take_in(
    packs: Iterable[Pack], *, store: BlobStore, keep: Keep, on_bytes: OnBytes, now: datetime
) -> list[Blob]:
    """Store files and return their blobs, each at its place.

    Packs are taken in the order given: put the largest first, so that the last thread to finish has little left to do. Some are
    hashed while earlier ones get their rows (with ``keep``, so that garbage collection leaves them alone), then their bytes,
    then the mark that they are durable. What a failure leaves of the blobs belongs to whoever ``keep`` names.

    :param on_bytes: told by any thread how many bytes more are done, 0 while there is nothing new; what it raises ends the work.
    :raises BusyError: garbage collection is deleting one of these very blobs and did not finish.
    """
    intake = _Intake(store, keep, on_bytes, now)
    with (
        ThreadPoolExecutor(SETTLING, thread_name_prefix="settle") as settling,
        ThreadPoolExecutor(STAGING, thread_name_prefix="stage") as staging,
    ):
        try:
            intake.run(packs, staging, settling)
        except BaseException:
            intake.stop.set()
            for threads in (staging, settling):
                threads.shutdown(wait=False, cancel_futures=True)
            raise
    return [intake.blobs[place] for place in sorted(intake.blobs)]


@dataclass(frozen=True, kw_only=True)
class _Settling:
    """A file on its way to being a blob."""

    number: int
    """Its pack's."""
    staged: Staged
    blob_id: int | None
    """None where its bytes are stored already, or on their way with another file."""


class _StoppedError(Exception):
    """Another file has failed, or somebody cancelled: this one is of no use."""


class _Intake:
    """What is under way. One thread decides and talks to the database; the others hash and store."""

    def __init__(self, store: BlobStore, keep: Keep, on_bytes: OnBytes, now: datetime) -> None:
        self.stop = threading.Event()
        self.blobs: dict[int, Blob] = {}
        self._store = store
        self._keep = keep
        self._on_bytes = on_bytes
        self._now = now
        self._finished: SimpleQueue[Future[Sequence[Staged]] | Future[None]] = SimpleQueue()
        self._staging: dict[object, tuple[int, Pack]] = {}
        self._staged: list[tuple[int, Pack, Sequence[Staged]]] = []
        self._settling: dict[object, Sequence[_Settling]] = {}
        self._open: Counter[int] = Counter()
        """Files of each pack that are not settled yet."""
        self._taken: set[int] = set()
        """Blobs whose bytes are stored or on their way: one of several equal files is enough."""
        self._settled: set[int] = set()
        """Blobs that are durable and not marked so."""

    def run(self, packs: Iterable[Pack], staging: ThreadPoolExecutor, settling: ThreadPoolExecutor) -> None:
        remaining = enumerate(packs)
        while True:
            while len(self._open) < AHEAD and (following := next(remaining, None)):
                self._start(*following, staging)
            if not self._staging and not self._settling:
                break
            self._wait()
            if len(self._staged) >= TOGETHER or (self._staged and not self._staging):
                self._claim(settling)
            if len(self._settled) >= MARKED:
                self._mark()
        self._mark()

    def _start(self, number: int, pack: Pack, staging: ThreadPoolExecutor) -> None:
        self._open[number] = len(pack.places)
        future = staging.submit(pack.stage, self._count)
        self._staging[future] = number, pack
        future.add_done_callback(self._finished.put)

    def _wait(self) -> None:
        """Take note of all that has finished meanwhile, of one at the least."""
        try:
            future = self._finished.get(timeout=LOOK_EVERY)
            while True:
                self._note(future)
                future = self._finished.get_nowait()
        except Empty:
            self._on_bytes(0)

    def _note(self, future: Future[Sequence[Staged]] | Future[None]) -> None:
        result = future.result()
        if result is not None:
            self._staged.append((*self._staging.pop(future), result))
            return
        for settled in self._settling.pop(future):
            self._open[settled.number] -= 1
            if not self._open[settled.number]:
                del self._open[settled.number]
            if settled.blob_id is not None:
                self._settled.add(settled.blob_id)

    def _claim(self, settling: ThreadPoolExecutor) -> None:
        digests = {
            place: one.digest
            for _, pack, staged in self._staged
            for place, one in zip(pack.places, staged, strict=True)
        }
        blobs = _claim(digests, keep=self._keep, now=self._now)
        self.blobs |= blobs
        small: list[_Settling] = []
        for number, pack, staged in self._staged:
            for place, one in zip(pack.places, staged, strict=True):
                blob = blobs[place]
                missing = blob.state == Blob.State.WRITING and blob.pk not in self._taken
                self._taken.add(blob.pk)
                task = _Settling(number=number, staged=one, blob_id=blob.pk if missing else None)
                if one.key is None and one.make is None:
                    small.append(task)
                else:
                    self._hand_over([task], settling)
        small.sort(key=lambda task: task.staged.digest.sha256)
        for start in range(0, len(small), SETTLED_TOGETHER):
            self._hand_over(small[start : start + SETTLED_TOGETHER], settling)
        self._staged.clear()

    def _hand_over(self, tasks: Sequence[_Settling], settling: ThreadPoolExecutor) -> None:
        future = settling.submit(self._settle, tasks)
        self._settling[future] = tasks
        future.add_done_callback(self._finished.put)

    def _settle(self, tasks: Sequence[_Settling]) -> None:
        self._count(0)
        missing = [task.staged for task in tasks if task.blob_id is not None]
        if len(tasks) > 1:  # they are small
            settle_small(missing, store=self._store)
            return
        for staged in missing:
            settle(staged, store=self._store, on_bytes=self._count)
        if not missing:
            discard(tasks[0].staged, store=self._store)
            self._count(tasks[0].staged.rest)

    def _count(self, count: int) -> None:
        if self.stop.is_set():
            raise _StoppedError
        self._on_bytes(count)

    def _mark(self) -> None:
        if self._settled:
            Blob.objects.filter(pk__in=self._settled, state=Blob.State.WRITING).update(
                state=Blob.State.STORED
            )
            self._settled.clear()


def _claim(digests: Mapping[int, Digest], *, keep: Keep, now: datetime) -> dict[int, Blob]:
    for pause in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, None):
        with transaction.atomic():
            rows = _rows(digests.values(), now=now)
            if all(blob.state != Blob.State.DELETING for blob in rows.values()):
                blobs = {place: rows[digest.sha256] for place, digest in digests.items()}
                keep(blobs)
                return blobs
        if pause is not None:
            time.sleep(pause)
    raise BusyError("The storage is being cleaned up right now. Try again in a minute.")


def _rows(digests: Iterable[Digest], *, now: datetime) -> dict[str, Blob]:
    """Return a locked row for each digest, made where there was none, and no longer condemned."""
    wanted = {digest.sha256: digest for digest in digests}
    made_at = connection.ops.adapt_datetimefield_value(now)
    insert_rows(
        Blob,
        ("sha256", "size", "crc32", "state", "created_at"),
        [
            (sha256, digest.size, digest.crc32, Blob.State.WRITING.value, made_at)
            for sha256, digest in sorted(wanted.items())
        ],
        ignore_conflicts=True,
    )
    # In one order everywhere, so that two takers of the same files do not wait for each other.
    locked = Blob.objects.select_for_update().filter(sha256__in=wanted).order_by("sha256")
    rows = {blob.sha256: blob for blob in locked}
    Blob.objects.filter(pk__in=[blob.pk for blob in rows.values()], unreferenced_since__isnull=False).exclude(
        state=Blob.State.DELETING
    ).update(unreferenced_since=None)
    return rows


def pinned(job_id: int) -> Keep:
    """Keep blobs on behalf of a job until it ends."""

    def keep(blobs: Mapping[int, Blob]) -> None:
        distinct = sorted({blob.pk for blob in blobs.values()})
        insert_rows(Pin, ("job_id", "blob_id"), [(job_id, pk) for pk in distinct], ignore_conflicts=True)

    return keep
