from __future__ import annotations

import pytest

from dubbing_sessions.web_worker import MAX_HEAD, MAX_SMALL_BODY, has_arrived

GET = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"


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
