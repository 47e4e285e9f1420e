"""Fetches a version's files: what is large by ranges, several at once, resumed after a kill; what is small in bundles.

Every file is written beside its place, hashed on the way, and takes its place only if the hash is right.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

from dubbing_client.api import Api
from dubbing_client.downloads import Download, make_parent
from dubbing_client.errors import FolderError, TransferError, UnreachableError
from dubbing_client.folder import Stat
from dubbing_client.parts import part_of
from dubbing_client.retries import Cancelled, attempt
from dubbing_client.state import Hashed
from dubbing_client.transport import StreamedResponse, Transport

CONNECTIONS = 4
SMALL = 1024 * 1024
"""Files below this come in bundles,"""
BUNDLE_SIZE = 8 * 1024 * 1024
BUNDLE_FILES = 1000
"""of about so many bytes and at most so many files."""
EARLIER = 100_000_000
"""Nanoseconds by which a written file's time lies back, so that any later write shows (`Hashed.holds_for`)."""


@dataclass(frozen=True)
class RemoteFile:
    path: str
    """In the folder, for messages."""
    remote: str
    """In the session's tree; empty for metadata.json, which is made for the version and is none of its entries."""
    place: Path
    size: int
    sha256: str

    @property
    def part(self) -> Path:
        return part_of(self.place, self.sha256)


OnPlaced = Callable[[RemoteFile, Hashed], object]


class Receiver:
    """Fetches files of one version with some connections of its own. To be used in a ``with`` block.

    :param on_bytes: told of bytes that came, from any thread; negative where they have to come again.
    :param on_placed: told of each file that took its place, from any thread.
    :param may_place: the last look at a target before something takes its place.
    """

    def __init__(
        self,
        api: Api,
        *,
        session: str,
        version: int,
        notes: Path,
        on_bytes: Callable[[int], object],
        on_placed: OnPlaced,
        may_place: Callable[[RemoteFile], object] = lambda _: None,
    ) -> None:
        self._api = api
        self._session = session
        self._version = version
        self.notes = notes
        """As `State.notes`."""
        self.on_bytes = on_bytes
        self._on_placed = on_placed
        self._may_place = may_place
        self._transport = Transport(timeout=api.timeout)
        self._stop = threading.Event()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._transport.close()

    def fetch(self, files: Sequence[RemoteFile]) -> None:
        """Fetch all of them.

        :raises TransferError: bytes came that are not the version's.
        :raises FolderError: the disk does not take them.
        """
        entries = [file for file in files if file.remote]
        large = sorted((file for file in entries if file.size >= SMALL), key=lambda file: -file.size)
        downloads = [Download(self, file) for file in large]
        work: deque[Callable[[], object]] = deque()
        work.extend(partial(self.fetch_document, file) for file in files if not file.remote)
        work.extend(
            partial(download.fetch, number) for download in downloads for number in range(download.segments)
        )
        work.extend(
            partial(self.fetch_bundle, bundle)
            for bundle in _bundles([file for file in entries if file.size < SMALL])
        )
        pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fetch")
        try:
            futures = [pool.submit(self._work, work) for _ in range(min(CONNECTIONS, len(work)))]
            pending = set(futures)
            while pending:
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
        finally:
            self._stop.set()
            self._transport.close()
            pool.shutdown(wait=True)
            for download in downloads:
                download.close()

    def _work(self, work: deque[Callable[[], object]]) -> None:
        while not self._stop.is_set():
            try:
                action = work.popleft()
            except IndexError:
                return
            try:
                action()
            except OSError as error:
                raise FolderError(
                    f"{error.filename or 'The folder'} cannot be written: {error.strerror or error}."
                ) from error

    # -- What is large ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def open_range(self, remote: str, start: int, end: int, *, sha256: str) -> Iterator[StreamedResponse]:
        """Ask for a range of a file (``end`` excluded)."""
        url = self._api.url + self._api.file_path(self._session, self._version, remote)
        headers = {
            **self._api.authorization,
            "Range": f"bytes={start}-{end - 1}",
            "If-Range": f'"{sha256}"',
        }
        with self._transport.stream(url, headers=headers) as body:
            # Who ignores Range may still have been asked for everything.
            is_range = body.status == HTTPStatus.PARTIAL_CONTENT or (
                body.status == HTTPStatus.OK and start == 0
            )
            if not is_range or body.size != end - start:
                raise TransferError(f"The portal answered something else than was asked for (“{remote}”).")
            yield body

    def again(self, action: Callable[[], object], *, progress: Callable[[], object]) -> None:
        """Do something until it works; the further it comes, the longer it is tried."""
        api = self._api
        attempt(action, retries=api.retries, stop=self._stop, on_trouble=api.on_trouble, progress=progress)

    def check(self) -> None:
        if self._stop.is_set():
            raise Cancelled

    def place(self, file: RemoteFile, *, sha256: str) -> None:
        """Let a file that is all there take its place.

        :raises TransferError: its bytes are not those that the version has.
        """
        if sha256 != file.sha256:
            with contextlib.suppress(OSError):
                file.part.unlink()
            raise TransferError(
                f"“{file.path}” did not arrive as it was saved. Nothing was overwritten; try again."
            )
        self._may_place(file)
        at_ns = time.time_ns()
        earlier = at_ns - EARLIER
        with contextlib.suppress(FileNotFoundError):
            before = os.lstat(file.place)
            if stat.S_ISREG(before.st_mode):
                file.part.chmod(stat.S_IMODE(before.st_mode))
        os.utime(file.part, ns=(earlier, earlier))
        file.part.replace(file.place)
        now = Stat.of(os.lstat(file.place))
        self._on_placed(file, Hashed(stat=now, sha256=sha256, at_ns=at_ns))

    # -- What is small ----------------------------------------------------------------------------------------------

    def fetch_bundle(self, files: Sequence[RemoteFile]) -> None:
        left = deque(files)

        def once() -> None:
            self.check()
            url = self._api.url + self._api.bundle_path(self._session, self._version)
            asked = json.dumps({"paths": [file.remote for file in left]}, ensure_ascii=False).encode()
            headers = {
                **self._api.authorization,
                "Content-Type": "application/json",
            }
            with self._transport.stream(url, headers=headers, body=asked) as body:
                if body.size is not None and body.size != sum(file.size for file in left):
                    raise TransferError("The portal answered something else than was asked for.")
                while left:
                    self._take_one(body, left[0])
                    left.popleft()

        self.again(once, progress=lambda: len(left))

    def _take_one(self, body: StreamedResponse, file: RemoteFile) -> None:
        self.check()
        data = body.read(file.size)
        if len(data) < file.size:
            raise UnreachableError("The connection was interrupted.")
        self._write(file, data)

    def fetch_document(self, file: RemoteFile) -> None:
        """Fetch metadata.json."""
        self._write(file, self._api.metadata(self._session, self._version))

    def _write(self, file: RemoteFile, data: bytes | bytearray) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        make_parent(file.place)
        with contextlib.suppress(FileNotFoundError):
            file.part.unlink()
        with file.part.open("xb") as part:
            part.write(data)
        self.place(file, sha256=sha256)
        self.on_bytes(len(data))


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
