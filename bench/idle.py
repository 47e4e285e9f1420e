"""Preparation of a turn: inputs in memory, written data on disk, the disk idle.

A virtual machine may return unused memory to its host after some seconds. An entrant whose inputs were used ten seconds ago would be slower
than one whose inputs were just used, since the first access to a returned page costs more than a copy. A file system may send ``discard`` for deleted files
long after ``sync`` has returned, which slows down entrants that wait for the disk.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK_SIZE = 1024 * 1024
LARGEST = 2 * 1024**3
"""Larger files would not stay in memory."""
MINIMUM_SIZE = 64 * 1024**2
"""Bytes; with smaller sessions only the code is tested."""
MEMORY = 1024**3
"""Bytes; more than any entrant writes in a turn."""
DISKS = Path("/proc/diskstats")
IDLE_TIME = 0.3
"""Seconds without any disk request after which the disks are idle."""
TIMEOUT = 15.0
"""Seconds after which the turn starts even if another program uses the disk."""


def load_and_wait_for_idle(inputs: Iterable[Path]) -> None:
    """Read every file below the folders, then wait until the disk is idle."""
    size = sum(map(_read, _files_in(inputs)))
    os.sync()
    if size >= MINIMUM_SIZE:
        _wait_for_idle()
        _allocate_memory()


def _files_in(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
                yield path


def _allocate_memory() -> None:
    """Make the host provide free memory."""
    mmap.mmap(-1, MEMORY, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()


def _read(path: Path) -> int:
    buffer = bytearray(CHUNK_SIZE)
    size = 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            size += count
    return size


def _wait_for_idle() -> None:
    """Return when no disk had requests for ``IDLE_TIME``.

    Source: Documentation/admin-guide/iostats.rst of Linux.
    """
    if not DISKS.exists():
        return
    deadline = time.monotonic() + TIMEOUT
    before = DISKS.read_bytes()
    while time.monotonic() < deadline:
        time.sleep(IDLE_TIME)
        now = DISKS.read_bytes()
        if now == before:
            return
        before = now
