"""A layout as an object in the store, by the way the store declares itself able to."""

from __future__ import annotations

from collections.abc import Callable
from posixpath import dirname

from dubbing_core.zips.layout import BlobRange, Layout
from dubbing_core.zips.multipart import LARGE_MEMBER_SIZE
from sessions_app.exports.files import write_file
from sessions_app.exports.s3 import write_object
from sessions_app.exports.stream import stream
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobStore, RangeCopier


def assemble(layout: Layout, key: str, *, store: BlobStore, on_bytes: Callable[[int], None]) -> None:
    """Write the layout to ``key``; whole and durable on return, nothing left after an exception.

    :param on_bytes: told by the calling thread how many bytes more were written, 0 while there is nothing new; what it raises
        ends the writing.
    :raises StoreFullError: no space is left.
    :raises ObjectMissingError: a blob is gone.
    """
    files = store.capabilities.local_files
    if files is not None:
        write_file(layout, files.local_path(key), files=files, on_bytes=on_bytes)
    elif (copier := _copier(layout, store)) is not None:
        write_object(layout, key, copier=copier, reader=store, on_bytes=on_bytes)
    else:
        with store.writer(key, size=layout.size) as writer:
            for chunk in stream(layout.segments, reader=store):
                on_bytes(writer.write(chunk))


def discard(key: str, *, store: BlobStore) -> None:
    """Remove the object, and what a process that was killed while it wrote it has left."""
    store.delete(key)
    for upload in store.open_uploads(f"{dirname(key)}/"):
        if upload.key == key:
            store.abort(key, upload.upload_id)


def _copier(layout: Layout, store: BlobStore) -> RangeCopier | None:
    """Return what copies ranges, if there is anything large enough to be copied."""
    for segment in layout.segments:
        if isinstance(segment, BlobRange) and segment.size >= LARGE_MEMBER_SIZE:
            return store.capabilities.server_side_copy(blob_key(segment.sha256))
    return None
