"""Locks between processes; the system frees them with whoever held them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dubbing_client.errors import BusyError
from dubbing_client.folder import Folder
from dubbing_client.state import place_of


@contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Keep every other `dubs` out of a folder for as long as the block lasts.

    :raises BusyError: another one is there.
    """
    place = place_of("", folder)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / "lock").open("a+b") as file:
        if not take(file.fileno()):
            raise BusyError(f"Another dubs works in {folder} right now. Wait for it, or stop it.")
        yield


if sys.platform == "win32":
    import msvcrt

    def take(descriptor: int) -> bool:
        """Lock an open file for as long as it stays open; tell whether that is so, or somebody else has it."""
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def take(descriptor: int) -> bool:
        """Lock an open file for as long as it stays open; tell whether that is so, or somebody else has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # some file systems know no locks
            return True
        return True
