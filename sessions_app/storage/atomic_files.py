"""Atomic and durable creation of files.

While it is written a file has no name (``O_TMPFILE``, open(2)), so that even a killed process leaves nothing. Filesystems
without such files use a hidden name beside the final one: ``.<name>.<id>.parts``.
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

from sessions_app.storage.errors import StoreFullError, StoreUnavailableError

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_UNNAMED_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS}
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}
_FOLDER_ATTEMPTS = 100

T = TypeVar("T")


@contextmanager
def translate_os_errors(key: str) -> Iterator[None]:
    """Raise OSErrors as StoreErrors about ``key``."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFullError(key) from error
        raise StoreUnavailableError(key) from error


@contextmanager
def create_file(
    path: Path, *, key: str, replace: bool = False, durable: bool = True, outer: Path | None = None
) -> Iterator[int]:
    """Open a descriptor for a file that appears at ``path`` when the block ends.

    After an exception nothing remains.

    :param key: names the file in errors.
    :param replace: an existing file; by default it is left as it is.
    :param durable: sync the file, so that it survives a power failure.
    :param outer: the folder above the file's, which is synced at the end: a new folder of the file does not have to be synced before.
    :raises StoreFullError: no space is left.
    """
    temporary = get_hidden_path(path, secrets.token_hex(8))
    with translate_os_errors(key):
        descriptor = retry_in_folder(path.parent, lambda: open_unnamed(path.parent), durable=outer is None)
        unnamed = descriptor is not None
        if descriptor is None:
            descriptor = open_hidden(temporary)
    try:
        yield descriptor
        with translate_os_errors(key):
            os.fchmod(descriptor, FILE_MODE)  # regardless of the umask
            if durable:
                os.fsync(descriptor)
            if unnamed:
                link_file(Path(f"/proc/self/fd/{descriptor}"), temporary if replace else path)
            if replace:
                temporary.replace(path)
            elif not unnamed:
                link_file(temporary, path)
            if durable:
                sync_folder(path.parent)
                if outer is not None:
                    sync_folder(outer)
    finally:
        os.close(descriptor)
        if replace or not unnamed:
            temporary.unlink(missing_ok=True)


def write_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Create small files in an existing folder, which is synced once.

    :raises FileNotFoundError: the folder has been removed.
    """
    with open_descriptor(folder, os.O_DIRECTORY) as listing, _check_folder_exists(folder, listing):
        for name, data in files:
            _write_file(folder, listing, name, data)
        os.fsync(listing)


@contextmanager
def _check_folder_exists(folder: Path, listing: int) -> Iterator[None]:
    """Raise FileNotFoundError if the folder was removed.

    Systems have many error numbers for that.
    """
    try:
        yield
    except OSError as error:
        if os.fstat(listing).st_nlink == 0:
            raise FileNotFoundError(folder) from error
        raise


def _write_file(folder: Path, listing: int, name: str, data: bytes) -> None:
    descriptor = _open_unnamed_in(listing)
    try:
        if descriptor is not None:
            write_all(descriptor, data)
            os.fchmod(descriptor, FILE_MODE)  # regardless of the umask
            os.fsync(descriptor)
            if _link(f"/proc/self/fd/{descriptor}", listing, name):
                return
    finally:
        if descriptor is not None:
            os.close(descriptor)
    with create_file(folder / name, key=name) as plain:  # this filesystem cannot name a file later
        write_all(plain, data)


def _link(source: str, listing: int, name: str) -> bool:
    """Link a file into a folder, unless the name exists.

    Returns False if the system cannot link it.
    """
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


def get_hidden_path(path: Path, upload_id: str) -> Path:
    """Return the path for the bytes of ``path`` while they are incomplete."""
    return path.with_name(f".{path.name}.{upload_id}.parts")


def open_hidden(path: Path, *, durable: bool = True) -> int:
    """Create a file under a hidden name, and its folder if needed.

    :param durable: sync the folders above a new folder; its own parent needs a sync otherwise.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return retry_in_folder(path.parent, lambda: os.open(path, flags, FILE_MODE), durable=durable)


def link_file(source: Path, path: Path) -> None:
    """Link a file to its final path, unless that exists; the caller syncs the folder.

    :raises FileNotFoundError: ``source`` does not exist.
    """
    with suppress(FileExistsError):
        if not retry_in_folder(path.parent, lambda: _link_or_rename(source, path)):
            raise FileNotFoundError(source)


def retry_in_folder(folder: Path, act: Callable[[], T], *, durable: bool = True) -> T:
    """Create the folder and call ``act``; repeat both if the folder was removed.

    On a busy disk a folder that is being removed still exists by name although nothing can be created in it. Each delay is
    therefore longer than the one before, 5 s in total.
    """
    for attempt in range(_FOLDER_ATTEMPTS - 1):
        with suppress(FileNotFoundError):
            make_folders(folder, durable=durable)
            return act()
        time.sleep(attempt / 1000)
    make_folders(folder, durable=durable)
    return act()


def make_folders(folder: Path, *, durable: bool = True) -> None:
    """Create the folder and its parents.

    :param durable: sync the folder's parent; those above are always synced.
    """
    if folder.is_dir():
        return
    make_folders(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(FOLDER_MODE)
    if durable:
        sync_folder(folder.parent)


def remove_empty_folders(folder: Path, *, below: Path) -> None:
    """Remove the folder and its parents up to ``below``, as far as they are empty."""
    while folder != below and folder.is_relative_to(below):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def find_folder(folder: Path, *, below: Path) -> Path:
    """Return the folder; its nearest parent if it was removed."""
    while folder != below and not folder.is_dir():
        folder = folder.parent
    return folder


def sync_nearest_folder(folder: Path, *, below: Path) -> None:
    """Sync the folder; its nearest parent if it was removed."""
    while True:
        try:
            sync_folder(folder)
        except (FileNotFoundError, NotADirectoryError):
            if not folder.is_relative_to(below) or folder == below:
                return
            folder = folder.parent
        else:
            return


@contextmanager
def open_descriptor(path: Path, flags: int = 0) -> Iterator[int]:
    """Open a file for reading, or with ``O_DIRECTORY`` a folder, during the block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Write the file's bytes to the disk."""
    with open_descriptor(path) as descriptor:
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Write the folder's list of names to the disk."""
    with open_descriptor(folder, os.O_DIRECTORY) as descriptor:
        os.fsync(descriptor)


@functools.cache
def get_boot_id() -> str:
    """Return an id of the current system start, or an empty string if there is none.

    Bytes written since then are intact even without a sync: only a power failure could lose them.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> int:
    """Write all bytes at the descriptor's position; return their number."""
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
    """Give a file its final path; return False if it does not exist."""
    if not source.exists():
        return False
    try:
        # A folder's descriptor makes this linkat(2), which follows the link in /proc/self/fd to the file itself.
        with open_descriptor(path.parent, os.O_DIRECTORY) as folder:
            os.link(source, path, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # Of two concurrent calls one could replace the other's file by an equal one, which does no harm.
        if not path.exists():
            source.rename(path)
    return True


def open_unnamed(folder: Path) -> int | None:
    """Open a file without a name, or return None if the system has none.

    :raises FileNotFoundError: the folder has been removed.
    """
    with open_descriptor(folder, os.O_DIRECTORY) as listing, _check_folder_exists(folder, listing):
        descriptor = _open_unnamed_in(listing)
    if descriptor is None or Path(f"/proc/self/fd/{descriptor}").exists():
        return descriptor
    os.close(descriptor)  # without /proc it could never be named
    return None


def _open_unnamed_in(listing: int) -> int | None:
    try:
        return os.open(".", os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, FILE_MODE, dir_fd=listing)
    except OSError as error:
        if error.errno in _NO_UNNAMED_FILES:
            return None
        raise
