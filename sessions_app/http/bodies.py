"""Streaming of request bodies."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, UnreadablePostError
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader

from dubbing_core.sentences import sentence
from sessions_app.http.transfers import has_large_body, release_database
from sessions_app.operations.errors import BadInputError

MAX_RECEIVE = 256 * 1024
"""Bytes per `recv`; larger ones cost a new memory mapping each time."""


def stream_body(request: HttpRequest, chunk_size: int) -> Iterator[bytes]:
    """Yield the request's body as it arrives.

    A large body holds no database connection.

    :raises BadInputError: `connection_lost`, the body ended early.
    """
    if has_large_body(request):
        release_database()
    source = request.META.get("wsgi.input")
    if isinstance(source, Body) and isinstance(source.reader, LengthReader) and not source.buf.tell():
        yield from _receive(source.reader, chunk_size)
        return
    expected = int(request.META.get("CONTENT_LENGTH") or 0)
    received = 0
    try:
        while data := request.read(chunk_size):
            received += len(data)
            yield data
    except UnreadablePostError:
        raise connection_lost() from None
    if received < expected:  # servers report the end of an interrupted body like that of a complete one
        raise connection_lost()


def _receive(reader: LengthReader, chunk_size: int) -> Iterator[bytes]:
    """Yield a body directly from its socket.

    The buffers of gunicorn and Django would copy each byte six more times.
    """
    unreader = reader.unreader
    assert isinstance(unreader, SocketUnreader)
    buffered = unreader.take_buffered()
    if len(buffered) > reader.length:  # start of the next request on this connection
        unreader.unread(buffered[reader.length :])
        buffered = buffered[: reader.length]
    if buffered:
        reader.length -= len(buffered)
        yield buffered
    while reader.length:
        try:
            data = unreader.sock.recv(min(chunk_size, MAX_RECEIVE, reader.length))
        except OSError:
            raise connection_lost() from None
        if not data:
            raise connection_lost()
        reader.length -= len(data)
        yield data


def connection_lost() -> BadInputError:
    return BadInputError(
        sentence("The connection was interrupted. Send the request again."), code="connection_lost"
    )
