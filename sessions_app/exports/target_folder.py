"""Target folder of a load. Symbolic links in it are never followed."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from dubbing_core.paths import escape_for_message
from dubbing_core.sentences import sentence

_NOT_A_FOLDER = {errno.ENOTDIR, errno.ELOOP}


class TargetFolderError(Exception):
    """A folder is in the place of a file, or the reverse.

    The message is a sentence for the user.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TargetState(Enum):
    """State of a path in the folder, compared with the bytes to be written."""

    MISSING = "missing"
    SAME = "same"
    """A file with the same bytes."""
    DIFFERENT = "different"
    """A file with other bytes, or a link, which counts as one."""


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """Facts of a file besides its bytes."""

    is_executable: bool = False
    mtime_ns: int | None = None
    """Last modification in nanoseconds since 1970; None for the time of writing."""


NO_FACTS = FileFacts()


class TargetFolder:
    """Writer of new files under hidden names, renamed together by ``commit``.

    The hidden files are beside the final ones. The ``with`` block deletes files that were not committed. Nothing
    is synced to the disk.

    :raises OSError: the folder is not writable, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._token = secrets.token_hex(8)
        self._uncommitted: list[tuple[str, str]] = []
        """Final paths and hidden names."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for path, hidden in self._uncommitted:
                with suppress(OSError, TargetFolderError), self._parent_of(path) as parent:
                    os.unlink(hidden, dir_fd=parent)
        finally:
            os.close(self._root)

    def compare(self, path: str, *, size: int, sha256: str) -> TargetState:
        """Compare the file at the path with the bytes to be written. Thread-safe.

        :raises TargetFolderError: code `load_path_is_folder` or `load_folder_is_file`.
        """
        try:
            with self._parent_of(path) as parent:
                name = _name_of(path)
                status = os.stat(name, dir_fd=parent, follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    raise TargetFolderError(
                        "load_path_is_folder",
                        sentence(
                            "“%(path)s” is a folder in %(folder)s. Move it away, or load into another folder.",
                            path=escape_for_message(path),
                            folder=self._path,
                        ),
                    )
                if not stat.S_ISREG(status.st_mode) or status.st_size != size:
                    return TargetState.DIFFERENT
                descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        except FileNotFoundError:
            return TargetState.MISSING
        with os.fdopen(descriptor, "rb") as file:
            is_same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        return TargetState.SAME if is_same else TargetState.DIFFERENT

    @contextmanager
    def create_file(self, path: str, *, facts: FileFacts = NO_FACTS) -> Iterator[int]:
        """Open a descriptor of a new file under a hidden name; create folders as needed.

        :raises TargetFolderError: code `load_folder_is_file`.
        """
        hidden = f".loading-{self._token}-{len(self._uncommitted)}"
        with self._parent_of(path, create=True) as parent:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            mode = 0o777 if facts.is_executable else 0o666
            descriptor = os.open(hidden, flags, mode, dir_fd=parent)
        self._uncommitted.append((path, hidden))
        try:
            yield descriptor
            if facts.mtime_ns is not None:
                # A file system that cannot express the time keeps its own.
                with suppress(OSError, OverflowError):
                    os.utime(descriptor, ns=(facts.mtime_ns, facts.mtime_ns))
        finally:
            os.close(descriptor)

    def create_folder(self, path: str) -> None:
        """Create a folder unless it exists.

        :raises TargetFolderError: code `load_folder_is_file`.
        """
        with self._parent_of(f"{path}/", create=True):
            pass

    def commit(self) -> None:
        """Rename all new files to their final names, replacing existing files."""
        while self._uncommitted:
            path, hidden = self._uncommitted[-1]
            with self._parent_of(path) as parent:
                os.replace(hidden, _name_of(path), src_dir_fd=parent, dst_dir_fd=parent)
            self._uncommitted.pop()

    @contextmanager
    def _parent_of(self, path: str, *, create: bool = False) -> Iterator[int]:
        """Open the parent folder of the path, without following links.

        Opens one component at a time.
        """
        parts = path.split("/")[:-1]
        descriptor = os.dup(self._root)
        try:
            for depth in range(len(parts)):
                inner = self._open_component(descriptor, parts[: depth + 1], create=create)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    def _open_component(self, parent: int, parts: Sequence[str], *, create: bool) -> int:
        if create:
            with suppress(FileExistsError):
                os.mkdir(parts[-1], dir_fd=parent)
        try:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.open(parts[-1], flags, dir_fd=parent)
        except OSError as error:
            if error.errno not in _NOT_A_FOLDER:
                raise
            raise TargetFolderError(
                "load_folder_is_file",
                sentence(
                    "“%(folder)s” in %(path)s is a file or a link, but must be a folder. Move it away, or load "
                    "into another folder.",
                    folder=escape_for_message("/".join(parts)),
                    path=self._path,
                ),
            ) from error


def _name_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]
