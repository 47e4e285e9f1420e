from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from gunicorn.workers.gthread import ThreadWorker

from dubbing_sessions.request_head import (
    MAX_HEAD,
    MAX_SMALL_BODY,
    has_arrived,
    has_large_body,
    is_health_check,
)
from dubbing_sessions.request_queue import (
    MAX_BUSY,
    MAX_BUSY_FOR_PAGES as PAGES,
    MAX_OVERTAKING,
    MAX_PER_CALLER,
    RequestQueue,
)
from dubbing_sessions.web_worker import (
    BUSY_TIME,
    LOADS,
    MAX_OFFERS,
    NEW_CONNECTION,
    SHORT_REQUEST,
    Watched,
    Worker,
)

GET = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"


def call(caller: str, line: str = "GET /api/v1/me") -> bytes:
    return f"{line} HTTP/1.1\r\nHost: a\r\nauthorization: Bearer {caller}\r\n\r\n".encode()


def post(length: int | str, body: bytes = b"", *, more: str = "") -> bytes:
    return f"POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:  {length} \r\n{more}\r\n".encode() + body


@pytest.mark.parametrize(
    "data",
    [
        GET,
        b"\r\n" + GET,
        GET + b"GET /next",
        post(5, b"12345"),
        post(5, b"1234567"),
        post(MAX_SMALL_BODY, bytes(MAX_SMALL_BODY)),
        # Their bodies are read in a thread.
        post(MAX_SMALL_BODY + 1),
        post(5, more="Expect: 100-continue\r\n"),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        # Gunicorn refuses them.
        b"x" * (MAX_HEAD + 1),
        post("5, 5"),
    ],
)
def test_requests_that_a_thread_can_handle(data):
    assert has_arrived(bytearray(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        GET[:-1],
        b"x" * MAX_HEAD,
        post(5),
        post(5, b"1234"),
        post(MAX_SMALL_BODY, bytes(MAX_SMALL_BODY - 1)),
    ],
)
def test_requests_that_have_not_arrived(data):
    assert not has_arrived(bytearray(data))


@pytest.mark.parametrize(
    "data",
    [
        post(MAX_SMALL_BODY + 1),
        post(5, b"12345", more="Expect: 100-continue\r\n"),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_bodies_that_a_thread_waits_for(data: bytes):
    assert has_large_body(bytearray(data))


@pytest.mark.parametrize(
    "data",
    [
        GET,
        post(5, b"12345"),
        post(MAX_SMALL_BODY, bytes(MAX_SMALL_BODY)),
        post(5, b"\r\nExpect: this is a body"),
    ],
)
def test_bodies_that_have_arrived_before_a_thread_starts(data: bytes):
    assert not has_large_body(bytearray(data))


@pytest.mark.parametrize(
    ("line", "is_check"),
    [
        (b"GET /healthz HTTP/1.1", True),
        (b"HEAD /readyz?full HTTP/1.1", True),
        (b"GET /healthz/x HTTP/1.1", False),
        (b"POST /healthz HTTP/1.1", False),
        (b"GET /sessions/ HTTP/1.1", False),
    ],
)
def test_health_checks_are_recognized(line, is_check):
    assert is_health_check(bytearray(line + b"\r\n\r\n")) is is_check


@pytest.fixture
def worker() -> Iterator[Worker]:
    """The second of three web processes."""
    worker = Worker.__new__(Worker)
    worker.age = 2
    worker._receiving, worker._in_progress, worker._offers = {}, {}, 0
    worker._waiting, worker._busy = RequestQueue(), {}
    LOADS[1], LOADS[3] = 1 + 4, 1 + 1
    yield worker
    LOADS[1] = LOADS[2] = LOADS[3] = 0


def connections(count: int, *, age: float = 0.0) -> dict[int, Watched]:
    started = time.monotonic() - age
    return {number: Watched(conn=number, started=started, deadline=0) for number in range(count)}


@pytest.mark.parametrize(("requests", "new"), [(3, 0), (0, 3), (2, 1), (9, 9)])
def test_a_busier_process_leaves_connections_to_others_for_a_while(worker: Worker, requests: int, new: int):
    worker._in_progress, worker._receiving = connections(requests), connections(new)

    left = [worker._leaves_connection() for _ in range(2 * (MAX_OFFERS + 1))]

    assert left == 2 * [*MAX_OFFERS * [True], False]
    assert LOADS[2] == 1 + requests + new


def test_transfers_and_idle_connections_do_not_count(worker: Worker):
    worker._in_progress = connections(50, age=SHORT_REQUEST + 1)
    worker._receiving = connections(50, age=NEW_CONNECTION + 1)

    assert not worker._leaves_connection()
    assert LOADS[2] == 1


def test_a_process_alone_accepts_everything(worker: Worker):
    LOADS[1] = LOADS[3] = 0
    worker._in_progress = connections(50)

    assert not worker._leaves_connection()


class Turns:
    """A worker whose threads only record which requests they got."""

    def __init__(self, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
        self._worker = worker
        self.started: list[int] = []
        self.now = 100.0
        monkeypatch.setattr(ThreadWorker, "enqueue_req", lambda _, conn: self.started.append(conn.number))
        monkeypatch.setattr("dubbing_sessions.web_worker.time", SimpleNamespace(monotonic=lambda: self.now))
        worker.poller = Mock()

    def arrive(self, *numbers: int, data: bytes = GET) -> None:
        for number in numbers:
            conn = Mock(number=number, sock=f"socket {number}")
            watched = Watched(conn=conn, started=self.now, deadline=self.now + 30, data=bytearray(data))
            self._worker._receiving[conn] = watched
            self._worker._start(watched)

    def end(self, number: int) -> None:
        self._worker._end_turn(f"socket {number}")


@pytest.fixture
def turns(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(worker, monkeypatch)


def test_requests_wait_for_turns_in_their_order(turns: Turns):
    turns.arrive(*range(PAGES + 3))
    assert turns.started == [*range(PAGES)]

    turns.end(1)
    turns.arrive(99)
    turns.end(0)

    assert turns.started == [*range(PAGES), PAGES, PAGES + 1]


def test_bodies_of_uploads_take_no_turns(turns: Turns):
    turns.arrive(*range(10), data=post(MAX_SMALL_BODY + 1))
    turns.arrive(10, 11)

    assert turns.started == [*range(12)]


def test_health_checks_take_no_turns(turns: Turns):
    turns.arrive(*range(PAGES + 2))

    turns.arrive(99, data=b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")

    assert turns.started == [*range(PAGES), 99]


def test_requests_that_wait_for_something_else_let_others_start(turns: Turns, worker: Worker):
    turns.arrive(*range(2 * PAGES))

    turns.now += BUSY_TIME
    worker._start_waiting()

    assert turns.started == [*range(2 * PAGES)]


def test_a_turn_that_ended_late_is_ended_once(turns: Turns):
    turns.arrive(*range(PAGES + 2))
    turns.end(0)
    turns.end(0)

    assert turns.started == [*range(PAGES + 1)]


def test_api_requests_start_beside_pages(turns: Turns):
    turns.arrive(*range(PAGES + 1))
    for number in range(20, 20 + MAX_OVERTAKING):
        turns.arrive(number, data=call(f"user-{number}"))

    assert turns.started == [*range(PAGES), 20, 21]


def test_pages_do_not_start_beside_api_requests_that_no_page_waits_for(turns: Turns):
    for number in range(20, 20 + PAGES):
        turns.arrive(number, data=call(f"user-{number}"))
    turns.arrive(0, 1)
    assert turns.started == [20, 21]

    turns.end(20)

    assert turns.started == [20, 21, 0]


def test_api_requests_overtake_pages_which_keep_a_share_of_the_turns(turns: Turns):
    turns.arrive(*range(PAGES))
    turns.arrive(10, 11, 12)
    for number in range(20, 20 + 2 * MAX_OVERTAKING):
        turns.arrive(number, data=call(f"user-{number}"))
    assert turns.started == [*range(PAGES), 20, 21]

    for number in [*range(PAGES), 20, 21, 10, 22, 23]:
        turns.end(number)

    assert turns.started[PAGES:] == [20, 21, 10, 22, 23, 11, 12]


@pytest.mark.parametrize(
    "data",
    [
        call("ana", "GET /sessions/?next=/api/"),
        b"GET /sessions/ HTTP/1.1\r\nReferer: /api/\r\nCookie: a\r\n\r\n",
    ],
)
def test_pages_overtake_nothing(turns: Turns, data: bytes):
    turns.arrive(*range(PAGES + 1))
    turns.arrive(20, data=data)

    turns.end(0)

    assert turns.started[PAGES:] == [PAGES]


def test_a_caller_overtakes_with_few_requests_at_a_time(turns: Turns):
    own = [*range(20, 22 + MAX_PER_CALLER)]
    turns.arrive(*range(PAGES))
    turns.arrive(*own, data=call("ana"))
    turns.arrive(10)
    assert turns.started == [*range(PAGES), *own[:MAX_PER_CALLER]]

    turns.arrive(30, data=call("ben"))
    for number in [*range(PAGES), *own[:MAX_PER_CALLER]]:
        turns.end(number)

    assert turns.started[MAX_BUSY:] == [30, own[2]]

    turns.end(own[2])
    turns.end(30)

    assert turns.started[MAX_BUSY + 2 :] == [own[3], 10]
