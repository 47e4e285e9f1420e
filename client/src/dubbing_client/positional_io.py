"""Reads and writes at a position of a file, from several threads."""

from __future__ import annotations

import os
import threading
from io import FileIO
from pathlib import Path

if hasattr(os, "pwrite"):

    def write_at(file: FileIO, block: bytes, position: int) -> None:
        view = memoryview(block)
        while view:
            count = os.pwrite(file.fileno(), view, position)
            view, position = view[count:], position + count

    def read_at(file: FileIO, size: int, position: int) -> bytes:
        """Return up to ``size`` bytes; none at the end of the file."""
        return os.pread(file.fileno(), size, position)

else:  # Windows
    _seeking = threading.Lock()

    def write_at(file: FileIO, block: bytes, position: int) -> None:
        with _seeking:
            file.seek(position)
            view = memoryview(block)
            while view:
                view = view[file.write(view) :]

    def read_at(file: FileIO, size: int, position: int) -> bytes:
        """Return up to ``size`` bytes; none at the end of the file."""
        with _seeking:
            file.seek(position)
            return file.read(size)


def open_for_reading(path: Path) -> FileIO:
    return FileIO(path)
