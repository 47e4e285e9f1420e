"""A layout as a multipart object.

The store copies large ranges itself, the rest is uploaded from here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

from dubbing_core.concurrency import TaskGroup
from dubbing_core.zips.layout import Layout
from dubbing_core.zips.multipart import CopiedPart, PartPlan, UploadedPart, plan_parts
from sessions_app.exports.read_ahead import read_ahead
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader, NewObject, RangeCopier

COPY_THREADS = 8
UPLOAD_THREADS = 3
MAX_UPLOAD_MEMORY = 24 * 1024 * 1024
"""Bytes of uploaded parts in memory at a time, unless a single part is larger."""


def write_object(
    layout: Layout,
    key: str,
    *,
    copier: RangeCopier,
    reader: BlobReader,
    on_bytes: Callable[[int], None],
) -> None:
    """Write the layout to ``key``, complete and durable on return.

    Nothing remains after an exception.

    :param on_bytes: called by the calling thread with the number of bytes written since the last call, which may be 0; an exception
        from it cancels the writing.
    :raises StoreFullError: no space is left.
    :raises ObjectMissingError: a blob is missing.
    """
    parts = plan_parts(layout, limits=copier.limits)
    # In this order: all threads have ended when the object is completed or aborted.
    with copier.create_object(key) as new, TaskGroup(on_poll=lambda: on_bytes(0)) as group:
        copies = group.pool(COPY_THREADS, "copy")
        uploads = group.pool(_count_upload_threads(parts), "upload")
        writer = _PartWriter(new, reader, check=group.check)
        for number, part in enumerate(parts, start=1):
            pool = copies if isinstance(part, CopiedPart) else uploads
            pool.submit(writer.write, number, part)
        while group.pending:
            for task in group.wait():
                on_bytes(task.result())


def _count_upload_threads(parts: tuple[PartPlan, ...]) -> int:
    largest = max((part.size for part in parts if isinstance(part, UploadedPart)), default=1)
    return max(1, min(UPLOAD_THREADS, MAX_UPLOAD_MEMORY // largest))


class _PartWriter:
    """Writer of parts from several threads."""

    def __init__(self, new: NewObject, reader: BlobReader, *, check: Callable[[], None]) -> None:
        self._new = new
        self._reader = reader
        self._check = check
        self._read_lock = threading.Lock()

    def write(self, number: int, part: PartPlan) -> int:
        """Write one part and return its size."""
        if isinstance(part, CopiedPart):
            source = part.source
            self._new.copy(number, blob_key(source.sha256), source.start, source.end)
        else:
            # One at a time: parts read at once would share the download bandwidth, and the first upload would start later.
            with self._read_lock:
                data = self._read(part)
            self._new.send(number, data)
        return part.size

    def _read(self, part: UploadedPart) -> bytearray:
        data = bytearray(part.size)  # allocated at once: growing would copy it several times
        position = 0
        with closing(read_ahead(part.segments, reader=self._reader)) as chunks:
            for chunk in chunks:
                self._check()
                data[position : position + len(chunk)] = chunk
                position += len(chunk)
        return data
