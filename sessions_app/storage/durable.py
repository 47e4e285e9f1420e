"""New files that are there whole and on the disk, or not at all.

While it is written a file has no name (``O_TMPFILE``, open(2)), so that even a process that is killed leaves nothing.
Filesystems without that get a hidden name beside the final one: ``.<name>.<id>.parts``.
"""

from __future__ import annotations

import errno
import functools
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sessions_app.storage.store import StoreFullError, StoreUnavailableError

FILE_MODE = 0o640
FOLDER_MODE = 0o750

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_UNNAMED_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS}
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}
_FOLDER_ATTEMPTS = 100

T = TypeVar("T")


@contextmanager
def disk_errors(key: str) -> Iterator[None]:
    """Turn what the operating system says into the store's own errors."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFullError(key) from error
        raise StoreUnavailableError(key) from error


@contextmanager
def new_file(path: Path, *, key: str, replace: bool = False, settled: bool = True) -> Iterator[int]:
    """Open a descriptor for writing a file that appears at ``path``, durably, when the block ends without an exception.

    After an exception nothing is left. A file that is there already is left as it is, unless ``replace``. Unless ``settled``,
    a loss of power may take the file or damage it.

    :raises StoreFullError: no space is left; like every error of ours about ``key``.
    """
    temporary = hidden_name(path, secrets.token_hex(8))
    with disk_errors(key):
        descriptor = in_folder(path.parent, lambda: open_unnamed(path.parent))
        unnamed = descriptor is not None
        if descriptor is None:
            descriptor = open_hidden(temporary)
    try:
        yield descriptor
        with disk_errors(key):
            os.fchmod(descriptor, FILE_MODE)  # whatever the umask
            if settled:
                os.fsync(descriptor)
            if unnamed:
                place(Path(f"/proc/self/fd/{descriptor}"), temporary if replace else path)
            if replace:
                temporary.replace(path)
            elif not unnamed:
                place(temporary, path)
            if settled:
                sync_folder(path.parent)
    finally:
        os.close(descriptor)
        if replace or not unnamed:
            temporary.unlink(missing_ok=True)


def write_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write new small files into a folder that exists, as ``new_file`` does; their names are put on the disk together.

    :raises FileNotFoundError: the folder was removed meanwhile.
    """
    with opened(folder, os.O_DIRECTORY) as listing, _still_there(folder, listing):
        for name, data in files:
            _write_file(folder, listing, name, data)
        os.fsync(listing)


@contextmanager
def _still_there(folder: Path, listing: int) -> Iterator[None]:
    """Tell of a folder that was removed meanwhile by the one error that means it: systems complain of it in many ways."""
    try:
        yield
    except OSError as error:
        if os.fstat(listing).st_nlink == 0:
            raise FileNotFoundError(folder) from error
        raise


def _write_file(folder: Path, listing: int, name: str, data: bytes) -> None:
    descriptor = _unnamed_in(listing)
    try:
        if descriptor is not None:
            write_all(descriptor, data)
            os.fchmod(descriptor, FILE_MODE)  # whatever the umask
            os.fsync(descriptor)
            if _link(f"/proc/self/fd/{descriptor}", listing, name):
                return
    finally:
        if descriptor is not None:
            os.close(descriptor)
    with new_file(folder / name, key=name) as plain:  # this filesystem cannot name a file afterwards
        write_all(plain, data)


def _link(source: str, listing: int, name: str) -> bool:
    """Name a file in a folder, unless the name is taken; False where that is not possible here."""
    try:
        os.link(source, name, src_dir_fd=listing, dst_dir_fd=listing, follow_symlinks=True)
    except FileExistsError:
        return True
    except FileNotFoundError:
        return False  # without /proc
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        return False
    return True


def hidden_name(path: Path, upload_id: str) -> Path:
    """Return where the bytes of ``path`` are collected when they need a name before they are whole."""
    return path.with_name(f".{path.name}.{upload_id}.parts")


def open_hidden(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return in_folder(path.parent, lambda: os.open(path, flags, FILE_MODE))


def place(source: Path, path: Path) -> None:
    """Give a file another name, unless that name is taken; the caller syncs the folder.

    :raises FileNotFoundError: ``source`` is missing.
    """
    with suppress(FileExistsError):
        if not in_folder(path.parent, lambda: _link_or_rename(source, path)):
            raise FileNotFoundError(source)


def in_folder(folder: Path, act: Callable[[], T]) -> T:
    """Make the folder and do something in it, again if somebody just removed the folder because it was empty.

    While a busy disk removes a folder it is still found by its name, though nothing can be made in it any more: so each wait is a
    little longer than the one before, 5 s in all.
    """
    for attempt in range(_FOLDER_ATTEMPTS - 1):
        with suppress(FileNotFoundError):
            make_folders(folder)
            return act()
        time.sleep(attempt / 1000)
    make_folders(folder)
    return act()


def make_folders(folder: Path) -> None:
    """Make the folder and those above it, durably."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(FOLDER_MODE)
    sync_folder(folder.parent)


def remove_empty_folders(folder: Path, *, below: Path) -> None:
    """Remove the folder and those above it as far as they are empty; ``below`` itself stays."""
    while folder != below and folder.is_relative_to(below):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


@contextmanager
def opened(path: Path, flags: int = 0) -> Iterator[int]:
    """Open a file for reading, or with ``O_DIRECTORY`` a folder, for as long as the block lasts."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Put the folder's own list of names on the disk."""
    with opened(folder, os.O_DIRECTORY) as descriptor:
        os.fsync(descriptor)


@functools.cache
def boot() -> str:
    """Name the time since the system was started, in which it does not forget what was written; empty where that cannot be told."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> int:
    """Write everything at the descriptor's position; return how many bytes that was."""
    with memoryview(data) as view:
        written = 0
        while written < len(view):
            written += os.write(descriptor, view[written:])
    return written


def write_all_at(descriptor: int, data: bytes | bytearray | memoryview, offset: int) -> None:
    with memoryview(data) as view:
        written = 0
        while written < len(view):
            written += os.pwrite(descriptor, view[written:], offset + written)


def _link_or_rename(source: Path, path: Path) -> bool:
    """Give a file another name; False if it is not there."""
    if not source.exists():
        return False
    try:
        # A folder's descriptor makes this linkat(2), which follows the link in /proc/self/fd to the file itself.
        with opened(path.parent, os.O_DIRECTORY) as folder:
            os.link(source, path, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # Two at once could replace one file with its equal here, which nobody would notice.
        if not path.exists():
            source.rename(path)
    return True


def open_unnamed(folder: Path) -> int | None:
    """Open a file without a name, or return None where that cannot be had.

    :raises FileNotFoundError: the folder was removed.
    """
    with opened(folder, os.O_DIRECTORY) as listing, _still_there(folder, listing):
        descriptor = _unnamed_in(listing)
    if descriptor is None or Path(f"/proc/self/fd/{descriptor}").exists():
        return descriptor
    os.close(descriptor)  # without /proc it could never be named
    return None


def _unnamed_in(listing: int) -> int | None:
    try:
        return os.open(".", os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, FILE_MODE, dir_fd=listing)
    except OSError as error:
        if error.errno in _NO_UNNAMED_FILES:
            return None
        raise
