"""Locks between processes. The operating system releases them when a process ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dubbing_client.errors import BusyError
from dubbing_client.folder import Folder
from dubbing_client.state import directory_of


@contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Lock a folder against every other `dubs` until the block ends.

    :raises BusyError: another one has the lock.
    """
    directory = directory_of("", folder)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "lock").open("a+b") as file:
        if not lock_file(file.fileno()):
            raise BusyError(f"Another dubs is working in {folder}. Wait for it, or stop it.")
        yield


if sys.platform == "win32":
    import msvcrt

    def lock_file(descriptor: int, *, wait: bool = False) -> bool:
        """Lock an open file until it is closed.

        :returns: False if another process has the lock.
        """
        os.lseek(descriptor, 0, os.SEEK_SET)
        while not _try_lock(descriptor):
            if not wait:
                return False
            time.sleep(0.05)
        return True

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def lock_file(descriptor: int, *, wait: bool = False) -> bool:
        """Lock an open file until it is closed.

        :returns: False if another process has the lock.

        A file system without locks counts as locked.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
