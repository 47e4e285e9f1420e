"""Access rights of DATA_DIR: only the embedded portal's account reads it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from sessions_app.management.errors import Error

FOLDER_MODE = 0o700
FILE_MODE = 0o600
PRIVATE_UMASK = 0o077
OTHERS = stat.S_IRWXG | stat.S_IRWXO
STORAGE = "storage"


def create_data_folder() -> None:
    """Create the folder and an empty database, readable for this account only.

    SQLite gives the files beside the database the same mode.

    :raises Error: DATA_DIR is a folder that all users share.
    """
    folder: Path = settings.DATA_DIR
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if folder == folder.parent or folder.stat().st_mode & stat.S_ISVTX:
        raise Error(
            f"DATA_DIR={folder} is a folder for all users of this machine. Set DATA_DIR to a folder of its own.",
            code="data_dir_shared",
        )
    database = Path(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"])
    if not database.exists():
        os.close(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))


def protect_data_folder(*, print_line: Callable[[str], None]) -> None:
    """Create the folder, and take it and all its files from other users.

    New files of this process and its children are private as well. The files of the store, which can be millions, are only
    visited if the folder was open before.

    :raises Error: DATA_DIR is a folder that all users share.
    """
    os.umask(PRIVATE_UMASK)
    create_data_folder()
    folder: Path = settings.DATA_DIR
    was_open = bool(folder.stat().st_mode & OTHERS)
    storage = folder / STORAGE
    failed = [path for path in (folder, storage) if path.is_dir() and not _restrict(path, FOLDER_MODE)]
    failed += [
        path for path in _list_contents(folder, skipped=storage) if not _restrict(path, _mode_of(path))
    ]
    if was_open:
        failed += [path for path in _list_contents(storage.resolve()) if not _restrict(path, _mode_of(path))]
    if failed:
        print_line(
            f"Other users of this machine may be able to read {failed[0]}"
            + (f" and {len(failed) - 1} more files" if len(failed) > 1 else "")
            + ": it belongs to another account. Give DATA_DIR to the account that runs the portal."
        )


def _list_contents(folder: Path, *, skipped: Path | None = None) -> Iterator[Path]:
    """Yield all folders and files below a folder, without following links."""
    for parent, folders, files in os.walk(folder):
        if skipped is not None and parent == str(skipped.parent) and skipped.name in folders:
            folders.remove(skipped.name)
        for name in (*folders, *files):
            yield Path(parent, name)


def _mode_of(path: Path) -> int:
    return FOLDER_MODE if path.is_dir() else FILE_MODE


def _restrict(path: Path, mode: int) -> bool:
    """Set the mode if other users have any access.

    Returns False if that is not permitted. Files that end in the meantime and links need nothing.
    """
    try:
        status = path.stat() if path.is_dir() else path.lstat()
        if not stat.S_ISLNK(status.st_mode) and status.st_mode & OTHERS:
            path.chmod(mode)
    except FileNotFoundError:
        pass
    except PermissionError:
        return False
    return True
