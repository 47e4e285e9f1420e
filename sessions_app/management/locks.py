"""Locks between processes on one machine, released when the holder ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

LOCK_MODE = 0o600


class LockTakenError(Exception):
    def __init__(self, holder: str) -> None:
        super().__init__(f"Process {holder or '?'} holds the lock.")
        self.holder = holder
        """Process id; empty if it is unknown."""


@contextmanager
def wait_for_lock(file: Path) -> Iterator[None]:
    """Hold the lock during the block; wait for it if another process holds it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file, mode=LOCK_MODE):
        yield


@contextmanager
def take_lock(file: Path) -> Iterator[None]:
    """Hold the lock during the block, and record this process's id beside it.

    :raises LockTakenError: another process holds it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    process_id = file.with_suffix(".pid")
    lock = FileLock(file, mode=LOCK_MODE, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        holder = ""
        with suppress(OSError):
            holder = process_id.read_text(encoding="ascii").strip()
        raise LockTakenError(holder) from error
    try:
        with suppress(OSError):  # a full disk: the id is only for messages
            process_id.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    finally:
        lock.release()
