"""Sends files as uploads: in parts, several at once, each as often as it takes; a killed client's parts are not sent again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError as WaitedTooLong
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dubbing_client.api import Api, batches
from dubbing_client.errors import ChangedError, Problem, TransferError, UnavailableError
from dubbing_client.folder import Stat
from dubbing_client.objects import Upload
from dubbing_client.retries import Cancelled, attempt
from dubbing_client.transport import FileRange, Transport

CONNECTIONS = 4
UPLOADS_A_CALL = 1000
FILES_A_CALL = 5000
FILES_A_PACK = 2000
SIGNED_AT_ONCE = 32
ROUNDS = 3
"""How often missing parts are sent after all were thought to be there."""


@dataclass(frozen=True)
class LocalFile:
    """A file of the folder, as it was when it was hashed."""

    path: str
    """As it is called in the portal."""
    place: Path
    stat: Stat
    sha256: str

    @property
    def size(self) -> int:
        return self.stat.size

    def described(self) -> dict[str, Any]:
        return {"path": self.path, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True)
class Shipment:
    """What becomes one upload: one file, or a pack of small ones."""

    files: tuple[LocalFile, ...]
    is_pack: bool

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def described(self) -> dict[str, Any]:
        if self.is_pack:
            return {"files": [file.described() for file in self.files]}
        return self.files[0].described()

    def pieces(self, start: int, end: int) -> list[FileRange]:
        """The ranges of files that make up a range of the shipment."""
        found, offset = [], 0
        for file in self.files:
            first, last = max(start, offset), min(end, offset + file.size)
            if first < last:
                found.append(FileRange(file.place, first - offset, last - first, file.path))
            offset += file.size
        return found


def packed(files: Sequence[LocalFile], *, small: int, target: int) -> list[Shipment]:
    """Decide what travels together. The same files give the same shipments: a server knows them again by that.

    :param small: files below this many bytes are packed,
    :param target: into packs of about so many.
    """
    shipments = [Shipment((file,), is_pack=False) for file in files if file.size >= small]
    pack: list[LocalFile] = []
    size = 0
    for file in sorted((file for file in files if file.size < small), key=lambda file: file.path):
        if pack and (size + file.size > target or len(pack) == FILES_A_PACK):
            shipments.append(Shipment(tuple(pack), is_pack=True))
            pack, size = [], 0
        pack.append(file)
        size += file.size
    if pack:
        shipments.append(Shipment(tuple(pack), is_pack=True))
    return shipments


@dataclass
class _Sent:
    shipment: Shipment
    upload: Upload
    left: int = 0
    """Parts that are still on their way."""


@dataclass
class _Addresses:
    """Signed addresses of parts that go straight to the store."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[tuple[str, int]] = field(default_factory=list)
    """Parts in the order in which they will be sent."""
    known: dict[tuple[str, int], tuple[str, Mapping[str, str]]] = field(default_factory=dict)


class Sender:
    """Sends shipments in the background while more are added; `finish` waits for all. To be used in a ``with`` block.

    :param on_bytes: told how many bytes went out (negative where some have to go again), from any thread.
    """

    def __init__(self, api: Api, *, on_bytes: Callable[[int], object] | None = None) -> None:
        self._api = api
        self._on_bytes = on_bytes or (lambda _: None)
        self._transport = Transport(timeout=api.timeout)
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="send")
        self._stop = threading.Event()
        self._addresses = _Addresses()
        self._futures: list[Future[None]] = []
        self._sent: dict[str, _Sent] = {}
        self._lock = threading.Lock()
        self.bytes_sent = 0
        """Without what an earlier run had sent."""

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for future in self._futures:
            future.cancel()
        self._transport.close()
        self._pool.shutdown(wait=True)

    @property
    def is_hungry(self) -> bool:
        """Whether connections stand idle, or soon will."""
        return sum(not future.done() for future in self._futures) < 2 * CONNECTIONS

    def add(self, shipments: Sequence[Shipment]) -> None:
        """Announce shipments and begin to send what the portal has not got of them.

        :raises Problem: the portal does not want them; a transfer that failed meanwhile is raised here, too.
        """
        self._raise_failed()
        for batch in _calls(shipments):
            uploads = self._api.create_uploads([shipment.described() for shipment in batch])
            for shipment, upload in zip(batch, uploads, strict=True):
                self._begin(shipment, upload)

    def finish(self) -> list[str]:
        """Wait until everything is there, and return the uploads' codes.

        :raises ChangedError: a file is not what it was when it was hashed.
        """
        for round_ in range(ROUNDS):
            self._wait()
            try:
                for batch in batches(list(self._sent), UPLOADS_A_CALL):
                    self._api.complete_uploads(batch)
            except Problem as problem:
                if problem.code != "upload_incomplete" or round_ == ROUNDS - 1:
                    raise
                self._send_again(problem)
            else:
                return list(self._sent)
        raise TransferError("Parts go missing on their way to the portal again and again.")

    def _begin(self, shipment: Shipment, upload: Upload) -> None:
        if upload["size"] != shipment.size:
            raise TransferError("The portal announces an upload of another size.")
        self._sent[upload["code"]] = sent = _Sent(shipment, upload)
        if upload["state"] == "received":
            self._on_bytes(shipment.size)
            return
        there = {part["number"]: part["size"] for part in upload["parts"]}
        missing = [number for number in range(1, upload["part_count"] + 1) if number not in there]
        self._on_bytes(sum(there.values()))
        self._queue(sent, missing)

    def _queue(self, sent: _Sent, numbers: Sequence[int]) -> None:
        code = sent.upload["code"]
        sent.left += len(numbers)
        if sent.upload["direct"]:
            with self._addresses.lock:
                self._addresses.waiting += [(code, number) for number in numbers]
        self._futures += [self._pool.submit(self._send, sent, number) for number in numbers]

    def _wait(self) -> None:
        # In the order in which they were begun, with a timeout, so that Ctrl-C gets through on Windows, too.
        while self._futures:
            future = self._futures[0]
            try:
                future.result(timeout=0.5)
            except WaitedTooLong:  # not the built-in one before Python 3.11
                self._raise_failed()
                continue
            self._futures.pop(0)

    def _raise_failed(self) -> None:
        for future in self._futures:
            if future.done() and not future.cancelled() and (error := future.exception()) is not None:
                raise error
        self._futures = [future for future in self._futures if not future.done()]

    def _send_again(self, problem: Problem) -> None:
        for each in problem.extras.get("incomplete", ()):
            sent = self._sent[each["upload"]]
            numbers = [int(number) for number in each["missing"]]
            self._on_bytes(-sum(self._size(sent, number) for number in numbers))
            self._queue(sent, numbers)

    # -- In the pool's threads --------------------------------------------------------------------------------------

    def _size(self, sent: _Sent, number: int) -> int:
        part_size = sent.upload["part_size"]
        return min(part_size, sent.shipment.size - (number - 1) * part_size)

    def _send(self, sent: _Sent, number: int) -> None:
        start = (number - 1) * sent.upload["part_size"]
        pieces = sent.shipment.pieces(start, start + self._size(sent, number))

        def once() -> None:
            gone = 0

            def on_bytes(count: int) -> None:
                nonlocal gone
                if self._stop.is_set():
                    raise Cancelled
                gone += count
                self._on_bytes(count)

            try:
                self._put(sent, number, pieces, on_bytes)
            except BaseException:
                self._on_bytes(-gone)
                raise
            with self._lock:
                self.bytes_sent += gone

        attempt(once, retries=self._api.retries, stop=self._stop, on_trouble=self._api.on_trouble)
        with self._lock:
            sent.left -= 1
            is_last = sent.left == 0
        if is_last:
            _check_unchanged(sent.shipment)

    def _put(
        self, sent: _Sent, number: int, pieces: Sequence[FileRange], on_bytes: Callable[[int], None]
    ) -> None:
        code = sent.upload["code"]
        if not sent.upload["direct"]:
            url = self._api.url + self._api.part_path(code, number)
            self._transport.put(url, pieces, headers=self._api.authorization, on_bytes=on_bytes)
            return
        url, headers = self._address(code, number)
        try:
            self._transport.put(url, pieces, headers=headers, on_bytes=on_bytes)
        except Problem as problem:
            if problem.status not in {400, 403}:
                raise
            # Its time is over: another one is signed for the next try.
            raise UnavailableError(str(problem), status=problem.status, code=problem.code) from problem

    def _address(self, code: str, number: int) -> tuple[str, Mapping[str, str]]:
        """Return a signed address, once; more are signed along with it."""
        addresses, wanted = self._addresses, (code, number)
        with addresses.lock:
            if wanted not in addresses.known:
                others = [part for part in addresses.waiting if part != wanted][: SIGNED_AT_ONCE - 1]
                asked = [wanted, *others]
                chosen = set(asked)
                addresses.waiting = [part for part in addresses.waiting if part not in chosen]
                signed = self._api.sign([{"upload": upload, "number": each} for upload, each in asked])
                for part in signed:
                    addresses.known[part["upload"], part["number"]] = (part["url"], part["headers"])
            return addresses.known.pop(wanted)


def _check_unchanged(shipment: Shipment) -> None:
    for file in shipment.files:
        try:
            now = Stat.of(file.place.stat())
        except OSError:
            raise ChangedError(file.path) from None
        if (now.size, now.mtime_ns) != (file.stat.size, file.stat.mtime_ns):
            raise ChangedError(file.path)


def _calls(shipments: Sequence[Shipment]) -> list[list[Shipment]]:
    """Divide shipments into calls that are not too large."""
    calls: list[list[Shipment]] = []
    files = 0
    for shipment in shipments:
        if not calls or len(calls[-1]) == UPLOADS_A_CALL or files + len(shipment.files) > FILES_A_CALL:
            calls.append([])
            files = 0
        calls[-1].append(shipment)
        files += len(shipment.files)
    return calls
