"""SHA-256 that another process can continue.

`hashlib` cannot export the state of a hash, so OpenSSL's own functions are called, which `hashlib` uses, too. Their state is a
public structure of openssl/sha.h that contains no pointers. The calls release the interpreter lock.
"""

from __future__ import annotations

import ctypes
import hashlib
import ssl
from dataclasses import dataclass
from typing import Any

STATE_SIZE = 112
"""Bytes of SHA256_CTX: eight words of state, length (8 bytes), a block of 64 bytes, its fill level, digest length."""
LIBRARY = ssl.OPENSSL_VERSION
"""A state is only continued by the library that began it."""

_DIGEST_SIZE = 32


@dataclass(frozen=True, kw_only=True)
class _Functions:
    init: Any
    update: Any
    final: Any


def _find_functions() -> _Functions | None:
    try:
        import _hashlib  # noqa: PLC0415 (Python may be built without OpenSSL)

        library = ctypes.CDLL(
            _hashlib.__file__
        )  # its symbols include those of the OpenSSL that it is linked to
        found = _Functions(init=library.SHA256_Init, update=library.SHA256_Update, final=library.SHA256_Final)
    except (ImportError, AttributeError, OSError):
        return None  # without them, the save hashes
    found.init.argtypes = (ctypes.c_void_p,)
    found.update.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    found.final.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    return found


class ResumableSha256:
    """Incremental SHA-256 whose state is bytes."""

    def __init__(self, state: bytes | None = None) -> None:
        """Continue from a state of `export`, or start.

        :raises RuntimeError: this Python has no access to OpenSSL.
        """
        if _functions is None:
            raise RuntimeError("OpenSSL's functions are not available.")
        self._functions = _functions
        self._context = ctypes.create_string_buffer(STATE_SIZE)
        if state is None:
            self._functions.init(self._context)
        else:
            ctypes.memmove(self._context, state, STATE_SIZE)

    def update(self, data: bytes) -> None:
        self._functions.update(self._context, data, len(data))

    def export(self) -> bytes:
        """Return the state, from which any process of this machine continues."""
        return self._context.raw

    def hexdigest(self) -> str:
        context = ctypes.create_string_buffer(self._context.raw, STATE_SIZE)  # `final` erases it
        digest = ctypes.create_string_buffer(_DIGEST_SIZE)
        self._functions.final(digest, context)
        return digest.raw.hex()


def _try_functions() -> bool:
    """Return whether a hash that is continued from its state equals that of `hashlib`."""
    if _functions is None:
        return False
    first = ResumableSha256()
    first.update(bytes(100))
    second = ResumableSha256(first.export())
    second.update(bytes(100))
    return second.hexdigest() == hashlib.sha256(bytes(200)).hexdigest()


_functions = _find_functions()
IS_AVAILABLE = _try_functions()
"""Whether this Python can continue a hash; otherwise it is computed when the upload is saved."""
