"""New bytes become blobs: hashed in the pass that stores them, and visible only once somebody has written down their digest.

``stage`` hashes, the caller inserts the blob's row, ``settle`` makes the bytes visible: so bytes at a blob's key always have
a row, and garbage collection, which works from rows, finds all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dubbing_core.digests import Digest, Digester
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobDeleter, BlobWriter

SMALL_SIZE = 1024 * 1024
"""Bytes of an object that waits for its row in memory and goes to its final key at once."""


Make = Callable[[str, Callable[[int], None]], None]
"""Makes the object of this key; tells how many bytes more are done, which ends the making if that raises."""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """Bytes that are hashed and not yet a blob: stored at ``key``, lying where ``make`` finds them or, if they are few, held in ``data``."""

    digest: Digest
    key: str | None = None
    data: bytes = b""
    make: Make | None = None
    rest: int = 0
    """Bytes that count as done when it is settled; ``make`` tells them itself."""


def stage(
    chunks: Iterable[bytes],
    *,
    store: BlobWriter,
    staging_key: str,
    size: int | None = None,
    on_bytes: Callable[[int], None] | None = None,
    crc32: int | None = None,
) -> Staged:
    """Hash the bytes and keep them where ``settle`` finds them; after an exception nothing is kept.

    :param size: of all bytes, where it is known: a very large object may need it (see ``BlobWriter.writer``).
    :param crc32: the bytes' CRC-32, where the chunks end with an exception if it is another.
    :param on_bytes: told how many bytes more were read; what it raises ends the reading.
    :raises StoreFullError: no space is left.
    """
    digester = Digester(crc32=crc32)
    hashed = _hashed(chunks, digester, on_bytes)
    head: list[bytes] = []
    held = 0
    for chunk in hashed:
        head.append(chunk)
        held += len(chunk)
        if held > SMALL_SIZE:
            break
    else:
        return Staged(digest=digester.digest(), data=b"".join(head))
    with store.writer(staging_key, size=size, settled=False) as writer:
        for chunk in head:
            writer.write(chunk)
        head.clear()
        for chunk in hashed:
            writer.write(chunk)
    return Staged(digest=digester.digest(), key=staging_key)


def settle(staged: Staged, *, store: BlobWriter, on_bytes: Callable[[int], None] = lambda _: None) -> None:
    """Make the bytes visible as a blob, durably; the blob's row must be there. May be repeated.

    :param on_bytes: told how many bytes more were made of those that lie elsewhere; what it raises ends the making.
    :raises StoreFullError: no space is left.
    """
    key = blob_key(staged.digest.sha256)
    if staged.key is not None:
        store.promote(staged.key, key)
    elif staged.make is not None:
        staged.make(key, on_bytes)
    else:
        with store.writer(key, size=staged.digest.size) as writer:
            writer.write(staged.data)


def settle_small(staged: Sequence[Staged], *, store: BlobWriter) -> None:
    """Make files visible that are held in memory; as ``settle``, for many at once. Those whose digests begin alike lie together."""
    store.put_all([(blob_key(one.digest.sha256), one.data) for one in staged])


def discard(staged: Staged, *, store: BlobDeleter) -> None:
    """Forget bytes that shall not become a blob, or not again because it exists."""
    if staged.key is not None:
        store.delete(staged.key)


def _hashed(
    chunks: Iterable[bytes], digester: Digester, on_bytes: Callable[[int], None] | None
) -> Iterator[bytes]:
    for chunk in chunks:
        digester.update(chunk)
        if on_bytes is not None:
            on_bytes(len(chunk))
        yield chunk
