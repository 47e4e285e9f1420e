"""Folder in which the web processes of one server count requests together."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Read by prometheus_client when it is imported."""


def share_metrics_folder(*, server_pid: int) -> None:
    """Create the folder for the web processes of a server.

    Folders of servers that have ended are deleted. Set the variable to use another folder.
    """
    if os.environ.get(VARIABLE):
        return
    prefix = f"dubbing-sessions-metrics-{os.getuid()}-"
    parent = Path(tempfile.gettempdir())
    for folder in parent.glob(f"{prefix}*"):
        if not Path("/proc", folder.name.removeprefix(prefix)).exists():
            shutil.rmtree(folder, ignore_errors=True)
    folder = parent / f"{prefix}{server_pid}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    # In a shared temporary folder another user could have created it first.
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to another user: set {VARIABLE} to an empty folder.")
    os.environ[VARIABLE] = str(folder)
