"""New blobs in two steps: hash the bytes, then make them visible.

The caller inserts the blob's row in between. Bytes at a blob's key therefore always have a row, and garbage collection, which
works from rows, finds all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dubbing_core.digests import Digest, Digester
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobDeleter, BlobWriter

SMALL_SIZE = 1024 * 1024
"""Bytes up to which an object is held in memory until its row exists, and then stored at its final key at once."""


Make = Callable[[str, Callable[[int], None]], None]
"""Creates the object of a key; reports progress in bytes to a callback, whose exceptions cancel it."""


@dataclass(frozen=True, kw_only=True)
class StagedBlob:
    """Hashed bytes that are not a blob yet.

    They are stored at ``key``, created later by ``make`` or, if small, held in ``data``.
    """

    digest: Digest
    key: str | None = None
    is_durable: bool = False
    """Whether the bytes at ``key`` are."""
    data: bytes = b""
    make: Make | None = None
    rest: int = 0
    """Bytes whose progress is due at the commit; ``make`` reports them itself."""


def stage_blob(
    chunks: Iterable[bytes],
    *,
    store: BlobWriter,
    staging_key: str,
    size: int | None = None,
    on_bytes: Callable[[int], None] | None = None,
    crc32: int | None = None,
) -> StagedBlob:
    """Hash the bytes and store them; after an exception nothing remains.

    :param size: of all bytes, if known: a very large object needs larger parts.
    :param crc32: the expected CRC-32, if reading ends with an exception for another one.
    :param on_bytes: called with the number of bytes of each chunk; its exceptions cancel the reading.
    :raises StoreFullError: no space is left.
    """
    digester = Digester(crc32=crc32)
    hashed = _hash_chunks(chunks, digester, on_bytes)
    head: list[bytes] = []
    head_size = 0
    for chunk in hashed:
        head.append(chunk)
        head_size += len(chunk)
        if head_size > SMALL_SIZE:
            break
    else:
        return StagedBlob(digest=digester.digest(), data=b"".join(head))
    with store.writer(staging_key, size=size, durable=False) as writer:
        for chunk in head:
            writer.write(chunk)
        head.clear()
        for chunk in hashed:
            writer.write(chunk)
    return StagedBlob(digest=digester.digest(), key=staging_key)


def commit_blob(
    staged: StagedBlob, *, store: BlobWriter, on_bytes: Callable[[int], None] = lambda _: None
) -> None:
    """Make the bytes visible as a blob, durably. Idempotent.

    The blob's row must exist.

    :param on_bytes: called with the number of bytes that ``make`` has created; its exceptions cancel it.
    :raises StoreFullError: no space is left.
    """
    key = blob_key(staged.digest.sha256)
    if staged.key is not None:
        store.promote(staged.key, key, is_durable=staged.is_durable)
    elif staged.make is not None:
        staged.make(key, on_bytes)
    else:
        with store.writer(key, size=staged.digest.size) as writer:
            writer.write(staged.data)


def commit_small_blobs(staged: Sequence[StagedBlob], *, store: BlobWriter) -> None:
    """Commit blobs held in memory; fastest for digests of one folder."""
    store.put_all([(blob_key(one.digest.sha256), one.data) for one in staged])


def discard_blob(staged: StagedBlob, *, store: BlobDeleter) -> None:
    """Delete staged bytes that will not be committed."""
    if staged.key is not None:
        store.delete(staged.key)


def _hash_chunks(
    chunks: Iterable[bytes], digester: Digester, on_bytes: Callable[[int], None] | None
) -> Iterator[bytes]:
    for chunk in chunks:
        digester.update(chunk)
        if on_bytes is not None:
            on_bytes(len(chunk))
        yield chunk
