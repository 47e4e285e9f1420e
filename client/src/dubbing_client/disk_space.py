"""Free space of disks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dubbing_client.errors import DiskFullError, FolderError

RESERVE = 16 * 1024 * 1024
"""Bytes that stay free."""


def check_free_space(folder: Path, size: int, *, files: int = 0) -> None:
    """Raise if files do not fit on the disk of a folder, which need not exist.

    :param size: bytes of all files.
    :param files: their number, which file systems limit, too.
    :raises DiskFullError, FolderError: they do not fit.
    """
    existing = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    usage = shutil.disk_usage(existing)
    # Some network file systems report nothing.
    if usage.total and size + RESERVE > usage.free:
        raise DiskFullError(needed=size, free=usage.free)
    free_files = _count_free_files(existing)
    if free_files is not None and files > free_files:
        raise FolderError(
            f"The disk has room for {free_files:,} more files, and {files:,} are needed. Load into a folder on another disk."
        )


def _count_free_files(folder: Path) -> int | None:
    """Return how many files can be created, or None where the number is not limited."""
    if not hasattr(os, "statvfs"):  # Windows
        return None
    result = os.statvfs(folder)
    return result.f_favail if result.f_files else None
