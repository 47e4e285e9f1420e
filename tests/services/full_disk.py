"""Full disks: a limit that needs no privileges, and a small filesystem that is really full."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services.folders import temporary_folder


@contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    """Fail writes of this process beyond ``size`` bytes in any file, as on a full disk.

    No bytecode is written: Python does not notice that such a file is cut off, and fails to import it later.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = bytecode


class SmallDisk:
    """A filesystem of a few MiB in memory, whose free space a test sets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @property
    def free(self) -> int:
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize

    def fill(self, *, leave: int = 0) -> None:
        """Leave this many bytes free, rounded down to whole pages."""
        descriptor = os.open(self._filler, os.O_RDWR | os.O_CREAT)
        try:
            used = os.fstat(descriptor).st_size
            if self.free > leave:
                os.posix_fallocate(descriptor, used, self.free - leave)
        finally:
            os.close(descriptor)

    def clear(self) -> None:
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(*, size: int) -> Iterator[SmallDisk]:
    """Mount a filesystem of its own, which needs root: `unshare --user --map-root-user --mount` gives that to a process.

    :param size: in bytes.
    """
    with temporary_folder("disk") as folder:
        mount = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if mount.returncode:
            pytest.skip(f"This machine does not let this user mount a filesystem: {mount.stderr.strip()}")
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
