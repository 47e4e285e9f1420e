"""Gunicorn worker whose threads do not wait for requests.

Gunicorn's own threaded worker gives each new connection to a thread, which waits there for the request. This one receives
requests in its event loop: a thread starts when the head is complete, and the body too if it is small. Idle connections,
half-sent heads, slow forms and closing connections occupy no thread. Decision 22 has the measurements.

It overrides methods of gunicorn 27's ``ThreadWorker``; the requirements pin gunicorn, and tests start real processes.
"""

from __future__ import annotations

import errno
import mmap
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gunicorn.http import RequestParser
from gunicorn.http.body import LengthReader
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from dubbing_sessions.env import env_int
from dubbing_sessions.request_head import has_arrived, has_large_body, is_health_check
from dubbing_sessions.request_queue import END_TURN, RequestQueue

REQUEST_TIMEOUT = env_int("REQUEST_TIMEOUT_SECONDS", 30, minimum=1)
"""Seconds in which a request must arrive: its head, and its body if that is small."""
TRANSFER_TIMEOUT = env_int("TRANSFER_TIMEOUT_SECONDS", 60, minimum=1)
"""Seconds without a byte after which the body of a request or response is abandoned."""
CLOSE_TIMEOUT = 2.0
"""Seconds for a client to close its side; closing earlier could discard the response (RFC 9112 section 9.6)."""
MAX_DISCARDED = 16 * 1024 * 1024
"""Bytes that are read from a refused request before its connection is closed."""
CHUNK_SIZE = 64 * 1024
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
SHORT_REQUEST = 5.0
"""Seconds; longer ones are transfers, which use little of a processor."""
BUSY_TIME = 0.25
"""Seconds after which a request lets the next one start: it waits for a disk, a database or a server."""
NEW_CONNECTION = 1.0
"""Seconds in which a connection's first request is expected."""
MAX_OFFERS = 5
"""Times that a connection is left to a less busy process before this one accepts it."""
OFFER_TIME = 0.001
"""Seconds."""
MAX_PROCESSES = 256
LOADS = memoryview(mmap.mmap(-1, 4 * MAX_PROCESSES)).cast("i")
"""Shared by all web processes: 0 for none, else 1 + the number of requests in progress."""
ACCEPTED_ELSEWHERE = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED}
NO_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}


class Unreader(SocketUnreader):  # type: ignore[misc]  # gunicorn has no types
    """Source of a request that fails if the client closes in the middle.

    Gunicorn's own ends the body there, so that an interrupted request looks complete.
    """

    def chunk(self, size_hint: int | None = None) -> bytes:
        try:
            data: bytes = super().chunk(size_hint)
        except BlockingIOError as error:
            raise ConnectionResetError(errno.ECONNRESET, "The client sent nothing for too long.") from error
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "The client closed in the middle of a request.")
        return data


@dataclass(eq=False, kw_only=True)
class Watched:
    """A connection in the event loop."""

    conn: Any
    started: float
    """Of the monotonic clock, like ``deadline``."""
    deadline: float
    data: bytearray = field(default_factory=bytearray)
    """The request as far as it has arrived."""
    discarded: int = 0


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A request that a thread handles."""

    started: float
    caller: bytes | None
    """As ``RequestQueue.pop`` returned it."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    wsgi: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # In the order of their deadlines, since all in one have the same time.
        self._receiving: dict[Any, Watched] = {}
        self._closing: dict[Any, Watched] = {}
        self._in_progress: dict[Any, Watched] = {}
        self._waiting: RequestQueue[Watched] = RequestQueue()
        self._busy: dict[Any, Turn] = {}
        """Turns by the socket of the request."""
        self._offers = 0

    # -- Requests ---------------------------------------------------------------------------------------------------

    def accept(self, listener: Any) -> None:
        if self._leaves_connection():
            return
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in NO_DESCRIPTORS:
                self._drop_oldest()
            elif error.errno not in ACCEPTED_ELSEWHERE:
                raise
            return
        set_transfer_timeouts(client)
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.parser = RequestParser(self.cfg, client, address)
        conn.parser.unreader = Unreader(client)
        conn.initialized = True
        self.nr_conns += 1
        self.enqueue_req(conn)
        if self.nr_conns >= self.worker_connections:
            self._drop_oldest()
        self._report_load()

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Receive the next request of a kept-alive connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.enqueue_req(conn)

    def enqueue_req(self, conn: Any) -> None:
        """Receive a request, then give it to a thread."""
        conn.sock.setblocking(False)
        data = bytearray(conn.parser.unreader.take_buffered())
        now = time.monotonic()
        watched = Watched(conn=conn, started=now, deadline=now + REQUEST_TIMEOUT, data=data)
        self._watch(self._receiving, watched, self._receive)
        if has_arrived(data):
            self._start(watched)
        else:
            self._receive(watched)

    def _receive(self, watched: Watched) -> None:
        try:
            data = watched.conn.sock.recv(CHUNK_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(self._receiving, watched)
            return
        watched.data += data
        if has_arrived(watched.data):
            self._start(watched)

    def _start(self, watched: Watched) -> None:
        self._forget(self._receiving, watched)
        watched.conn.parser.unreader.unread(bytes(watched.data))
        watched.started = time.monotonic()
        self._in_progress[watched.conn] = watched
        # A probe whose check waits behind pages would end a process that only waits for its database.
        if has_large_body(watched.data) or is_health_check(watched.data):
            super().enqueue_req(watched.conn)
        else:
            self._waiting.push(watched, watched.data)
            self._start_waiting()
        watched.data = bytearray()

    def handle_request(self, req: Any, conn: Any) -> Any:
        try:
            return super().handle_request(req, conn)
        except (TimeoutError, BlockingIOError) as error:  # of the socket; views never raise them
            raise ConnectionResetError(errno.ECONNRESET, "The client read nothing for too long.") from error

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """Return whether the connection can be used again, without waiting."""
        return (
            bool(keepalive) and _rest_has_arrived(conn.parser) and super()._keepalive_after(conn, keepalive)
        )

    # -- Turns -------------------------------------------------------------------------------------------------------

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application = self.wsgi

        def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
            end_turn = partial(self.method_queue.defer, self._end_turn, environ["gunicorn.socket"])
            environ[END_TURN] = end_turn
            response = application(environ, start_response)
            if getattr(response, "streaming", True):  # for as long as the client takes
                end_turn()
            return response

        self.wsgi = wsgi

    def _start_waiting(self) -> None:
        """Start waiting requests, as far as there are turns."""
        now = time.monotonic()
        busy = sum(now - turn.started < BUSY_TIME for turn in self._busy.values())
        while (following := self._waiting.pop(busy)) is not None:
            watched, caller = following
            busy += 1
            self._busy[watched.conn.sock] = Turn(started=now, caller=caller)
            super().enqueue_req(watched.conn)

    def _end_turn(self, client: Any) -> None:
        if (turn := self._busy.pop(client, None)) is not None:
            self._waiting.end(turn.caller)
        self._start_waiting()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(min(timeout, BUSY_TIME) if self._waiting else timeout)
        self._start_waiting()

    # -- Ends -------------------------------------------------------------------------------------------------------

    def finish_request(self, conn: Any, future: Future[Any]) -> None:
        """Keep the connection, or close it without waiting for the client."""
        self._in_progress.pop(conn, None)
        self._end_turn(conn.sock)
        self._report_load()
        if not future.cancelled() and not future.exception() and future.result():
            super().finish_request(conn, future)
            return
        now = time.monotonic()
        watched = Watched(conn=conn, started=now, deadline=now + CLOSE_TIMEOUT)
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
        except OSError:
            self._release(conn)
            return
        self._watch(self._closing, watched, self._discard)
        self._discard(watched)

    def _discard(self, watched: Watched) -> None:
        try:
            data = watched.conn.sock.recv(CHUNK_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        watched.discarded += len(data)
        if not data or watched.discarded > MAX_DISCARDED:
            self._close(self._closing, watched)

    def murder_pending(self) -> None:
        """Close connections whose time is up."""
        super().murder_pending()
        self._report_load()
        now = time.monotonic()
        for watched in _expired(self._receiving, now):
            if watched.data:  # a connection that a browser opened in advance ends without a response
                with suppress(OSError):
                    watched.conn.sock.send(TIMED_OUT)
            self._close(self._receiving, watched)
        for watched in _expired(self._closing, now):
            self._close(self._closing, watched)

    def _cap_keepalive(self, deadline: float) -> None:
        """Limit the time of connections without a complete request, when the worker stops."""
        super()._cap_keepalive(deadline)
        for watched in self._receiving.values():
            watched.deadline = min(watched.deadline, deadline)

    def _drop_oldest(self) -> None:
        """Close the connection that has waited longest for a request."""
        for connections in (self._closing, self._receiving):
            for watched in list(connections.values())[:1]:
                self._close(connections, watched)
                return

    # -- Balance between processes ------------------------------------------------------------------------------------

    def _leaves_connection(self) -> bool:
        """Return whether a less busy process should accept the next connection.

        The kernel offers it to all. The first to accept keeps the client for as long as the connection lasts, and one process
        could serve most clients while a processor is idle.
        """
        own = self._report_load()
        others = [load for place, load in enumerate(LOADS) if load and place != self._place]
        if self._offers < MAX_OFFERS and others and own > min(others) + 1:
            self._offers += 1
            time.sleep(OFFER_TIME)
            return True
        self._offers = 0
        return False

    def _report_load(self) -> int:
        now = time.monotonic()
        load = 1 + _count_since(self._in_progress.values(), now - SHORT_REQUEST)
        load += _count_since(self._receiving.values(), now - NEW_CONNECTION)
        LOADS[self._place] = load
        return load

    @property
    def _place(self) -> int:
        return place_of(self)

    # -- Event loop ---------------------------------------------------------------------------------------------------

    def _watch(
        self, connections: dict[Any, Watched], watched: Watched, callback: Callable[[Watched], None]
    ) -> None:
        connections[watched.conn] = watched
        self.poller.register(
            watched.conn.sock, selectors.EVENT_READ, lambda _: self._call(connections, watched, callback)
        )

    def _call(
        self, connections: dict[Any, Watched], watched: Watched, callback: Callable[[Watched], None]
    ) -> None:
        if watched.conn in connections:  # otherwise closed by an earlier event of the same round
            callback(watched)

    def _forget(self, connections: dict[Any, Watched], watched: Watched) -> None:
        del connections[watched.conn]
        self.poller.unregister(watched.conn.sock)

    def _close(self, connections: dict[Any, Watched], watched: Watched) -> None:
        self._forget(connections, watched)
        self._release(watched.conn)

    def _release(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()


def place_of(worker: Any) -> int:
    """Return the index of a process in ``LOADS``."""
    return int(worker.age) % MAX_PROCESSES


def _count_since(connections: Iterable[Watched], start: float) -> int:
    count = 0
    for watched in reversed(list(connections)):
        if watched.started < start:
            break
        count += 1
    return count


def set_transfer_timeouts(client: socket.socket) -> None:
    """Limit the time that a thread waits for the client to send or receive."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", TRANSFER_TIMEOUT, 0))
    if hasattr(socket, "TCP_USER_TIMEOUT") and client.family in {socket.AF_INET, socket.AF_INET6}:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TRANSFER_TIMEOUT * 1000)


def _rest_has_arrived(parser: Any) -> bool:
    reader = parser.mesg.body.reader
    buffered = len(parser.unreader.buf.getvalue())
    return isinstance(reader, LengthReader) and reader.length <= buffered


def _expired(connections: dict[Any, Watched], now: float) -> list[Watched]:
    expired = []
    for watched in connections.values():
        if watched.deadline > now:
            break
        expired.append(watched)
    return expired
