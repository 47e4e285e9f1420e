"""Uploads of files: in parts, several at once, with retries.

Parts that an earlier run sent are not sent again.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dubbing_client.api import MAX_UPLOADS_PER_CALL, Api, batches
from dubbing_client.errors import ChangedError, Problem, TransferError, UnavailableError
from dubbing_client.folder import Stat
from dubbing_client.objects import Upload
from dubbing_client.retries import attempt
from dubbing_client.transport import FileRange, Transport
from dubbing_core.concurrency import TaskGroup

CONNECTIONS = 4
MAX_FILES_PER_CALL = 5000
MAX_FILES_PER_PACK = 2000
SIGNED_PER_CALL = 32
COMPLETION_ATTEMPTS = 3
"""How often uploads are completed, with parts that were lost sent again in between."""


@dataclass(frozen=True)
class LocalFile:
    """A file as it was when it was hashed."""

    path: str
    """Path in the portal."""
    place: Path
    stat: Stat
    sha256: str

    @property
    def size(self) -> int:
        return self.stat.size

    def as_json(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "path": self.path,
            "size": self.size,
            "sha256": self.sha256,
            "mtime_ns": self.stat.mtime_ns,
        }
        # Windows has no such bit: the portal keeps that of the file that is replaced.
        return facts if sys.platform == "win32" else {**facts, "executable": self.stat.is_executable}


@dataclass(frozen=True)
class NewUpload:
    """An upload to create: of one file, or of a pack of small ones."""

    files: tuple[LocalFile, ...]
    is_pack: bool

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def as_json(self) -> dict[str, Any]:
        if self.is_pack:
            return {"files": [file.as_json() for file in self.files]}
        return self.files[0].as_json()

    def file_ranges(self, start: int, end: int) -> list[FileRange]:
        """Return the ranges of files that correspond to a range of the upload."""
        ranges, offset = [], 0
        for file in self.files:
            first, last = max(start, offset), min(end, offset + file.size)
            if first < last:
                ranges.append(FileRange(file.place, first - offset, last - first, file.path))
            offset += file.size
        return ranges


def group_into_uploads(files: Sequence[LocalFile], *, small_size: int, pack_size: int) -> list[NewUpload]:
    """Group files into uploads.

    The same files always give the same uploads, so that the portal can resume them.

    :param small_size: files below so many bytes are packed,
    :param pack_size: into packs of about so many.
    """
    uploads = [NewUpload((file,), is_pack=False) for file in files if file.size >= small_size]
    pack: list[LocalFile] = []
    size = 0
    for file in sorted((file for file in files if file.size < small_size), key=lambda file: file.path):
        if pack and (size + file.size > pack_size or len(pack) == MAX_FILES_PER_PACK):
            uploads.append(NewUpload(tuple(pack), is_pack=True))
            pack, size = [], 0
        pack.append(file)
        size += file.size
    if pack:
        uploads.append(NewUpload(tuple(pack), is_pack=True))
    return uploads


@dataclass
class _Transfer:
    new: NewUpload
    upload: Upload
    parts_left: int = 0
    is_complete: bool = False
    """Whether the portal has joined all parts."""

    def part_size(self, number: int) -> int:
        full = self.upload["part_size"]
        return min(full, self.new.size - (number - 1) * full)

    def file_ranges(self, number: int) -> list[FileRange]:
        start = (number - 1) * self.upload["part_size"]
        return self.new.file_ranges(start, start + self.part_size(number))


@dataclass
class _SignedUrls:
    """Signed URLs of parts that are sent directly to the object store."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[tuple[str, int]] = field(default_factory=list)
    """Parts without a URL, in the order in which they will be sent."""
    signed: dict[tuple[str, int], tuple[str, Mapping[str, str]]] = field(default_factory=dict)


class Uploader:
    """Sender of uploads in the background, while more are added.

    To be used in a ``with`` block; `finish` waits for all uploads.

    :param on_bytes: called with the size of sent blocks (negative if they have to be sent again), from any thread.
    """

    def __init__(self, api: Api, *, on_bytes: Callable[[int], object] | None = None) -> None:
        self._api = api
        self._on_bytes = on_bytes or (lambda _: None)
        self._transport = Transport(timeout=api.timeout)
        self._group = TaskGroup()
        self._pool = self._group.pool(CONNECTIONS, "send")
        self._urls = _SignedUrls()
        self._transfers: dict[str, _Transfer] = {}
        self._lock = threading.Lock()
        self.bytes_sent = 0
        """Bytes sent by this run."""

    def __enter__(self) -> Uploader:
        return self

    def __exit__(self, *_: object) -> None:
        self._group.stop()
        self._transport.close()
        self._group.close()

    def has_capacity(self) -> bool:
        """Return whether connections are idle, or soon will be."""
        self._group.finished()
        return self._group.pending < 2 * CONNECTIONS

    def add(self, uploads: Sequence[NewUpload]) -> None:
        """Create uploads and start to send their missing parts.

        :raises Problem: the portal refuses them, or an earlier transfer failed.
        """
        self._group.finished()
        for batch in _batches(uploads):
            created = self._api.create_uploads([new.as_json() for new in batch])
            for new, upload in zip(batch, created, strict=True):
                self._start(new, upload)

    def finish(self) -> list[str]:
        """Wait until everything was sent, and return the codes of the uploads.

        :raises ChangedError: a file has changed since it was hashed.
        """
        for number in range(COMPLETION_ATTEMPTS):
            self._group.wait_all()
            # Earlier portals do not complete uploads with the last part, nor does the object store.
            incomplete = [code for code, transfer in self._transfers.items() if not transfer.is_complete]
            try:
                for batch in batches(incomplete, MAX_UPLOADS_PER_CALL):
                    self._api.complete_uploads(batch)
            except Problem as problem:
                if problem.code != "upload_incomplete" or number == COMPLETION_ATTEMPTS - 1:
                    raise
                self._send_lost_parts(problem)
            else:
                break
        return list(self._transfers)

    def _start(self, new: NewUpload, upload: Upload) -> None:
        if upload["size"] != new.size:
            raise TransferError("The portal created an upload of another size.")
        part_size = upload["part_size"]
        if part_size < 1 or upload["part_count"] != max(1, -(-new.size // part_size)):
            raise TransferError("The portal divided an upload into impossible parts.")
        self._transfers[upload["code"]] = transfer = _Transfer(new, upload)
        if upload["state"] == "received":
            transfer.is_complete = True
            self._on_bytes(new.size)
            return
        received = {part["number"]: part["size"] for part in upload["parts"]}
        missing = [number for number in range(1, upload["part_count"] + 1) if number not in received]
        self._on_bytes(sum(received.values()))
        self._queue(transfer, missing)

    def _queue(self, transfer: _Transfer, numbers: Sequence[int]) -> None:
        code = transfer.upload["code"]
        with self._lock:
            transfer.parts_left += len(numbers)
        if transfer.upload["direct"]:
            with self._urls.lock:
                self._urls.waiting += [(code, number) for number in numbers]
        for number in numbers:
            self._pool.submit(self._send, transfer, number)

    def _send_lost_parts(self, problem: Problem) -> None:
        for incomplete in problem.extras.get("incomplete", ()):
            transfer = self._transfers[incomplete["upload"]]
            numbers = [int(number) for number in incomplete["missing"]]
            if any(not 1 <= number <= transfer.upload["part_count"] for number in numbers):
                raise problem
            self._on_bytes(-sum(transfer.part_size(number) for number in numbers))
            self._queue(transfer, numbers)

    # -- In the pool's threads --------------------------------------------------------------------------------------

    def _send(self, transfer: _Transfer, number: int) -> None:
        ranges = transfer.file_ranges(number)

        def send_once() -> None:
            sent = 0

            def count(size: int) -> None:
                nonlocal sent
                self._group.check()
                sent += size
                self._on_bytes(size)

            try:
                self._put(transfer, number, ranges, count)
            except BaseException:
                self._on_bytes(-sent)
                raise
            with self._lock:
                self.bytes_sent += sent

        attempt(
            send_once,
            retries=self._api.retries,
            stop=self._group.stop_signal,
            on_retry=self._api.on_retry,
        )
        with self._lock:
            transfer.parts_left -= 1
            is_last = transfer.parts_left == 0
        if is_last:
            _check_unchanged(transfer.new)

    def _put(
        self, transfer: _Transfer, number: int, ranges: Sequence[FileRange], on_bytes: Callable[[int], None]
    ) -> None:
        code = transfer.upload["code"]
        if not transfer.upload["direct"]:
            self._put_to_portal(transfer, self._api.part_path(code, number), ranges, on_bytes)
            return
        url, headers = self._signed_url(code, number)
        if self._api.url.startswith("https:") and not url.startswith("https:"):
            raise TransferError(
                "The portal asks to send files over a connection without encryption. Report it to its operator."
            )
        try:
            self._transport.put(url, ranges, headers=headers, on_bytes=on_bytes)
        except Problem as problem:
            if problem.status not in {400, 403}:
                raise
            # The URL has expired: the next attempt gets a new one.
            raise UnavailableError(str(problem), status=problem.status, code=problem.code) from problem

    def _put_to_portal(
        self, transfer: _Transfer, path: str, ranges: Sequence[FileRange], on_bytes: Callable[[int], None]
    ) -> None:
        try:
            response = self._transport.put(
                self._api.url + path, ranges, headers=self._api.authorization, on_bytes=on_bytes
            )
        except Problem as problem:
            if problem.code != "upload_complete":
                raise
            # An earlier attempt has sent this part, and only the response to it was lost.
            transfer.is_complete = True
        else:
            if _reports_completion(response.body):
                transfer.is_complete = True

    def _signed_url(self, code: str, number: int) -> tuple[str, Mapping[str, str]]:
        """Return a part's signed URL, for one use.

        Those of the next parts are requested along with it.
        """
        urls, part = self._urls, (code, number)
        with urls.lock:
            if part not in urls.signed:
                others = [other for other in urls.waiting if other != part][: SIGNED_PER_CALL - 1]
                requested = dict.fromkeys([part, *others])
                urls.waiting = [other for other in urls.waiting if other not in requested]
                signed = self._api.sign_parts(
                    [{"upload": upload, "number": number} for upload, number in requested]
                )
                for signed_part in signed:
                    urls.signed[signed_part["upload"], signed_part["number"]] = (
                        signed_part["url"],
                        signed_part["headers"],
                    )
            return urls.signed.pop(part)


def _reports_completion(body: bytes) -> bool:
    """Return whether a response to a part reports that the upload is complete."""
    try:
        part = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(part, dict) and part.get("complete") is True


def _check_unchanged(new: NewUpload) -> None:
    for file in new.files:
        try:
            stat = Stat.of(file.place.stat())
        except OSError:
            raise ChangedError(file.path) from None
        if (stat.size, stat.mtime_ns) != (file.stat.size, file.stat.mtime_ns):
            raise ChangedError(file.path)


def _batches(uploads: Sequence[NewUpload]) -> list[list[NewUpload]]:
    """Divide uploads into calls of limited size."""
    calls: list[list[NewUpload]] = []
    files = 0
    for new in uploads:
        if not calls or len(calls[-1]) == MAX_UPLOADS_PER_CALL or files + len(new.files) > MAX_FILES_PER_CALL:
            calls.append([])
            files = 0
        calls[-1].append(new)
        files += len(new.files)
    return calls
