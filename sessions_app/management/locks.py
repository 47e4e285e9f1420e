"""Locks between processes on one machine, which the kernel gives back whatever becomes of their holder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(file: Path) -> Iterator[None]:
    """Wait for the lock and hold it during the block."""
    descriptor = _open(file)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class LockTakenError(Exception):
    def __init__(self, holder: str) -> None:
        super().__init__(f"Process {holder or '?'} holds the lock.")
        self.holder = holder
        """The other process's id, as it wrote it down; may be empty."""


@contextmanager
def exclusive_now(file: Path) -> Iterator[None]:
    """Hold the lock during the block, with this process's id in the file.

    :raises LockTakenError: somebody else holds it.
    """
    descriptor = _open(file)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockTakenError(os.pread(descriptor, 20, 0).decode(errors="replace").strip()) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _open(file: Path) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
