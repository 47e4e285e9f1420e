"""SHA-256 names a blob, CRC-32 lets a ZIP hold it without a second reading: both in one pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from zlib_ng import zlib_ng


@dataclass(frozen=True, kw_only=True)
class Digest:
    sha256: str
    """64 lower-case hexadecimal digits."""
    crc32: int
    """As in ZIP (APPNOTE 4.4.7)."""
    size: int
    """In bytes."""


class Digester:
    """Takes bytes as they pass and tells their digest at the end.

    :param crc32: what their CRC-32 is going to be, where somebody else sees to that.
    """

    def __init__(self, *, crc32: int | None = None) -> None:
        self._sha256 = hashlib.sha256()
        self._given_crc32 = crc32
        self._crc32 = 0
        self._size = 0

    def update(self, data: bytes | memoryview) -> None:
        self._sha256.update(data)
        if self._given_crc32 is None:
            self._crc32 = zlib_ng.crc32(data, self._crc32)
        self._size += len(data)

    def digest(self) -> Digest:
        crc32 = self._crc32 if self._given_crc32 is None else self._given_crc32
        return Digest(sha256=self._sha256.hexdigest(), crc32=crc32, size=self._size)


def compute_digest(chunks: Iterable[bytes]) -> Digest:
    digester = Digester()
    for chunk in chunks:
        digester.update(chunk)
    return digester.digest()
