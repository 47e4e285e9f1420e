"""A folder of somebody's that receives a version's files, and what may already lie in it. No link in it is ever followed."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from dubbing_core.paths import escape_for_message

_NO_FOLDER = {errno.ENOTDIR, errno.ELOOP}


class FolderError(Exception):
    """Something lies where a file or a folder is to be, and overwriting would not be meant. Its message is a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Found(Enum):
    """What lies at a path."""

    NOTHING = "nothing"
    SAME = "same"
    """A file of these very bytes."""
    OTHER = "other"
    """A file of other bytes, or a link, which counts as one."""


class Folder:
    """New files are collected under hidden names beside their own, and all of them take their place at once, in ``place``.

    What the ``with`` block leaves without having placed is removed. Nothing is forced to the disk.

    :raises OSError: the system refuses something, as for a folder that is not writable or a disk that is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._token = secrets.token_hex(8)
        self._collected: list[tuple[str, str]] = []
        """Paths and the hidden names that wait beside them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for path, hidden in self._collected:
                with suppress(OSError, FolderError), self._parent_of(path) as parent:
                    os.unlink(hidden, dir_fd=parent)
        finally:
            os.close(self._root)

    def look(self, path: str, *, size: int, sha256: str) -> Found:
        """Tell what lies at the path, beside the bytes that are to be there. Any number of threads may look at once.

        :raises FolderError: with code `load_path_is_folder` or `load_folder_is_file`.
        """
        try:
            with self._parent_of(path) as parent:
                name = _name_of(path)
                found = os.stat(name, dir_fd=parent, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    raise FolderError(
                        "load_path_is_folder",
                        f"“{escape_for_message(path)}” is a folder in {self._path}. Move it away, or load into another folder.",
                    )
                if not stat.S_ISREG(found.st_mode) or found.st_size != size:
                    return Found.OTHER
                descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        except FileNotFoundError:
            return Found.NOTHING
        with os.fdopen(descriptor, "rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        return Found.SAME if same else Found.OTHER

    @contextmanager
    def create_file(self, path: str) -> Iterator[int]:
        """Open a descriptor for the bytes of a file that waits for its place; folders are made as needed.

        :raises FolderError: with code `load_folder_is_file`.
        """
        hidden = f".loading-{self._token}-{len(self._collected)}"
        with self._parent_of(path, make=True) as parent:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(hidden, flags, 0o666, dir_fd=parent)
        self._collected.append((path, hidden))
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def place(self) -> None:
        """Give every new file its name, in the place of what lies there."""
        while self._collected:
            path, hidden = self._collected[-1]
            with self._parent_of(path) as parent:
                os.replace(hidden, _name_of(path), src_dir_fd=parent, dst_dir_fd=parent)
            self._collected.pop()

    @contextmanager
    def _parent_of(self, path: str, *, make: bool = False) -> Iterator[int]:
        """Open the folder that the path lies in, one step at a time, so that no step is a link."""
        parts = path.split("/")[:-1]
        descriptor = os.dup(self._root)
        try:
            for depth in range(len(parts)):
                inner = self._step(descriptor, parts[: depth + 1], make=make)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    def _step(self, parent: int, parts: Sequence[str], *, make: bool) -> int:
        if make:
            with suppress(FileExistsError):
                os.mkdir(parts[-1], dir_fd=parent)
        try:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.open(parts[-1], flags, dir_fd=parent)
        except OSError as error:
            if error.errno not in _NO_FOLDER:
                raise
            raise FolderError(
                "load_folder_is_file",
                f"“{escape_for_message('/'.join(parts))}” in {self._path} is a file or a link, and files are to lie in it. "
                "Move it away, or load into another folder.",
            ) from error


def _name_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]
