"""Download of a version's files: large ones in ranges, small ones in bundles.

Each file is written to a part file, hashed as it is received, and moved into place only if the hash matches.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path

from dubbing_client.api import Api
from dubbing_client.errors import FolderError, TransferError, UnreachableError
from dubbing_client.folder import Stat
from dubbing_client.ranged_download import RangedDownload, create_parent
from dubbing_client.remote_file import RemoteFile
from dubbing_client.retries import attempt
from dubbing_client.state import FileHash
from dubbing_client.transport import StreamedResponse, Transport
from dubbing_core.concurrency import TaskGroup

CONNECTIONS = 4
SMALL_SIZE = 1024 * 1024
"""Files below this size are fetched in bundles."""
BUNDLE_SIZE = 8 * 1024 * 1024
BUNDLE_FILES = 1000
METADATA_ATTEMPTS = 3
BACKDATED_NS = 100_000_000
"""Nanoseconds by which a written file's time is set back, so that any later write is noticed (`FileHash.is_valid_for`)."""
READ_BITS = 0o444
EXECUTE_BITS = 0o111

OnPlaced = Callable[[RemoteFile, FileHash], object]


class Downloader:
    """Downloader of one version's files, over connections of its own.

    To be used in a ``with`` block.

    :param records: directory of the records of part files.
    :param on_bytes: called with the size of received blocks, from any thread.
    :param on_placed: called for each file that was moved into place, from any thread.
    :param check_target: called before a file is moved into place; may raise.
    """

    def __init__(
        self,
        api: Api,
        *,
        session: str,
        version: int,
        records: Path,
        on_bytes: Callable[[int], object],
        on_placed: OnPlaced,
        check_target: Callable[[RemoteFile], object] = lambda _: None,
    ) -> None:
        self.records = records
        self._api = api
        self._session = session
        self._version = version
        self._on_bytes = on_bytes
        self._on_placed = on_placed
        self._check_target = check_target
        self._transport = Transport(timeout=api.timeout)
        self._group = TaskGroup()

    def __enter__(self) -> Downloader:
        return self

    def __exit__(self, *_: object) -> None:
        self._group.stop()
        self._transport.close()

    def fetch(self, files: Sequence[RemoteFile]) -> None:
        """Download all of the files.

        :raises TransferError: the received bytes are not the version's.
        :raises FolderError: the folder cannot be written to.
        """
        entries = [file for file in files if file.entry_path]
        single = [file for file in entries if file.address or file.size >= SMALL_SIZE]
        large = sorted(single, key=lambda file: -file.size)
        small = [file for file in entries if not file.address and file.size < SMALL_SIZE]
        downloads = [RangedDownload(self, file) for file in large]
        tasks: list[Callable[[], object]] = [
            *(partial(self._fetch_metadata, file) for file in files if not file.entry_path),
            *(
                partial(download.fetch, number)
                for download in downloads
                for number in range(download.range_count)
            ),
            *(partial(self._fetch_bundle, bundle) for bundle in _bundles(small)),
        ]
        try:
            with self._group as group:
                pool = group.pool(CONNECTIONS, "fetch")
                try:
                    for task in tasks:
                        pool.submit(_run, task)
                    group.wait_all()
                except BaseException:
                    self._transport.close()  # interrupts requests of the other threads
                    raise
        finally:
            for download in downloads:
                download.close()

    # -- Large files (ranged_download.Downloads) --------------------------------------------------------------------

    @contextlib.contextmanager
    def open_range(self, file: RemoteFile, start: int, end: int) -> Iterator[StreamedResponse]:
        """Request a range of a file (``end`` excluded)."""
        address = file.address or self._api.file_path(self._session, self._version, file.entry_path)
        url = self._api.url + address
        headers = {
            **self._api.authorization,
            "Range": f"bytes={start}-{end - 1}",
            "If-Range": f'"{file.sha256}"',
        }
        with self._transport.stream(url, headers=headers) as response:
            # A server that ignores Range sends the whole file, which may be what was requested.
            is_range = response.status == HTTPStatus.PARTIAL_CONTENT or (
                response.status == HTTPStatus.OK and start == 0
            )
            if not is_range or response.size != end - start:
                raise TransferError(f"The portal sent another range of “{file.entry_path}” than requested.")
            yield response

    def repeat(self, action: Callable[[], object], *, progress: Callable[[], object]) -> None:
        """Repeat an action until it succeeds.

        Attempts that get further do not count as failures.
        """
        attempt(
            action,
            retries=self._api.retries,
            stop=self._group.stop_signal,
            on_retry=self._api.on_retry,
            progress=progress,
        )

    def check(self) -> None:
        self._group.check()

    def count(self, size: int) -> None:
        self._on_bytes(size)

    def move_into_place(self, file: RemoteFile, *, sha256: str) -> None:
        """Replace the target with a complete part file.

        :raises TransferError: its content is not the version's.
        """
        if sha256 != file.sha256:
            with contextlib.suppress(OSError):
                file.part_file.unlink()
            raise TransferError(
                f"The download of “{file.path}” is damaged. Nothing was overwritten; try again."
            )
        self._check_target(file)
        now_ns = time.time_ns()
        with contextlib.suppress(FileNotFoundError):
            before = os.lstat(file.target)
            if stat.S_ISREG(before.st_mode):
                file.part_file.chmod(stat.S_IMODE(before.st_mode))
        set_executable(file.part_file, is_executable=file.is_executable)
        _set_time(file, default_ns=now_ns - BACKDATED_NS)
        file.part_file.replace(file.target)
        written = Stat.of(os.lstat(file.target))
        self._on_placed(file, FileHash(stat=written, sha256=sha256, read_at_ns=now_ns))

    # -- Small files ------------------------------------------------------------------------------------------------

    def _fetch_bundle(self, files: Sequence[RemoteFile]) -> None:
        left = deque(files)
        url = self._api.url + self._api.bundle_path(self._session, self._version)
        headers = {**self._api.authorization, "Content-Type": "application/json"}

        def resume() -> None:
            self.check()
            paths = [file.entry_path for file in left]
            body = json.dumps({"paths": paths}, ensure_ascii=False).encode()
            with self._transport.stream(url, headers=headers, body=body) as response:
                if response.size is not None and response.size != sum(file.size for file in left):
                    raise TransferError("The portal sent another bundle than requested.")
                while left:
                    self._receive(response, left[0])
                    left.popleft()

        self.repeat(resume, progress=lambda: len(left))

    def _receive(self, response: StreamedResponse, file: RemoteFile) -> None:
        self.check()
        data = response.read(file.size)
        if len(data) < file.size:
            raise UnreachableError("The connection was interrupted.")
        self._write(file, data)

    def _fetch_metadata(self, file: RemoteFile) -> None:
        """Fetch the document that the portal generates.

        It may differ from the manifest's: the session was renamed, or texts of its files were read in the meantime.
        """
        data = self._api.metadata(self._session, self._version)
        for _ in range(METADATA_ATTEMPTS):
            if hashlib.sha256(data).hexdigest() == file.sha256:
                break
            facts = self._api.manifest(self._session, self._version)["metadata"]
            file = replace(file, size=facts["size"], sha256=facts["sha256"])
            data = self._api.metadata(self._session, self._version)
        self._write(file, data)

    def _write(self, file: RemoteFile, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        create_parent(file.target)
        with contextlib.suppress(FileNotFoundError):
            file.part_file.unlink()
        with file.part_file.open("xb") as part_file:
            part_file.write(data)
        self.move_into_place(file, sha256=sha256)
        self.count(len(data))


def set_executable(place: Path, *, is_executable: bool) -> None:
    """Set the executable bits of those who may read the file, or clear them."""
    mode = stat.S_IMODE(place.stat().st_mode)
    readers = (mode & READ_BITS) >> 2
    new_mode = mode | readers if is_executable else mode & ~EXECUTE_BITS
    if new_mode != mode:
        place.chmod(new_mode)


def _set_time(file: RemoteFile, *, default_ns: int) -> None:
    """Restore the modification time, or set the default."""
    if file.mtime_ns is not None:
        with contextlib.suppress(OSError, OverflowError):
            os.utime(file.part_file, ns=(file.mtime_ns, file.mtime_ns))
            return
    os.utime(file.part_file, ns=(default_ns, default_ns))


def _run(task: Callable[[], object]) -> None:
    try:
        task()
    except OSError as error:
        raise FolderError(
            f"{error.filename or 'The folder'} cannot be written: {error.strerror or error}."
        ) from error


def _bundles(files: Sequence[RemoteFile]) -> Iterator[list[RemoteFile]]:
    bundle: list[RemoteFile] = []
    size = 0
    for file in files:
        if bundle and (size + file.size > BUNDLE_SIZE or len(bundle) == BUNDLE_FILES):
            yield bundle
            bundle, size = [], 0
        bundle.append(file)
        size += file.size
    if bundle:
        yield bundle
