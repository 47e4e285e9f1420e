"""Blob store in a folder: one file per object, named like its key."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from django.core.files.storage import FileSystemStorage
from zlib_ng import zlib_ng

from dubbing_core.concurrency import run_in_threads
from dubbing_core.digests import Digest, compute_digest
from dubbing_core.sentences import sentence
from sessions_app.storage import atomic_files, disk, filesystem_checks
from sessions_app.storage.errors import (
    KeyRefusedError,
    ObjectMissingError,
    PartBusyError,
    PartsLostError,
    PartsRefusedError,
    StoreUnavailableError,
)
from sessions_app.storage.keys import checked, checked_prefix
from sessions_app.storage.part_sizes import collect_chunks, get_joined_size
from sessions_app.storage.range_locks import TO_THE_END, RangeLockedError, lock_range
from sessions_app.storage.store import (
    PART_SIZE,
    Capabilities,
    ObjectWriter,
    OpenUpload,
    Part,
    StoredObject,
)
from sessions_app.storage.writeback import EarlyWriteback, start_writeback

READ_SIZE = 256 * 1024
"""Bytes per read: few enough to stay in the processor's cache until they are hashed or sent."""
MAX_HASHED = 1024**3
"""Bytes of an object that is hashed when its parts are joined, while the request for it waits: less than a second."""
DELETE_THREADS = 8
"""A deletion waits for the disk most of its time. One thread for each folder, which the system locks."""
_HIDDEN_NAME = re.compile(r"\.(?P<name>.+)\.(?P<upload_id>[0-9a-f]+)\.parts")


class FileSystemStore:
    def __init__(self, storage: FileSystemStorage) -> None:
        self._storage = storage
        self._root = Path(storage.location)
        self.capabilities = Capabilities(
            local_files=self,
            disk=self,
            prepare=lambda _: filesystem_checks.check_folder(self._root),
        )

    def local_path(self, key: str) -> Path:
        return Path(self._storage.path(checked(key)))

    def get_free_space(self) -> int:
        with atomic_files.translate_os_errors(""):
            return disk.get_free_space(self._root)

    def shares_blocks(self) -> bool:
        return filesystem_checks.can_share_blocks(self._root)

    def size(self, key: str) -> int:
        path = self.local_path(key)
        with atomic_files.translate_os_errors(key), _translate_missing(key):
            return _get_regular_size(key, path.stat())

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        path = self.local_path(key)
        with atomic_files.translate_os_errors(key), _translate_missing(key):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with atomic_files.translate_os_errors(key):
                if end > _get_regular_size(key, os.fstat(descriptor)):
                    raise StoreUnavailableError(key)
                position = start
                while position < end:
                    chunk = os.pread(descriptor, min(READ_SIZE, end - position), position)
                    if not chunk:
                        raise StoreUnavailableError(key)
                    yield chunk
                    position += len(chunk)
        finally:
            os.close(descriptor)

    @contextmanager
    def writer(self, key: str, *, size: int | None = None, durable: bool = True) -> Iterator[ObjectWriter]:
        del size  # needed by stores with limited part counts
        with self.create_file(key, durable=durable) as descriptor:
            writer = _FileWriter(key, descriptor)
            yield writer
            writer.finish()

    @contextmanager
    def create_file(self, key: str, *, durable: bool = True) -> Iterator[int]:
        path = self.local_path(key)
        outer = path.parent.parent if path.parent != self._root else None
        try:
            with atomic_files.create_file(path, key=key, durable=durable, outer=outer) as descriptor:
                yield descriptor
        except BaseException:
            self._remove_empty_folders(key)
            raise

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        files_by_path = sorted((self.local_path(key), key, data) for key, data in objects)
        for folder, some in groupby(files_by_path, key=lambda one: one[0].parent):
            files = [(path.name, data) for path, _, data in some]
            with atomic_files.translate_os_errors(str(folder.relative_to(self._root))):
                atomic_files.retry_in_folder(folder, partial(atomic_files.write_files, folder, files))

    def promote(self, staged: str, key: str, *, is_durable: bool = False) -> None:
        source, path = self.local_path(staged), self.local_path(key)
        with atomic_files.translate_os_errors(key):
            try:
                if not is_durable:
                    atomic_files.sync_file(source)
                atomic_files.link_file(source, path)
            except FileNotFoundError:
                self.size(key)
            atomic_files.sync_folder(path.parent)
        self.delete(staged)

    def begin(self, key: str) -> str:
        upload_id = secrets.token_hex(16)
        path = self._upload_path(key, upload_id)
        with atomic_files.translate_os_errors(key):
            # The folder need not be durable before the upload is complete.
            os.close(atomic_files.open_hidden(path, durable=False))
        return upload_id

    def put_part(
        self, key: str, upload_id: str, number: int, chunks: Iterable[bytes], *, part_size: int = PART_SIZE
    ) -> Part:
        collected = collect_chunks(checked(key), number, chunks, part_size=part_size)
        start = end = (number - 1) * part_size
        crc32 = 0
        # All bytes have arrived: the lock is held while the disk writes, never while the network is slow.
        with (
            atomic_files.translate_os_errors(key),
            self._locked_upload(key, upload_id, start, part_size) as descriptor,
        ):
            if os.fstat(descriptor).st_nlink > 1:
                # Joined by a process that was killed before it deleted the upload: these are the object's bytes.
                raise ObjectMissingError(key)
            for chunk in collected:
                atomic_files.write_all_at(descriptor, chunk, end)
                crc32 = zlib_ng.crc32(chunk, crc32)
                end += len(chunk)
            if atomic_files.get_boot_id():
                start_writeback(descriptor, start, end)
            else:
                os.fdatasync(descriptor)
        return Part(number=number, size=end - start, etag=f"{crc32:08x}@{atomic_files.get_boot_id()}")

    def complete(
        self, key: str, upload_id: str, parts: Sequence[Part], *, part_size: int = PART_SIZE
    ) -> Digest | None:
        size = get_joined_size(checked(key), parts, part_size=part_size)
        path = self.local_path(key)
        digest = None
        try:
            with (
                atomic_files.translate_os_errors(key),
                self._locked_upload(key, upload_id, 0, TO_THE_END) as descriptor,
            ):
                if lost := _find_lost_parts(descriptor, parts, part_size):
                    raise PartsLostError(key, lost)
                if os.fstat(descriptor).st_size < size:
                    raise PartsRefusedError(key, sentence("Not all of the parts have arrived."))
                os.ftruncate(descriptor, size)  # an earlier version of the last part may have been longer
                os.fchmod(descriptor, atomic_files.FILE_MODE)
                if size <= MAX_HASHED:
                    # Now, because the disk writes in the meantime, and nothing can change the bytes afterwards.
                    digest = compute_digest(_read_chunks(descriptor, 0, size))
                os.fsync(descriptor)
                atomic_files.link_file(self._upload_path(key, upload_id), path)
                atomic_files.sync_folder(path.parent)
                # `begin` did not. Most file systems wrote it together with the others; a thread for it costs more than it saves.
                atomic_files.sync_folder(path.parent.parent)
                # Before the lock is released: a later request must not write into the object.
                self.abort(key, upload_id)
        except ObjectMissingError:
            self.size(key)
        return digest

    def abort(self, key: str, upload_id: str) -> None:
        self._remove(key, self._upload_path(key, upload_id))

    def open_uploads(self, prefix: str) -> Iterator[OpenUpload]:
        for folder, entry in self._files(prefix):
            if hidden := _HIDDEN_NAME.fullmatch(entry.name):
                yield OpenUpload(key=folder + hidden["name"], upload_id=hidden["upload_id"])

    def list(self, prefix: str) -> Iterator[StoredObject]:
        for folder, entry in self._files(prefix):
            if not entry.name.startswith("."):
                with suppress(FileNotFoundError):  # deleted during the listing
                    yield StoredObject(key=folder + entry.name, size=entry.stat().st_size)

    def delete(self, key: str) -> None:
        self._remove(key, self.local_path(key))

    def delete_all(self, keys: Sequence[str]) -> None:
        paths = sorted(self.local_path(key) for key in keys)
        by_folder = [list(group) for _, group in groupby(paths, attrgetter("parent"))]
        run_in_threads(self._unlink, by_folder, threads=DELETE_THREADS, name="delete")
        # After all files and folders are deleted: the first sync writes the file system's journal, the others find nothing to do.
        folders = {path.parent for path in paths}
        with atomic_files.translate_os_errors(""):
            for folder in folders:
                atomic_files.remove_empty_folders(folder, below=self._root)
            remaining = {atomic_files.find_folder(folder, below=self._root) for folder in folders}
        for folder in sorted(remaining):
            with atomic_files.translate_os_errors(str(folder.relative_to(self._root))):
                atomic_files.sync_nearest_folder(folder, below=self._root)

    def _unlink(self, paths: Iterable[Path]) -> None:
        for path in paths:
            with (
                atomic_files.translate_os_errors(str(path.relative_to(self._root))),
                suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError),
            ):
                path.unlink()

    def _upload_path(self, key: str, upload_id: str) -> Path:
        if not upload_id.isalnum():
            raise KeyRefusedError(upload_id)
        return atomic_files.get_hidden_path(self.local_path(key), upload_id)

    @contextmanager
    def _locked_upload(self, key: str, upload_id: str, start: int, length: int) -> Iterator[int]:
        """Open the upload's bytes with the range locked.

        :raises ObjectMissingError: no such upload is open.
        :raises PartBusyError: another request has locked some of the range.
        """
        path = self._upload_path(key, upload_id)
        with _translate_missing(key):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            with lock_range(descriptor, start, length):
                with _translate_missing(key):
                    path.stat()  # it may have been completed or aborted since it was opened
                yield descriptor
        except RangeLockedError as error:
            raise PartBusyError(key) from error
        finally:
            os.close(descriptor)

    def _remove(self, key: str, path: Path) -> None:
        with atomic_files.translate_os_errors(key):
            with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
                path.unlink()
            self._remove_empty_folders(key)

    def _remove_empty_folders(self, key: str) -> None:
        """Remove the folders of a key, except for the outermost, as far as they are empty.

        Creating that one again would cost a sync for each save into an idle portal.
        """
        outermost = self._root / key.partition("/")[0]
        atomic_files.remove_empty_folders(self.local_path(key).parent, below=outermost)

    def _files(self, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Yield every file below the folder with its folder's prefix.

        Concurrent changes are tolerated.
        """
        folders = [checked_prefix(prefix)]
        while folders:
            folder = folders.pop()
            with (
                atomic_files.translate_os_errors(folder),
                suppress(FileNotFoundError, NotADirectoryError),
                os.scandir(self._root / folder) as entries,
            ):
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(f"{folder}{entry.name}/")
                    else:
                        yield folder, entry


class _FileWriter:
    def __init__(self, key: str, descriptor: int) -> None:
        self._key = key
        self._descriptor = descriptor
        self._writeback = EarlyWriteback(descriptor)

    def write(self, data: bytes | memoryview, /) -> int:
        with atomic_files.translate_os_errors(self._key):
            written = atomic_files.write_all(self._descriptor, data)
        self._writeback.advance(written)
        return written

    def finish(self) -> None:
        self._writeback.finish()


def _find_lost_parts(descriptor: int, parts: Sequence[Part], part_size: int) -> Sequence[int]:
    """Return the numbers of damaged parts from before the last system start."""
    lost = []
    for part in parts:
        crc32, _, written = part.etag.partition("@")
        if not written or written != atomic_files.get_boot_id():
            start = (part.number - 1) * part_size
            if f"{_compute_crc32(descriptor, start, start + part.size):08x}" != crc32:
                lost.append(part.number)
    return lost


def _compute_crc32(descriptor: int, start: int, end: int) -> int:
    crc32 = 0
    for data in _read_chunks(descriptor, start, end):
        crc32 = zlib_ng.crc32(data, crc32)
    return crc32


def _read_chunks(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    while start < end and (data := os.pread(descriptor, min(READ_SIZE, end - start), start)):
        yield data
        start += len(data)


def _get_regular_size(key: str, status: os.stat_result) -> int:
    if not stat.S_ISREG(status.st_mode):
        raise ObjectMissingError(key)
    return status.st_size


@contextmanager
def _translate_missing(key: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ObjectMissingError(key) from error
