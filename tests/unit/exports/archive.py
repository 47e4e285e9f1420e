"""A layout to export, and its expected bytes."""

from __future__ import annotations

from dubbing_core.zips.layout import BlobRange, Layout, Literal, SegmentLayout
from sessions_app.storage.keys import blob_key
from sessions_app.storage.staging import commit_blob, stage_blob
from sessions_app.storage.store import BlobReader, BlobWriter

MIB = 1024 * 1024


def blob(store: BlobWriter, data: bytes) -> str:
    """Store a blob and return its SHA-256."""
    staged = stage_blob([data], store=store, staging_key="staging/test/x")
    commit_blob(staged, store=store)
    return staged.digest.sha256


def an_archive(store: BlobWriter) -> SegmentLayout:
    """Return a layout of large, small and partial blobs between literals."""
    large = blob(store, bytes(range(256)) * (10 * MIB // 256) + b"odd end")
    small = blob(store, b"a few bytes")
    return SegmentLayout(
        (
            Literal(b"header"),
            BlobRange(large, 0, 10 * MIB + 7),
            Literal(bytes(70_000)),
            BlobRange(small, 0, 11),
            Literal(b"-"),
            BlobRange(small, 2, 5),
            BlobRange(large, 4097, 2 * MIB + 13),
            Literal(b"the end"),
        )
    )


def content(layout: Layout, reader: BlobReader) -> bytes:
    """Return the bytes of a layout, assembled in the simplest way."""
    pieces = []
    for segment in layout.segments:
        if isinstance(segment, Literal):
            pieces.append(segment.data)
        else:
            key = blob_key(segment.sha256)
            pieces.append(b"".join(reader.read(key, 0, reader.size(key)))[segment.start : segment.end])
    return b"".join(pieces)
