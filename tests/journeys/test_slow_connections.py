"""Slow, silent and stalled connections: real web processes with few threads, with long and with short timeouts."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.portal import Portal
from tests.journeys.visitor import Visitor
from tests.services.waits import LIMIT, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.either_stack]

SETTINGS = {
    "WEB_PROCESSES": "1",
    "WEB_THREADS": "8",
    "REQUEST_TIMEOUT_SECONDS": str(int(LIMIT)),
    "TRANSFER_TIMEOUT_SECONDS": str(int(LIMIT)),
    "MAX_TRANSFERS_PER_USER": "3",
    "MAX_TRANSFERS_PER_LINK": "2",
    "DATABASE_POOL_SIZE": "2",
}
"""Of 8 threads 7 are for transfers. On PostgreSQL pages would fail if each transfer held a connection."""
SHORT_TIMEOUTS = {"REQUEST_TIMEOUT_SECONDS": "2", "TRANSFER_TIMEOUT_SECONDS": "2"}
MORE_THAN_THREADS = 20
BUFFERS = 16 * 1024 * 1024
"""Bytes; more than the buffers of a connection."""


class Slow:
    """Raw connections to the web server."""

    def __init__(self, address: str, connections: ExitStack) -> None:
        self.host = address.removeprefix("http://")
        self._connections = connections

    def connect(self, data: bytes = b"") -> socket.socket:
        host, _, port = self.host.partition(":")
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(LIMIT)
        client.connect((host, int(port)))
        client.sendall(data)
        return self._connections.enter_context(client)

    def request(self, line: str, headers: dict[str, str] | None = None, body: bytes = b"") -> socket.socket:
        lines = [f"{line} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        return self.connect("\r\n".join([*lines, "", ""]).encode() + body)


@pytest.fixture(scope="module")
def served(shared_portal: Portal) -> Iterator[Portal]:
    """The shared portal with another web server, which uses the product's configuration."""
    address = shared_portal.address
    with shared_portal.other_web(SETTINGS) as (own, _):
        shared_portal._address = own
        yield shared_portal
    shared_portal._address = address
    check_log(shared_portal.folder / "other-web.log")


def check_log(file: Path) -> None:
    """Check that the web server logged no errors: what clients do is none of the portal."""
    log = file.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in log, log
    # Other tests kill processes of this portal.
    assert [line for line in log.splitlines() if "ERROR" in line and "was sent SIGKILL" not in line] == []


@pytest.fixture
def slow(served: Portal) -> Iterator[Slow]:
    with ExitStack() as connections:
        yield Slow(served.address, connections)


@pytest.fixture(scope="module")
def strict_address(served: Portal) -> Iterator[str]:
    """The address of a web server of the same portal that waits for no client."""
    with served.other_web(SETTINGS | SHORT_TIMEOUTS) as (address, _):
        yield address


@pytest.fixture
def cut_off(strict_address: str) -> Iterator[Slow]:
    """Connections to it."""
    with ExitStack() as connections:
        yield Slow(strict_address, connections)


@pytest.fixture
def alice(served: Portal) -> Visitor:
    return sign_in(served, "alice")


@pytest.fixture
def bob(served: Portal) -> Visitor:
    return sign_in(served, "bob")


@pytest.fixture(scope="module")
def archive(served: Portal) -> str:
    """Path of a ZIP of alice's that fills the buffers of a connection."""
    code = served.call("create_saved_session", name="slow", big=BUFFERS, small=1)
    return f"/sessions/{code}/versions/1/archive.zip"


def sign_in(portal: Portal, name: str) -> Visitor:
    visitor = Visitor(portal.address)
    visitor.sign_in(name, portal.password)
    return visitor


def cookies_of(visitor: Visitor) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())}


def read_all(client: socket.socket) -> bytes:
    """Read until the server closes, which resets the connection if it has not read everything."""
    data = b""
    with suppress(ConnectionResetError):
        while chunk := client.recv(65536):
            data += chunk
    return data


def read_head(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = client.recv(1024)
        assert chunk, data
        data += chunk
    return data


def create_upload(visitor: Visitor, size: int) -> str:
    file = {"path": f"slow_{uuid4().hex}.mp4", "size": size}
    created = visitor.post("/api/v1/uploads", {"uploads": [file]}, status=201)
    return str(created["uploads"][0]["code"])


def start_part(slow: Slow, visitor: Visitor, code: str, *, size: int, body: bytes = b"") -> socket.socket:
    headers = {
        **cookies_of(visitor),
        "X-CSRFToken": visitor.http.cookies["csrftoken"] or "",
        "Content-Type": "application/octet-stream",
        "Content-Length": str(size),
    }
    return slow.request(f"PUT /api/v1/uploads/{code}/parts/1", headers, body)


def test_connections_without_a_request_occupy_no_thread(slow: Slow, alice: Visitor):
    for _ in range(MORE_THAN_THREADS):
        slow.connect()
        slow.connect(b"GET /sessions/ HTTP/1.1\r\nHost: x")
        slow.connect(b"POST /accounts/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nlogin=")
        closing = slow.request("GET /accounts/login/", {"Connection": "close"})
        assert b" 200 OK" in read_head(closing)

    alice.get("/sessions/")


@pytest.mark.one_stack
def test_a_request_that_does_not_arrive_is_ended(cut_off: Slow):
    silent = cut_off.connect()
    half = cut_off.connect(b"GET /sessions/ HTTP/1.1\r\nHost: x")
    dripping = cut_off.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(999):
        if select.select([dripping], [], [], 0.1)[0]:
            break
        dripping.sendall(b"x")

    assert read_all(silent) == b""
    assert read_all(half).startswith(b"HTTP/1.1 408 Request Timeout")
    assert read_all(dripping).startswith(b"HTTP/1.1 408 Request Timeout")


@pytest.mark.one_stack
def test_requests_in_pieces_and_several_at_once(slow: Slow):
    head = f"GET /accounts/login/ HTTP/1.1\r\nHost: {slow.host}\r\n\r\n".encode()
    last = head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    client = slow.connect()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for number in range(0, len(head), 20):
        client.sendall(head[number : number + 20])
        select.select([client], [], [], 0.01)
    assert read_head(client).startswith(b"HTTP/1.1 200 OK")
    client.sendall(head + head[:10])
    client.sendall(head[10:] + last)

    assert read_all(client).count(b"HTTP/1.1 200 OK") == 3


def test_stalled_downloads_are_limited_per_account_and_leave_threads_for_pages(
    slow: Slow, served: Portal, alice: Visitor, bob: Visitor, archive: str
):
    stalled = [slow.request(f"GET {archive}", cookies_of(alice)) for _ in range(3)]
    for client in stalled:
        assert read_head(client).startswith(b"HTTP/1.1 200 OK")

    refused = alice.http.get(served.address + archive, timeout=LIMIT)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "5"
    assert "The limit of 3 simultaneous uploads and downloads for your account is reached." in refused.text
    problem = alice.http.get(f"{served.address}/api/v1{archive}", timeout=LIMIT)
    assert (problem.status_code, problem.json()["code"]) == (429, "too_many_transfers")
    alice.http.head(served.address + archive, timeout=LIMIT).raise_for_status()
    alice.get("/sessions/")
    bob.get("/sessions/")


def test_a_download_that_is_not_read_ends_and_another_one_can_start(
    cut_off: Slow, strict_address: str, alice: Visitor, archive: str
):
    for _ in range(3):
        assert read_head(cut_off.request(f"GET {archive}", cookies_of(alice))).startswith(b"HTTP/1.1 200 OK")

    wait_until(lambda: alice.http.get(strict_address + archive, timeout=LIMIT).status_code == 200)


@pytest.mark.variant
def test_a_link_has_its_own_limit(slow: Slow, served: Portal, alice: Visitor, archive: str):
    link = served.call("share_session", session=re.split("/", archive)[2])
    for _ in range(2):
        assert read_head(slow.request(f"GET {link}")).startswith(b"HTTP/1.1 200 OK")

    refused = alice.http.get(served.address + link, timeout=LIMIT)

    assert refused.status_code == 429
    assert "The limit of 2 simultaneous uploads and downloads for this link is reached." in refused.text
    assert served.call("count_link_downloads", session=re.split("/", archive)[2]) == 2


@pytest.mark.variant
def test_an_upload_that_stalls_or_breaks_off_is_never_complete(slow: Slow, cut_off: Slow, bob: Visitor):
    size = 200_000
    stalled, broken = create_upload(bob, size), create_upload(bob, size)
    waiting = start_part(cut_off, bob, stalled, size=size, body=bytes(1000))
    start_part(slow, bob, broken, size=size, body=bytes(size - 1)).close()

    assert b'"code": "connection_lost"' in read_all(waiting)
    for code in (stalled, broken):
        upload = bob.get(f"/api/v1/uploads/{code}").json()
        assert (upload["state"], upload["received"]) == ("receiving", 0)
        bob.put(f"/api/v1/uploads/{code}/parts/1", bytes(size))


@pytest.mark.variant
@pytest.mark.one_stack
def test_a_broken_off_form_does_nothing(slow: Slow, served: Portal, alice: Visitor):
    body: Any = (
        f"csrfmiddlewaretoken={alice.http.cookies['csrftoken']}&name=half&scope=read&days=7&x=".encode()
    )
    headers = {**cookies_of(alice), "Content-Type": "application/x-www-form-urlencoded"}
    for length in (len(body) + 10, 100_000):
        client = slow.request(
            "POST /account/tokens/create/", {**headers, "Content-Length": str(length)}, body
        )
        client.shutdown(socket.SHUT_WR)
        assert b" 200 OK" not in read_all(client)

    assert "half" not in alice.get("/account/tokens/").text
