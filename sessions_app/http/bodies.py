"""Bodies of requests: as they arrive, and as JSON that can be kept."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, UnreadablePostError

from sessions_app.operations.errors import BadInputError


def chunks_of(request: HttpRequest, size: int) -> Iterator[bytes]:
    """Yield the request's body as it arrives.

    :raises BadInputError: the connection breaks off.
    """
    try:
        while data := request.read(size):
            yield data
    except UnreadablePostError:
        raise broken_off() from None


def broken_off() -> BadInputError:
    return BadInputError("The connection broke off. Send it again.", code="broken_off")
