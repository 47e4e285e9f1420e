"""Users in one process: of pages in closed loops, of saves, and visitors.

Each function runs in its own process, so that its work is not measured as the server's; asyncio and plain sockets keep it small.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

TIMEOUT = 60.0
POLL_INTERVAL = 0.1
"""Seconds between two requests for a job."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A portal and a signed-in user of it."""

    port: int
    headers: dict[str, str]
    """`Cookie` or `Authorization`."""
    paths: tuple[str, ...] = ()
    """Pages that are requested at random."""


@dataclass(kw_only=True)
class Latencies:
    """Durations of requests, or of saves, in seconds."""

    seconds: list[float] = field(default_factory=list)
    in_requests: list[float] = field(default_factory=list)
    """Of each save, the seconds in which it waited for responses, also for one that waits for its job's end."""
    errors: list[str] = field(default_factory=list)
    duration: float = 0.0

    def percentile(self, share: float) -> float:
        """Return a percentile in milliseconds."""
        if not self.seconds:
            return float("inf")
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.duration if self.duration else 0.0


class Connection:
    """A kept-alive connection."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.waited = 0.0
        """Seconds from requests to their responses."""

    async def request(
        self, method: str, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Return status and body; connect again if the server has closed."""
        if self._writer is not None:
            try:
                return await self._exchange_in_time(method, path, body, headers or {})
            except (OSError, asyncio.IncompleteReadError):
                self.close()
        try:
            return await self._exchange_in_time(method, path, body, headers or {})
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            raise

    async def _exchange_in_time(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        start = time.perf_counter()
        try:
            return await asyncio.wait_for(self._exchange(method, path, body, headers), TIMEOUT)
        finally:
            self.waited += time.perf_counter() - start

    async def _exchange(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._target.port)
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._target.port}"]
        every = {**self._target.headers, **headers}
        if body or method not in {"GET", "HEAD"}:
            every["Content-Length"] = str(len(body))
        lines += [f"{name}: {value}" for name, value in every.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        received = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
        if received.get("transfer-encoding") == "chunked":
            data = await self._read_chunks()
        else:
            data = await self._reader.readexactly(int(received.get("content-length", "0")))
        if received.get("connection") == "close":
            self.close()
        return int(first.split()[1]), data

    async def _read_chunks(self) -> bytes:
        assert self._reader is not None
        data = bytearray()
        while size := int(await self._reader.readline(), 16):
            data += await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()
        return bytes(data)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def browse(targets: Sequence[Target], *, seconds: float, seed: int = 1) -> Latencies:
    """Request pages in closed loops: one user per target, without pauses."""

    async def user(target: Target, number: int, deadline: float, found: Latencies) -> None:
        choose = random.Random(f"{seed}-{number}")  # noqa: S311 (reproducible, not secret)
        connection = Connection(target)
        while time.monotonic() < deadline:
            await _timed(found, connection, choose.choice(target.paths))
        connection.close()

    return _run(targets, user, seconds)


def visit(targets: Sequence[Target], *, seconds: float, pause: float = 0.2, timeout: float = 4) -> Latencies:
    """Request pages now and then, each on a new connection.

    :param timeout: seconds after which a page is an error.
    """

    async def user(target: Target, number: int, deadline: float, found: Latencies) -> None:
        choose = random.Random(number)  # noqa: S311 (reproducible, not secret)
        while time.monotonic() < deadline:
            connection = Connection(target)
            await _timed(found, connection, choose.choice(target.paths), limit=timeout)
            connection.close()
            await asyncio.sleep(pause)

    return _run(targets, user, seconds)


def save(targets: Sequence[Target], *, seconds: float) -> Latencies:
    """Save new versions in closed loops: upload, request the save, await its job."""

    async def user(target: Target, number: int, deadline: float, found: Latencies) -> None:
        connection = Connection(target)
        (session,) = target.paths
        count = 0
        while time.monotonic() < deadline:
            count += 1
            start, waited = time.perf_counter(), connection.waited
            try:
                await _save_once(connection, session, f"user {number}, save {count}".encode() * 500)
            except (OSError, EOFError, TimeoutError, UnexpectedStatusError) as error:
                found.errors.append(f"save: {error!r}")
            else:
                found.seconds.append(time.perf_counter() - start)
                found.in_requests.append(connection.waited - waited)
        connection.close()

    return _run(targets, user, seconds)


class UnexpectedStatusError(Exception):
    pass


async def _save_once(connection: Connection, session: str, data: bytes) -> None:
    async def call(method: str, path: str, value: Any = None) -> Any:
        body = b"" if value is None else json.dumps(value).encode()
        # Portals that can wait respond when the job has ended; earlier ones ignore the preference.
        headers = {"Prefer": "wait=1", **({"Content-Type": "application/json"} if body else {})}
        status, text = await connection.request(method, f"/api/v1{path}", body, headers=headers)
        return _json(path, status, text)

    current = (await call("GET", f"/sessions/{session}"))["version"]
    file = {"path": "transcriptions/original_asr.json", "size": len(data)}
    (upload,) = (await call("POST", "/uploads", {"uploads": [file]}))["uploads"]
    octets = {"Content-Type": "application/octet-stream"}
    path = f"/api/v1/uploads/{upload['code']}/parts/1?complete=true"
    part = _json(path, *await connection.request("PUT", path, data, headers=octets))
    if not part.get("complete"):  # an earlier portal
        await call("POST", "/uploads/complete", {"uploads": [upload["code"]]})
    request = {"parent": current, "uploads": [upload["code"]]}
    job = await call("POST", f"/sessions/{session}/versions", request)
    polled = time.monotonic()
    while job["state"] in {"queued", "running"}:
        await asyncio.sleep(max(0, POLL_INTERVAL - (time.monotonic() - polled)))
        polled = time.monotonic()
        job = await call("GET", f"/jobs/{job['code']}")
    if job["state"] != "succeeded":
        raise UnexpectedStatusError(f"the save {job['state']}")


def _json(path: str, status: int, text: bytes) -> Any:
    if status >= HTTPStatus.BAD_REQUEST:
        raise UnexpectedStatusError(f"{path}: {status} {text[:200]!r}")
    return json.loads(text)


async def _timed(found: Latencies, connection: Connection, path: str, *, limit: float = TIMEOUT) -> None:
    start = time.perf_counter()
    try:
        status, _ = await asyncio.wait_for(connection.request("GET", path), limit)
    except (OSError, EOFError, TimeoutError) as error:
        found.errors.append(f"{path}: {error!r}")
        return
    if status != HTTPStatus.OK:
        found.errors.append(f"{path}: {status}")
        return
    found.seconds.append(time.perf_counter() - start)


def _run(
    targets: Sequence[Target],
    user: Callable[[Target, int, float, Latencies], Awaitable[None]],
    seconds: float,
) -> Latencies:
    found = Latencies()

    async def everyone() -> None:
        deadline = time.monotonic() + seconds
        await asyncio.gather(
            *(user(target, number, deadline, found) for number, target in enumerate(targets))
        )

    start = time.monotonic()
    asyncio.run(everyone())
    found.duration = time.monotonic() - start
    return found
