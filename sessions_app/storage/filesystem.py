"""Objects as files below one folder, named as their keys."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import groupby
from pathlib import Path

from django.core.files.storage import FileSystemStorage
from zlib_ng import zlib_ng

from sessions_app.storage import disk, durable, writeback
from sessions_app.storage.keys import checked, checked_prefix
from sessions_app.storage.locks import TO_THE_END, RangeTakenError, locked_range
from sessions_app.storage.parts import take_chunks, whole_size
from sessions_app.storage.store import (
    PART_SIZE,
    Capabilities,
    KeyRefusedError,
    ObjectMissingError,
    ObjectWriter,
    OpenUpload,
    Part,
    PartBusyError,
    PartsLostError,
    PartsRefusedError,
    StoredObject,
    StoreUnavailableError,
)
from sessions_app.storage.writeback import Writeback

READ_SIZE = 256 * 1024
"""Bytes read at once: few enough to be in the processor's cache still when they are hashed or sent."""
_HIDDEN_NAME = re.compile(r"\.(?P<name>.+)\.(?P<upload_id>[0-9a-f]+)\.parts")


class FileSystemStore:
    def __init__(self, storage: FileSystemStorage) -> None:
        self._storage = storage
        self._root = Path(storage.location)
        self.capabilities = Capabilities(local_files=self, prepare=lambda _: disk.prepare(self._root))

    def local_path(self, key: str) -> Path:
        return Path(self._storage.path(checked(key)))

    def size(self, key: str) -> int:
        path = self.local_path(key)
        with durable.disk_errors(key), _missing(key):
            return _regular_size(key, path.stat())

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        path = self.local_path(key)
        with durable.disk_errors(key), _missing(key):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with durable.disk_errors(key):
                if end > _regular_size(key, os.fstat(descriptor)):
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
    def writer(self, key: str, *, size: int | None = None, settled: bool = True) -> Iterator[ObjectWriter]:
        del size  # files grow as they like
        with self.new_file(key, settled=settled) as descriptor:
            writer = _FileWriter(key, descriptor)
            yield writer
            writer.finish()

    @contextmanager
    def new_file(self, key: str, *, settled: bool = True) -> Iterator[int]:
        path = self.local_path(key)
        try:
            with durable.new_file(path, key=key, settled=settled) as descriptor:
                yield descriptor
        except BaseException:
            durable.remove_empty_folders(path.parent, below=self._root)
            raise

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        placed = sorted((self.local_path(key), key, data) for key, data in objects)
        for folder, some in groupby(placed, key=lambda one: one[0].parent):
            files = [(path.name, data) for path, _, data in some]
            with durable.disk_errors(str(folder.relative_to(self._root))):
                durable.in_folder(folder, partial(durable.write_files, folder, files))

    def promote(self, staged: str, key: str) -> None:
        source, path = self.local_path(staged), self.local_path(key)
        with durable.disk_errors(key):
            try:
                with durable.opened(source) as descriptor:
                    os.fsync(descriptor)  # of one that is settled this takes no time
                durable.place(source, path)
            except FileNotFoundError:
                self.size(key)
            durable.sync_folder(path.parent)
        self.delete(staged)

    def begin(self, key: str) -> str:
        upload_id = secrets.token_hex(16)
        path = self._upload_path(key, upload_id)
        with durable.disk_errors(key):
            os.close(durable.open_hidden(path))
        return upload_id

    def put_part(
        self, key: str, upload_id: str, number: int, chunks: Iterable[bytes], *, part_size: int = PART_SIZE
    ) -> Part:
        taken = take_chunks(checked(key), number, chunks, part_size=part_size)
        start = end = (number - 1) * part_size
        crc32 = 0
        # Everything has arrived: the lock is held for as long as the disk takes, never for as long as a network does.
        with (
            durable.disk_errors(key),
            self._locked_upload(key, upload_id, start, part_size) as descriptor,
        ):
            if os.fstat(descriptor).st_nlink > 1:
                # Joined by somebody who was killed before the upload could be forgotten: these are the object's bytes.
                raise ObjectMissingError(key)
            for chunk in taken:
                durable.write_all_at(descriptor, chunk, end)
                crc32 = zlib_ng.crc32(chunk, crc32)
                end += len(chunk)
            if durable.boot():
                writeback.begin(descriptor, start, end)
            else:
                os.fdatasync(descriptor)
        return Part(number=number, size=end - start, etag=f"{crc32:08x}@{durable.boot()}")

    def complete(
        self, key: str, upload_id: str, parts: Sequence[Part], *, part_size: int = PART_SIZE
    ) -> None:
        size = whole_size(checked(key), parts, part_size=part_size)
        path = self.local_path(key)
        try:
            with durable.disk_errors(key), self._locked_upload(key, upload_id, 0, TO_THE_END) as descriptor:
                if lost := _lost(descriptor, parts, part_size):
                    raise PartsLostError(key, lost)
                if os.fstat(descriptor).st_size < size:
                    raise PartsRefusedError(key, "Not all of the parts have arrived.")
                os.ftruncate(descriptor, size)  # the last part may have been longer when it was first sent
                os.fchmod(descriptor, durable.FILE_MODE)
                os.fsync(descriptor)
                durable.place(self._upload_path(key, upload_id), path)
                durable.sync_folder(path.parent)
                # Before the lock is given back: who waits for it must not write into the object.
                self.abort(key, upload_id)
        except ObjectMissingError:
            self.size(key)

    def abort(self, key: str, upload_id: str) -> None:
        self._remove(key, self._upload_path(key, upload_id))

    def open_uploads(self, prefix: str) -> Iterator[OpenUpload]:
        for folder, entry in self._files(prefix):
            if hidden := _HIDDEN_NAME.fullmatch(entry.name):
                yield OpenUpload(key=folder + hidden["name"], upload_id=hidden["upload_id"])

    def list(self, prefix: str) -> Iterator[StoredObject]:
        for folder, entry in self._files(prefix):
            if not entry.name.startswith("."):
                with suppress(FileNotFoundError):  # removed while we look
                    yield StoredObject(key=folder + entry.name, size=entry.stat().st_size)

    def delete(self, key: str) -> None:
        self._remove(key, self.local_path(key))

    def _upload_path(self, key: str, upload_id: str) -> Path:
        if not upload_id.isalnum():
            raise KeyRefusedError(upload_id)
        return durable.hidden_name(self.local_path(key), upload_id)

    @contextmanager
    def _locked_upload(self, key: str, upload_id: str, start: int, length: int) -> Iterator[int]:
        """Open the upload's bytes with the range locked.

        :raises ObjectMissingError: no such upload is open.
        :raises PartBusyError: somebody else has locked some of the range.
        """
        path = self._upload_path(key, upload_id)
        with _missing(key):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            with locked_range(descriptor, start, length):
                with _missing(key):
                    path.stat()  # its name may have gone since it was opened: then somebody completed or aborted it
                yield descriptor
        except RangeTakenError as error:
            raise PartBusyError(key) from error
        finally:
            os.close(descriptor)

    def _remove(self, key: str, path: Path) -> None:
        with durable.disk_errors(key):
            with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
                path.unlink()
            durable.remove_empty_folders(path.parent, below=self._root)

    def _files(self, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Yield every file below the folder with its own folder's prefix; folders may come and go meanwhile."""
        folders = [checked_prefix(prefix)]
        while folders:
            folder = folders.pop()
            with (
                durable.disk_errors(folder),
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
        self._writeback = Writeback(descriptor)

    def write(self, data: bytes | memoryview, /) -> int:
        with durable.disk_errors(self._key):
            written = durable.write_all(self._descriptor, data)
        self._writeback.advance(written)
        return written

    def finish(self) -> None:
        self._writeback.finish()


def _lost(descriptor: int, parts: Sequence[Part], part_size: int) -> Sequence[int]:
    """Return the numbers of parts that were written before the system was last started and are not what they were."""
    lost = []
    for part in parts:
        crc32, _, written = part.etag.partition("@")
        if not written or written != durable.boot():
            start = (part.number - 1) * part_size
            if f"{_crc32_of(descriptor, start, start + part.size):08x}" != crc32:
                lost.append(part.number)
    return lost


def _crc32_of(descriptor: int, start: int, end: int) -> int:
    crc32 = 0
    while start < end and (data := os.pread(descriptor, min(READ_SIZE, end - start), start)):
        crc32 = zlib_ng.crc32(data, crc32)
        start += len(data)
    return crc32


def _regular_size(key: str, found: os.stat_result) -> int:
    if not stat.S_ISREG(found.st_mode):
        raise ObjectMissingError(key)
    return found.st_size


@contextmanager
def _missing(key: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ObjectMissingError(key) from error
