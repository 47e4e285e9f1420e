"""CRC-32 and Inflate by zlib-ng, or else by the standard library.

The portal installs the compiled library, the client does not need it (docs/decisions/0001-libraries.md).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

crc32: Callable[..., int] = zlib.crc32
decompressobj: Callable[[int], Any] = zlib.decompressobj
INFLATE_ERRORS: tuple[type[Exception], ...] = (zlib.error,)

try:
    from zlib_ng import zlib_ng
except ImportError:
    pass
else:
    crc32 = zlib_ng.crc32
    decompressobj = zlib_ng.decompressobj
    INFLATE_ERRORS = (zlib.error, zlib_ng.error)
