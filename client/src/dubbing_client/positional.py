"""Reads and writes a file at a position, by several threads at once."""

from __future__ import annotations

import os
import threading
from typing import BinaryIO

if hasattr(os, "pwrite"):

    def write_at(file: BinaryIO, block: bytes, position: int) -> None:
        view = memoryview(block)
        while view:
            count = os.pwrite(file.fileno(), view, position)
            view, position = view[count:], position + count

    def read_at(file: BinaryIO, block: memoryview, position: int) -> int:
        return (
            os.preadv(file.fileno(), [block], position)
            if hasattr(os, "preadv")
            else _pread(file, block, position)
        )

    def _pread(file: BinaryIO, block: memoryview, position: int) -> int:
        data = os.pread(file.fileno(), len(block), position)
        block[: len(data)] = data
        return len(data)

else:  # Windows
    _positions = threading.Lock()

    def write_at(file: BinaryIO, block: bytes, position: int) -> None:
        with _positions:
            file.seek(position)
            file.write(block)

    def read_at(file: BinaryIO, block: memoryview, position: int) -> int:
        with _positions:
            file.seek(position)
            return int(file.readinto(block))  # type: ignore[attr-defined]
