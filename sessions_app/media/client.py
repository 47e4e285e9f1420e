"""Process without rights that works on media files, as the worker sees it."""

from __future__ import annotations

import json
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from dubbing_core.sentences import sentence
from sessions_app.storage.store import BlobReader

PROGRAM = Path(__file__).with_name("media_process.py")
HEADER = struct.Struct("!cQI")
START_TIMEOUT = 60.0
"""Seconds until the process has loaded its libraries, on a busy machine."""
BLOCK = 1024 * 1024
REPORT_SIZE = 64 * 1024
FILES_PER_PROCESS = 500
TOO_SLOW = sentence("takes too long to read")
ENDED = sentence("cannot be read: it ends the program that reads it")


class MediaReaderUnavailableError(Exception):
    """Media cannot be read on this machine."""


class ProcessEndedError(Exception):
    """The process has ended, is too slow, or sends what it must not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MediaProcess:
    """The process, which serves several files one after the other."""

    def __init__(self, *, result: int | None = None) -> None:
        """Prepare it.

        :param result: descriptor of the file for its results; without it the process writes nothing.
        """
        self._result = result
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._files = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._socket = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it if it does not run.

        :raises MediaReaderUnavailableError: PyAV is not installed, or no process can be started.
        """
        if self._process is None or self._files >= FILES_PER_PROCESS:
            self.close()
            self._start()
        self._files += 1

    def _start(self) -> None:
        local, remote = socket.socketpair()
        with remote:
            descriptors = [remote.fileno()] + ([self._result] if self._result is not None else [])
            # Isolated from the portal's folder and environment; neither settings nor secrets are passed on.
            self._process = subprocess.Popen(  # noqa: S603 (the portal's own program)
                [sys.executable, "-I", str(PROGRAM), *map(str, descriptors)],
                pass_fds=descriptors,
                env={"LC_ALL": "C.UTF-8"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._socket, self._files = local, 0
        try:
            kind, _, _ = self.receive_header(time.monotonic() + START_TIMEOUT)
        except ProcessEndedError as error:
            self.close()
            raise MediaReaderUnavailableError(
                "Media files cannot be read: PyAV is not installed or does not start. Install requirements/base.txt again."
            ) from error
        assert kind == b"H"

    def receive_report(self, length: int, deadline: float) -> dict[str, object]:
        try:
            report = json.loads(self._receive(length, deadline))
        except (ValueError, RecursionError):
            report = None
        if not isinstance(report, dict):
            raise ProcessEndedError(ENDED)
        return report

    def receive_header(self, deadline: float) -> tuple[bytes, int, int]:
        kind, start, length = HEADER.unpack(self._receive(HEADER.size, deadline))
        return kind, start, length

    def send(self, data: bytes, deadline: float) -> None:
        assert self._socket is not None
        try:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            self._socket.sendall(data)
        except TimeoutError:
            raise ProcessEndedError(TOO_SLOW) from None
        except OSError:
            raise ProcessEndedError(self._get_reason()) from None

    def _receive(self, length: int, deadline: float) -> bytes:
        assert self._socket is not None
        data = bytearray()
        try:
            while len(data) < length:
                self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
                chunk = self._socket.recv(length - len(data))
                if not chunk:
                    raise ProcessEndedError(self._get_reason())
                data += chunk
        except TimeoutError:
            raise ProcessEndedError(TOO_SLOW) from None
        except OSError:
            raise ProcessEndedError(self._get_reason()) from None
        return bytes(data)

    def _get_reason(self) -> str:
        """Return why the process ended, by its status."""
        assert self._process is not None
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return ENDED
        return TOO_SLOW if status in {-signal.SIGXCPU, -signal.SIGKILL} else ENDED


class ServedFile:
    """An object of the store while the process reads it.

    Counts the bytes, and the time that the store takes.
    """

    def __init__(
        self, process: MediaProcess, store: BlobReader, key: str, size: int, *, timeout: float, limit: int
    ) -> None:
        self._process, self._store, self._key, self._size = process, store, key, size
        self.deadline = time.monotonic() + timeout
        self._limit = limit
        self._requested = 0

    def serve(self, *expected: bytes) -> tuple[bytes, int, int]:
        """Send what the process asks for, up to another header; return it.

        :param expected: letters that the header may have.
        :raises StoreError: the store did not return its bytes.
        :raises ProcessEndedError: the process ended, or asks for what it must not.
        """
        while True:
            kind, start, length = self._process.receive_header(self.deadline)
            if kind != b"R":
                if kind not in expected or length > REPORT_SIZE:
                    raise ProcessEndedError(ENDED)
                return kind, start, length
            self._requested += length
            if length > BLOCK or start + length > self._size or self._requested > self._limit:
                raise ProcessEndedError(ENDED)
            began = time.monotonic()
            data = b"".join(self._store.read(self._key, start, start + length))
            self.deadline += time.monotonic() - began
            self._process.send(data, self.deadline)
