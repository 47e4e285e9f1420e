"""A layout as an object in the store, by the way the store declares itself able to."""

from __future__ import annotations

from collections.abc import Callable

from sessions_app.blobs.store import BlobStore
from sessions_app.exports.files import write_file
from sessions_app.exports.stream import stream
from sessions_app.zips.layout import Layout


def assemble(layout: Layout, key: str, *, store: BlobStore, on_bytes: Callable[[int], None]) -> None:
    """Write the layout to ``key``; whole and durable on return, nothing left after an exception.

    :param on_bytes: told how many bytes more were written; what it raises ends the writing.
    :raises StoreFullError: no space is left.
    :raises ObjectMissingError: a blob is gone.
    """
    files = store.capabilities.local_files
    if files is not None:
        write_file(layout, files.local_path(key), files=files, on_bytes=on_bytes)
        return
    with store.writer(key, size=layout.size) as writer:
        for chunk in stream(layout.segments, reader=store):
            on_bytes(writer.write(chunk))
