"""Sets the stage for a turn: what is read lies in memory, what was written lies on the disk, and the disk has nothing left to do.

A virtual machine may give back memory that nobody used for a while. Who works on files that were used ten seconds ago would race
against who works on those that were used just now; and the first use of a page that was given back costs more than copying to it. A filesystem may tell its disk of deleted files (``discard``)
long after ``sync`` has returned, which only those feel who wait for the disk.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

PIECE = 1024 * 1024
LARGEST = 2 * 1024**3
"""Files that are larger would not be kept in memory anyway."""
WORTH_IT = 64 * 1024**2
"""Bytes: a session that is smaller only tries whether everything runs."""
MEMORY = 1024**3
"""Bytes: more than any contestant writes in a turn."""
DISKS = Path("/proc/diskstats")
STILL = 0.3
"""Seconds without any request to any disk after which they are at rest."""
PATIENCE = 15.0
"""Seconds after which the turn begins all the same: somebody else uses the disk."""


def set_stage(inputs: Iterable[Path]) -> None:
    """Read every file below the folders, and wait until the disk is at rest."""
    size = sum(map(_read, _files_in(inputs)))
    os.sync()
    if size >= WORTH_IT:
        _rest()
        _take_memory()


def _files_in(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
                yield path


def _take_memory() -> None:
    """Have so much memory that is free be there, too."""
    mmap.mmap(-1, MEMORY, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()


def _read(path: Path) -> int:
    buffer = bytearray(PIECE)
    size = 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            size += count
    return size


def _rest() -> None:
    """Return when no disk has done anything for a moment (Documentation/admin-guide/iostats.rst of Linux)."""
    if not DISKS.exists():
        return
    deadline = time.monotonic() + PATIENCE
    before = DISKS.read_bytes()
    while time.monotonic() < deadline:
        time.sleep(STILL)
        now = DISKS.read_bytes()
        if now == before:
            return
        before = now
