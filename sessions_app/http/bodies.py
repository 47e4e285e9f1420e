"""Bodies of requests: as they arrive, and as JSON that can be kept."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, UnreadablePostError
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader

from sessions_app.operations.errors import BadInputError

RECEIVED_AT_ONCE = 256 * 1024
"""Bytes: larger pieces would be new memory each time."""


def chunks_of(request: HttpRequest, size: int) -> Iterator[bytes]:
    """Yield the request's body as it arrives.

    :raises BadInputError: the connection breaks off.
    """
    source = request.META.get("wsgi.input")
    if isinstance(source, Body) and isinstance(source.reader, LengthReader) and not source.buf.tell():
        yield from _received(source.reader, size)
        return
    try:
        while data := request.read(size):
            yield data
    except UnreadablePostError:
        raise broken_off() from None


def _received(reader: LengthReader, size: int) -> Iterator[bytes]:
    """Yield a body straight from its connection: through gunicorn's and Django's buffers each byte is copied six times more."""
    unreader = reader.unreader
    assert isinstance(unreader, SocketUnreader)
    ahead = unreader.take_buffered()
    if len(ahead) > reader.length:  # of the next request
        unreader.unread(ahead[reader.length :])
        ahead = ahead[: reader.length]
    if ahead:
        reader.length -= len(ahead)
        yield ahead
    while reader.length:
        try:
            data = unreader.sock.recv(min(size, RECEIVED_AT_ONCE, reader.length))
        except OSError:
            raise broken_off() from None
        if not data:
            raise broken_off()
        reader.length -= len(data)
        yield data


def broken_off() -> BadInputError:
    return BadInputError("The connection broke off. Send it again.", code="broken_off")
