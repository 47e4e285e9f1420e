"""CRC-32 and Inflate by zlib-ng and ISA-L, or else by the standard library.

The portal installs the compiled libraries, the client does not need them (docs/decisions/0001-libraries.md).
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

try:
    from isal import isal_zlib
except ImportError:
    pass
else:
    isal: Any = isal_zlib  # its stub declares the error class as an instance
    decompressobj = isal.decompressobj
    INFLATE_ERRORS = (zlib.error, isal.error)
