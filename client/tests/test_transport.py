"""Requests over unreliable connections, to an HTTP server of the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dubbing_client.errors import (
    ChangedError,
    Problem,
    TransferError,
)
from dubbing_client.transport import FileRange, Transport


def whole(path: Path) -> FileRange:
    return FileRange(path, 0, path.stat().st_size, path.name)


def test_connections_are_reused_unless_the_server_closed_them(serve, work):
    file = work.write("a.wav", b"x" * 600_000)
    received = []

    def respond(handler: Any) -> None:
        received.append((handler.client_address, handler.body()))
        handler.close_connection = len(received) == 2
        handler.respond(200, b"ok", ETag='"e"')

    server = serve(respond)
    transport = Transport()
    for _ in range(3):
        assert transport.put(f"{server.url}/part", [whole(file)]).headers["etag"] == '"e"'
    transport.close()
    (first, _), (second, _), (third, _) = received
    assert first == second != third
    assert {data for _, data in received} == {b"x" * 600_000}


def test_an_error_response_before_the_end_of_the_body_is_read(serve, work):
    file = work.write("a.wav", b"x" * 8_000_000)

    def respond(handler: Any) -> None:
        handler.close_connection = True
        handler.respond(413, b'{"code": "over_quota", "detail": "Your quota is full."}')
        handler.body()  # as the portal does: unread bytes would end the connection before the response is read

    transport = Transport()
    with pytest.raises(Problem) as caught:
        transport.put(f"{serve(respond).url}/part", [whole(file)])
    assert (caught.value.code, str(caught.value)) == ("over_quota", "Your quota is full.")
    transport.close()


def test_a_file_that_became_shorter_is_an_error(serve, work):
    file = work.write("a.wav", b"x" * 1000)
    longer = FileRange(file, 0, 2000, "a.wav")
    transport = Transport()
    with pytest.raises(ChangedError, match=r"“a\.wav” changed"):
        transport.put(f"{serve(lambda handler: handler.respond(200)).url}/", [longer])
    transport.close()


def test_the_token_is_not_sent_to_a_redirects_target(serve):
    store = serve(lambda handler: handler.respond(200, b"bytes"))
    portal = serve(lambda handler: handler.respond(302, Location=f"{store.url}/object"))
    transport = Transport()
    with transport.stream(
        f"{portal.url}/file", headers={"Authorization": "Bearer secret", "Range": "bytes=0-4"}
    ) as body:
        assert body.read(10) == b"bytes"
    transport.close()
    ((_, _, headers),) = store.requests
    assert "authorization" not in headers
    assert headers["range"] == "bytes=0-4"


def test_redirects_without_end_are_an_error(serve):
    def respond(handler: Any) -> None:
        handler.body()
        handler.respond(302, Location="/again")

    server = serve(respond)
    transport = Transport()
    with (
        pytest.raises(TransferError, match="redirects too often"),
        transport.stream(f"{server.url}/file", body=b"{}"),
    ):
        pass
    transport.close()
    assert [method for method, *_ in server.requests] == ["POST", "GET", "GET", "GET", "GET"]
