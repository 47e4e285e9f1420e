"""Temporary folders: readable by every account, with names short enough for Unix sockets."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH_MEMORY = 4 * 1024**3
"""Containers often have 64 MiB there."""


def on_disk() -> Path:
    """Return the parent of temporary folders.

    Never below /root: PostgreSQL does not run as root, and other accounts have no access there.
    """
    parent = Path(tempfile.gettempdir()).resolve()
    return Path("/var/tmp") if parent.is_relative_to("/root") else parent


def in_memory() -> Path:
    """Return a memory file system with room and extended attributes, which S3 servers need; else the disk."""
    try:
        if shutil.disk_usage(MEMORY).free < ENOUGH_MEMORY:
            return on_disk()
        with tempfile.TemporaryFile(dir=MEMORY) as probe:
            os.setxattr(probe.fileno(), "user.probe", b"1")
    except OSError:
        return on_disk()
    return MEMORY


@contextmanager
def temporary_folder(name: str, *, parent: Path | None = None) -> Iterator[Path]:
    """Create a folder and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"dubbing-{name}-", dir=parent or on_disk()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
