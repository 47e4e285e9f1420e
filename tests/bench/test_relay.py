from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from bench.relay import BURST, Direction, relayed


@contextmanager
def echo_server():
    """Answers every connection with what it sent, twice, once it has heard the end."""

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer_one, args=(connection,)).start()

    def answer_one(connection: socket.socket) -> None:
        with connection:
            heard = b"".join(iter(lambda: connection.recv(65536), b""))
            connection.sendall(heard * 2)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def talk(url: str, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def relay():
    with echo_server() as url, relayed(url) as relay:
        yield relay


class TestARelay:
    def test_passes_on_and_counts_each_way(self, relay):
        assert talk(relay.url, b"abc" * 100_000) == b"abc" * 200_000

        assert (relay.sent.bytes, relay.received.bytes) == (300_000, 600_000)

    def test_counts_from_zero_again(self, relay):
        talk(relay.url, b"abc")

        relay.forget()

        talk(relay.url, b"ab")
        assert (relay.sent.bytes, relay.received.bytes) == (2, 4)

    def test_serves_several_connections_at_once(self, relay):
        with socket.create_connection(("127.0.0.1", int(relay.url.rpartition(":")[2]))):
            assert talk(relay.url, b"abc") == b"abcabc"

    def test_hangs_up_when_the_server_is_not_there(self):
        with echo_server() as url:
            pass
        with relayed(url) as relay, suppress(OSError):  # whatever the system calls it that nobody is there
            assert talk(relay.url, b"abc") == b""


class TestALinksRate:
    def test_makes_all_of_them_together_wait(self):
        waited: list[float] = []
        link = Direction(now=lambda: 100.0, sleep=waited.append)
        link.rate = 1000

        for _ in range(3):
            link.take(500)

        assert waited == pytest.approx([0.5 - BURST, 1.0 - BURST, 1.5 - BURST])

    def test_forgets_what_it_could_have_passed_on_while_nobody_asked(self):
        clock = [100.0]
        waited: list[float] = []
        link = Direction(now=lambda: clock[0], sleep=waited.append)
        link.rate = 1000
        link.take(500)
        clock[0] += 3600

        link.take(500)

        assert waited == pytest.approx([0.5 - BURST, 0.5 - BURST])

    def test_is_none_without_one(self):
        waited: list[float] = []
        link = Direction(now=lambda: 100.0, sleep=waited.append)

        link.take(10**12)

        assert not waited
