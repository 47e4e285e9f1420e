"""Space on disks."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

UNLIMITED = 2**63 - 1


class Disk(Protocol):
    """The disk of a store on this machine; see ``store.Capabilities.disk``."""

    def get_free_space(self) -> int:
        """Return the bytes that can be written.

        :raises StoreUnavailableError: the disk did not respond.
        """
        ...

    def shares_blocks(self) -> bool:
        """Return whether copies of objects share their blocks and need almost no space."""
        ...


def get_free_space(folder: Path) -> int:
    """Return the bytes that can be written below the folder, whether or not it exists.

    0 if the filesystem has no room for another file's name, ``UNLIMITED`` if it does not report its size.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    status = os.statvfs(folder)
    if not status.f_blocks:
        return UNLIMITED
    if status.f_files and not status.f_favail:
        return 0
    return status.f_bavail * status.f_frsize


def are_on_one_disk(first: Path, second: Path) -> bool:
    """Return whether both folders exist on the same filesystem."""
    with suppress(OSError):
        return first.stat().st_dev == second.stat().st_dev
    return False
