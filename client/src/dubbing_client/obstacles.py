"""Obstacles of a load: files in the place of folders, and the reverse."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from dubbing_client.errors import FolderError
from dubbing_client.folder import Folder


def find_obstacles(folder: Folder, target: Path) -> list[str]:
    """Return the files that have to be deleted before a target can be written.

    :raises FolderError: a link or a special file is in the way, which is never deleted.
    """
    for parent in reversed([place for place in target.parents if folder.path in place.parents]):
        try:
            mode = os.lstat(parent).st_mode
        except FileNotFoundError:
            return []
        if stat.S_ISREG(mode):
            return [_relative(folder, parent)]
        if not stat.S_ISDIR(mode):
            return []
    if not stat.S_ISDIR(_mode_of(target)):
        return []
    paths = []
    for parent_name, folders, files in os.walk(target):
        for name in (*folders, *files):
            place = Path(parent_name, name)
            mode = os.lstat(place).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise FolderError(
                    f"“{_relative(folder, target)}” is a folder with a link or special file here, “{name}”. Move it, or load "
                    "elsewhere."
                )
            if stat.S_ISREG(mode):
                paths.append(_relative(folder, place))
    return paths


def delete_obstacles(folder: Folder, paths: Iterable[str], targets: Iterable[Path]) -> None:
    """Delete files in the way of targets, and the folders that are empty then.

    :raises FolderError: a file cannot be deleted, or another one was written in the meantime.
    """
    try:
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                folder.path.joinpath(*path.split("/")).unlink()
        for target in targets:
            if stat.S_ISDIR(_mode_of(target)):
                for parent, _, _ in os.walk(target, topdown=False):
                    Path(parent).rmdir()
    except OSError as error:
        raise FolderError(
            f"{error.filename or folder} is in the way and cannot be deleted: {error.strerror or error}."
        ) from error


def _mode_of(place: Path) -> int:
    try:
        return os.lstat(place).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _relative(folder: Folder, place: Path) -> str:
    return place.relative_to(folder.path).as_posix()
