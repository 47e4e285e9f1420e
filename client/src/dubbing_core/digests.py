"""SHA-256, which names a blob, and CRC-32, which a ZIP needs, in one pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from dubbing_core import codec


@dataclass(frozen=True, kw_only=True)
class Digest:
    """Digests and size of some content."""

    sha256: str
    """64 lowercase hexadecimal digits."""
    crc32: int
    """As in ZIP (APPNOTE.TXT 4.4.7)."""
    size: int
    """In bytes."""


class Digester:
    """Incremental digest: `update` with each chunk, then `digest`.

    :param crc32: the CRC-32 where the caller has it verified by other means; it is not computed then.
    """

    def __init__(self, *, crc32: int | None = None) -> None:
        self._sha256 = hashlib.sha256()
        self._known_crc32 = crc32
        self._crc32 = 0
        self._size = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        self._sha256.update(data)
        if self._known_crc32 is None:
            self._crc32 = codec.crc32(data, self._crc32)
        self._size += len(data)

    def digest(self) -> Digest:
        crc32 = self._crc32 if self._known_crc32 is None else self._known_crc32
        return Digest(sha256=self._sha256.hexdigest(), crc32=crc32, size=self._size)


def compute_digest(chunks: Iterable[bytes | bytearray]) -> Digest:
    """Return the digest of all chunks together."""
    digester = Digester()
    for chunk in chunks:
        digester.update(chunk)
    return digester.digest()
