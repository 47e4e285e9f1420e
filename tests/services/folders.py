"""Temporary folders that every account may reach and whose names are short enough for Unix sockets."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """Make a folder and remove it afterwards.

    Never below /root: PostgreSQL refuses to be root, and as another account it could not enter.
    """
    parent = Path(tempfile.gettempdir()).resolve()
    if parent.is_relative_to("/root"):
        parent = Path("/var/tmp")
    folder = Path(tempfile.mkdtemp(prefix=f"dubbing-{name}-", dir=parent))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
