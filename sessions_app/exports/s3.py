"""A layout as an object that the store makes of parts: what is large it copies by itself, the rest passes through here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import Empty, SimpleQueue

from dubbing_core.zips.layout import Layout
from dubbing_core.zips.multipart import CopiedPart, PartPlan, UploadedPart, plan_parts
from sessions_app.exports.ahead import read_ahead
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader, NewObject, RangeCopier

COPIES = 8
"""Requests to copy that are under way at once."""
UPLOADS = 3
UPLOADED_SIZE = 24 * 1024 * 1024
"""Bytes of uploaded parts in memory at once, unless a single one is larger."""
LOOK_EVERY = 0.5
"""Seconds after which ``on_bytes`` is told 0, so that cancelling need not wait for a part."""


class _StoppedError(Exception):
    """Another part has failed, or somebody cancelled: this one is of no use."""


def write_object(
    layout: Layout,
    key: str,
    *,
    copier: RangeCopier,
    reader: BlobReader,
    on_bytes: Callable[[int], None],
) -> None:
    """Write the layout to ``key``; whole and durable on return, nothing left after an exception.

    :param on_bytes: told by the calling thread how many bytes more were written, 0 while there is nothing new; what it raises
        ends the writing.
    :raises StoreFullError: no space is left.
    :raises ObjectMissingError: a blob is gone.
    """
    parts = plan_parts(layout, limits=copier.limits)
    finished: SimpleQueue[Future[int]] = SimpleQueue()
    # In this order: no thread adds a part any more when the object is joined or given up.
    with (
        copier.create_object(key) as new,
        ThreadPoolExecutor(COPIES, thread_name_prefix="copy") as copies,
        ThreadPoolExecutor(_uploads_at_once(parts), thread_name_prefix="upload") as uploads,
    ):
        making = _Making(new, reader)
        try:
            for number, part in enumerate(parts, start=1):
                threads = copies if isinstance(part, CopiedPart) else uploads
                threads.submit(making.make, number, part).add_done_callback(finished.put)
            _wait(finished, len(parts), on_bytes)
        except BaseException:
            making.stop.set()
            for threads in (copies, uploads):
                threads.shutdown(wait=False, cancel_futures=True)
            raise


def _wait(finished: SimpleQueue[Future[int]], count: int, on_bytes: Callable[[int], None]) -> None:
    while count:
        try:
            future = finished.get(timeout=LOOK_EVERY)
        except Empty:
            on_bytes(0)
        else:
            count -= 1
            on_bytes(future.result())


def _uploads_at_once(parts: tuple[PartPlan, ...]) -> int:
    largest = max((part.size for part in parts if isinstance(part, UploadedPart)), default=1)
    return max(1, min(UPLOADS, UPLOADED_SIZE // largest))


class _Making:
    """Makes parts, in several threads at once."""

    def __init__(self, new: NewObject, reader: BlobReader) -> None:
        self.stop = threading.Event()
        self._new = new
        self._reader = reader
        self._collecting = threading.Lock()

    def make(self, number: int, part: PartPlan) -> int:
        """Make one part and return its size."""
        if self.stop.is_set():
            raise _StoppedError
        if isinstance(part, CopiedPart):
            source = part.source
            self._new.copy(number, blob_key(source.sha256), source.start, source.end)
        else:
            # One after the other: together they would share the way down, and nothing could go up until all of them are there.
            with self._collecting:
                data = self._collect(part)
            self._new.send(number, data)
        return part.size

    def _collect(self, part: UploadedPart) -> bytearray:
        data = bytearray(part.size)  # at once: growing would copy it, several times over
        position = 0
        with closing(read_ahead(part.segments, reader=self._reader)) as chunks:
            for chunk in chunks:
                if self.stop.is_set():
                    raise _StoppedError
                data[position : position + len(chunk)] = chunk
                position += len(chunk)
        return data
