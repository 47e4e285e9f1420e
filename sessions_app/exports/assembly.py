"""Assembly of a layout as an object, in the best way that the store supports."""

from __future__ import annotations

from collections.abc import Callable
from posixpath import dirname

from dubbing_core.zips.layout import BlobRange, Layout
from dubbing_core.zips.multipart import LARGE_MEMBER_SIZE
from sessions_app.exports.local_file import write_file
from sessions_app.exports.multipart_object import write_object
from sessions_app.exports.stream import stream_segments
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobStore, RangeCopier


def assemble_object(layout: Layout, key: str, *, store: BlobStore, on_bytes: Callable[[int], None]) -> None:
    """Write the layout to ``key``, complete and durable on return.

    Nothing remains after an exception.

    :param on_bytes: called by the calling thread with the number of bytes written since the last call, which may be 0; an exception
        from it cancels the writing.
    :raises StoreFullError: no space is left.
    :raises ObjectMissingError: a blob is missing.
    """
    files = store.capabilities.local_files
    if files is not None:
        write_file(layout, files.local_path(key), files=files, on_bytes=on_bytes)
    elif (copier := _find_copier(layout, store)) is not None:
        write_object(layout, key, copier=copier, reader=store, on_bytes=on_bytes)
    else:
        with store.writer(key, size=layout.size) as writer:
            for chunk in stream_segments(layout.segments, reader=store):
                on_bytes(writer.write(chunk))


def delete_object(key: str, *, store: BlobStore) -> None:
    """Delete the object and any unfinished multipart upload with this key."""
    store.delete(key)
    for upload in store.open_uploads(f"{dirname(key)}/"):
        if upload.key == key:
            store.abort(key, upload.upload_id)


def _find_copier(layout: Layout, store: BlobStore) -> RangeCopier | None:
    """Return the store's range copier, if a segment is large enough for it."""
    for segment in layout.segments:
        if isinstance(segment, BlobRange) and segment.size >= LARGE_MEMBER_SIZE:
            return store.capabilities.server_side_copy(blob_key(segment.sha256))
    return None
