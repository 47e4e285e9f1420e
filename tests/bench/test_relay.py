from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from bench.relay import BURST, Direction, relayed


@contextmanager
def echo_server():
    """Respond to every connection with its data, twice, after it is half-closed."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=respond, args=(connection,)).start()

    def respond(connection: socket.socket) -> None:
        with connection:
            data = b"".join(iter(lambda: connection.recv(65536), b""))
            connection.sendall(data * 2)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def exchange(url: str, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def relay():
    with echo_server() as url, relayed(url) as relay:
        yield relay


class TestRelay:
    def test_forwards_and_counts_each_direction(self, relay):
        assert exchange(relay.url, b"abc" * 100_000) == b"abc" * 200_000

        assert (relay.sent.bytes, relay.received.bytes) == (300_000, 600_000)

    def test_reset_restarts_the_counters(self, relay):
        exchange(relay.url, b"abc")

        relay.reset()

        exchange(relay.url, b"ab")
        assert (relay.sent.bytes, relay.received.bytes) == (2, 4)

    def test_serves_several_connections_at_once(self, relay):
        with socket.create_connection(("127.0.0.1", int(relay.url.rpartition(":")[2]))):
            assert exchange(relay.url, b"abc") == b"abcabc"

    def test_closes_connections_when_the_server_is_unreachable(self):
        with echo_server() as url:
            pass
        with relayed(url) as relay, suppress(OSError):  # depends on the system
            assert exchange(relay.url, b"abc") == b""


class TestRateLimit:
    def test_applies_to_all_connections_together(self):
        waits: list[float] = []
        link = Direction(now=lambda: 100.0, sleep=waits.append)
        link.rate = 1000

        for _ in range(3):
            link.take(500)

        assert waits == pytest.approx([0.5 - BURST, 1.0 - BURST, 1.5 - BURST])

    def test_does_not_accumulate_while_idle(self):
        clock = [100.0]
        waits: list[float] = []
        link = Direction(now=lambda: clock[0], sleep=waits.append)
        link.rate = 1000
        link.take(500)
        clock[0] += 3600

        link.take(500)

        assert waits == pytest.approx([0.5 - BURST, 0.5 - BURST])

    def test_is_optional(self):
        waits: list[float] = []
        link = Direction(now=lambda: 100.0, sleep=waits.append)

        link.take(10**12)

        assert not waits
