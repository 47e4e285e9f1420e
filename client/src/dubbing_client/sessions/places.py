"""A folder of session folders, in which a session's folder is changed as a whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dubbing_client.sessions.backend import Progress
from dubbing_client.sessions.errors import SessionError

DRAFT, FORMER = ".draft.", ".former."
"""How folders begin that are being written, and that have given way. Sessions' names begin with no dot."""
CHUNK = 1024 * 1024
ROOM = 16 * 1024 * 1024
"""Bytes that are left free on the disk."""

_threads: dict[str, threading.Lock] = {}


class Place:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def home(self, name: str) -> Path:
        return self.folder / name

    def names(self) -> list[str]:
        """Of the folders that hold something which might be a session."""
        if not self.folder.is_dir():
            return []
        if any(self.folder.glob(f"{FORMER}*")):
            with self.changing():
                pass
        return self.present()

    def present(self) -> list[str]:
        """The same, while changing."""
        return [path.name for path in self.folder.iterdir() if path.is_dir() and path.name[0] != "."]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Let nobody else change sessions here meanwhile, and first put right what a change left that was cut off."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own = _threads.setdefault(str(self.folder.resolve()), threading.Lock())
        with own, (self.folder / ".lock").open("ab") as lock, _locked(lock):
            self._put_right()
            yield

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """An empty folder to write a session to. What is not put in place by the end of the block is removed."""
        draft = self.folder / f"{DRAFT}{secrets.token_hex(4)}"
        draft.mkdir()
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def put(self, draft: Path, name: str) -> None:
        """Let a draft take its place; a session that is there gives way to it."""
        home, former = self.home(name), self.folder / f"{FORMER}{name}"
        if home.exists():
            home.rename(former)
        try:
            draft.rename(home)
        except OSError:
            if former.exists():
                former.rename(home)
            raise
        shutil.rmtree(former, ignore_errors=True)

    def remove(self, name: str) -> None:
        """Remove a session: at once for whoever looks, however long the bytes take."""
        gone = self.folder / f"{DRAFT}{secrets.token_hex(4)}"
        self.home(name).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def check_room(self, size: int) -> None:
        """:raises SessionError: so many bytes do not fit on the disk."""
        free = shutil.disk_usage(self.folder).free
        if size + ROOM > free:
            raise SessionError(
                f"There is no room for it: it needs {shown(size)} and {shown(free)} are free. Make room and try again."
            )

    def _put_right(self) -> None:
        for former in self.folder.glob(f"{FORMER}*"):
            home = self.home(former.name[len(FORMER) :])
            if not home.exists():
                former.rename(home)
        for left in (*self.folder.glob(f"{FORMER}*"), *self.folder.glob(f"{DRAFT}*")):
            shutil.rmtree(left, ignore_errors=True)


def files_below(folder: Path) -> Iterator[str]:
    """The paths of all files, with slashes, in order of folders."""
    for root, folders, files in os.walk(folder):
        folders.sort()
        inside = Path(root).relative_to(folder)
        for name in sorted(files):
            if Path(root, name).is_file():
                yield (inside / name).as_posix()


def keep(source: Path, target: Path) -> None:
    """Let a file lie at a second place, without copying its bytes where the disk can do that."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.is_symlink():
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)


def copy_verified(source: Path, target: Path, ticker: Ticker) -> None:
    """Copy a file and its times, and read the copy again.

    :raises SessionError: the copy is not what was read, or the file was written to meanwhile.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    before = source.stat()
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        for chunk in iter(lambda: reading.read(CHUNK), b""):
            digest.update(chunk)
            writing.write(chunk)
            ticker.tick(len(chunk))
            if reading.tell() > before.st_size:
                break  # it grows, perhaps for hours
    after = source.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SessionError(
            f"“{source}” changed while it was copied. Wait until it is written, and save again."
        )
    if digest.digest() != _digest(target):
        raise SessionError(f"The copy of “{source}” is damaged. Check the disk, and save again.")
    shutil.copystat(source, target)


def is_equal(first: Path, second: Path) -> bool:
    """Whether two files of one size hold the same bytes. Unlike ``filecmp``, it takes no earlier answer for this one."""
    with first.open("rb") as one, second.open("rb") as other:
        for chunk in iter(lambda: one.read(CHUNK), b""):
            if chunk != other.read(CHUNK):
                return False
    return True


def write_durably(target: Path, data: bytes) -> None:
    """Write a file that is whole or not there, even when the power goes."""
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


class Ticker:
    """Adds up what is done and tells it."""

    def __init__(self, total: int, progress: Progress) -> None:
        self.total = total
        self._done = 0
        self._progress = progress
        progress(0, total)

    def tick(self, size: int) -> None:
        self._done += size
        self._progress(min(self._done, self.total), self.total)


def size_of(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def shown(size: float) -> str:
    """`487 MB`, as people say it."""
    thousand, few = 1000, 10
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < thousand:
            return f"{size:.1f} {unit}" if size < few and unit != "bytes" else f"{size:.0f} {unit}"
        size /= thousand
    return f"{size:.1f} TB"


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as reading:
        for chunk in iter(lambda: reading.read(CHUNK), b""):
            digest.update(chunk)
    return digest.digest()


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _locked(file: BinaryIO) -> Iterator[None]:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    @contextmanager
    def _locked(file: BinaryIO) -> Iterator[None]:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield  # and closing the file unlocks it
