"""A folder of session folders, in which a session is replaced atomically."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dubbing_client.dropin.backend import OnProgress
from dubbing_client.dropin.errors import SessionError
from dubbing_client.locks import lock_file
from dubbing_core.sizes import format_size

DRAFT_PREFIX, FORMER_PREFIX = ".draft.", ".former."
"""Prefixes of folders that are being written, and that were replaced. Names of sessions do not start with a dot."""
CHUNK_SIZE = 1024 * 1024
FREE_RESERVE = 16 * 1024 * 1024
"""Bytes that stay free on the disk."""


class SessionStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Return the names of all session folders, after repairing an interrupted change."""
        if not self.folder.is_dir():
            return []
        if any(self.folder.glob(f"{FORMER_PREFIX}*")):
            with self.locked():
                pass
        return self.folder_names()

    def folder_names(self) -> list[str]:
        """Return the names of all session folders; to be called while locked."""
        return [path.name for path in self.folder.iterdir() if path.is_dir() and path.name[0] != "."]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder, and repair an interrupted change."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("ab") as lock:
            lock_file(lock.fileno(), wait=True)
            self._repair()
            yield

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """Create a folder to write a session to.

        It is deleted after the block unless `replace` has moved it.
        """
        draft = self.folder / f"{DRAFT_PREFIX}{secrets.token_hex(4)}"
        draft.mkdir()
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def replace(self, name: str, draft: Path) -> None:
        """Replace a session, if it exists, with a draft."""
        session, former = self.folder / name, self.folder / f"{FORMER_PREFIX}{name}"
        if session.exists():
            session.rename(former)
        try:
            draft.rename(session)
        except OSError:
            if former.exists():
                former.rename(session)
            raise
        shutil.rmtree(former, ignore_errors=True)

    def delete(self, name: str) -> None:
        """Delete a session; it disappears at once, however long deleting its files takes."""
        deleted = self.folder / f"{DRAFT_PREFIX}{secrets.token_hex(4)}"
        (self.folder / name).rename(deleted)
        shutil.rmtree(deleted, ignore_errors=True)

    def check_free_space(self, size: int) -> None:
        """Raise if so many bytes do not fit on the disk.

        :raises SessionError: they do not.
        """
        free = shutil.disk_usage(self.folder).free
        if size + FREE_RESERVE > free:
            raise SessionError(
                f"The disk is full: {format_size(size)} are needed and {format_size(free)} are free. "
                "Free some space and try again."
            )

    def _repair(self) -> None:
        for former in self.folder.glob(f"{FORMER_PREFIX}*"):
            session = self.folder / former.name.removeprefix(FORMER_PREFIX)
            if not session.exists():
                former.rename(session)
        for obsolete in (*self.folder.glob(f"{FORMER_PREFIX}*"), *self.folder.glob(f"{DRAFT_PREFIX}*")):
            shutil.rmtree(obsolete, ignore_errors=True)


def list_files(folder: Path) -> Iterator[str]:
    """Yield the paths of all files, with slashes, folder by folder."""
    for root, folders, files in os.walk(folder):
        folders.sort()
        inside = Path(root).relative_to(folder)
        for name in sorted(files):
            if Path(root, name).is_file():
                yield (inside / name).as_posix()


def link_or_copy(source: Path, target: Path) -> None:
    """Create a hard link to a file, or a copy where the file system has none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.is_symlink():
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)


def copy_verified(source: Path, target: Path, counter: ProgressCounter) -> None:
    """Copy a file with its times, and verify the copy.

    :raises SessionError: the copy is damaged, or the file changed in the meantime.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    before = source.stat()
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        for chunk in iter(lambda: reading.read(CHUNK_SIZE), b""):
            digest.update(chunk)
            writing.write(chunk)
            counter.add(len(chunk))
            if reading.tell() > before.st_size:
                break  # it keeps growing
    after = source.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SessionError(
            f"“{source}” changed while it was copied. Wait until it is completely written, then save again."
        )
    if digest.digest() != _digest(target):
        raise SessionError(f"The copy of “{source}” is damaged. Check the disk, and save again.")
    shutil.copystat(source, target)


def is_equal(first: Path, second: Path) -> bool:
    """Return whether two files of the same size have the same content.

    Unlike ``filecmp``, nothing is cached.
    """
    with first.open("rb") as one, second.open("rb") as other:
        for chunk in iter(lambda: one.read(CHUNK_SIZE), b""):
            if chunk != other.read(CHUNK_SIZE):
                return False
    return True


def write_durably(target: Path, data: bytes) -> None:
    """Replace a file atomically and durably."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as writing:
            writing.write(data)
            writing.flush()
            os.fsync(writing.fileno())
        draft.replace(target)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


class ProgressCounter:
    """Counter that adds up the bytes done and reports them."""

    def __init__(self, total: int, on_progress: OnProgress) -> None:
        self.total = total
        self._done = 0
        self._on_progress = on_progress
        on_progress(0, total)

    def add(self, size: int) -> None:
        self._done += size
        self._on_progress(min(self._done, self.total), self.total)


def total_size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as reading:
        for chunk in iter(lambda: reading.read(CHUNK_SIZE), b""):
            digest.update(chunk)
    return digest.digest()
