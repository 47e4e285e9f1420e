"""CRC-32, Deflate and Inflate by zlib-ng, or else by the standard library.

The portal installs the compiled library, the client does not need it (docs/decisions/0001-libraries.md).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

crc32: Callable[..., int] = zlib.crc32
compressobj: Callable[..., Any] = zlib.compressobj
decompressobj: Callable[[int], Any] = zlib.decompressobj
INFLATE_ERRORS: tuple[type[Exception], ...] = (zlib.error,)

try:
    from zlib_ng import zlib_ng
except ImportError:
    pass
else:
    crc32 = zlib_ng.crc32
    compressobj = zlib_ng.compressobj
    decompressobj = zlib_ng.decompressobj
    INFLATE_ERRORS = (zlib.error, zlib_ng.error)

DEFLATE_LEVEL = 6
RAW = -15
"""Window bits of Deflate without a zlib header."""


def deflate(data: bytes | bytearray) -> bytes:
    """Return the raw Deflate stream of the data."""
    compressor = compressobj(DEFLATE_LEVEL, zlib.DEFLATED, RAW)
    return bytes(compressor.compress(data) + compressor.flush())
