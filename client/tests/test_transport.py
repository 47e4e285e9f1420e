"""Exchanges over a wire that breaks. A server of the standard library stands in where a real portal would have to be told to misbehave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dubbing_client.errors import (
    ChangedError,
    Problem,
    UnreachableError,
)
from dubbing_client.retries import Retries
from dubbing_client.transport import FileRange, Transport

SOON = Retries(tries=6, first=0.001)


def piece(path: Path) -> FileRange:
    return FileRange(path, 0, path.stat().st_size, path.name)


def test_a_connection_is_used_again_and_one_that_was_closed_meanwhile_is_not(serve, work):
    file = work.write("a.wav", b"x" * 600_000)
    received = []

    def answer(handler: Any) -> None:
        received.append((handler.client_address, handler.body()))
        handler.close_connection = len(received) == 2
        handler.respond(200, b"ok", ETag='"e"')

    server = serve(answer)
    wire = Transport()
    for _ in range(3):
        assert wire.put(f"{server.url}/part", [piece(file)])["etag"] == '"e"'
    wire.close()
    (first, _), (second, _), (third, _) = received
    assert first == second != third
    assert {data for _, data in received} == {b"x" * 600_000}


def test_a_refusal_before_the_end_of_the_body_is_heard(serve, work):
    file = work.write("a.wav", b"x" * 8_000_000)

    def answer(handler: Any) -> None:
        handler.close_connection = True
        handler.respond(413, b'{"code": "over_quota", "detail": "Your quota is full."}')

    wire = Transport()
    with pytest.raises((Problem, UnreachableError)) as caught:
        wire.put(f"{serve(answer).url}/part", [piece(file)])
    if isinstance(caught.value, Problem):  # the system may have dropped it with the connection
        assert (caught.value.code, str(caught.value)) == ("over_quota", "Your quota is full.")
    wire.close()


def test_a_file_that_became_shorter_is_named(serve, work):
    file = work.write("a.wav", b"x" * 1000)
    longer = FileRange(file, 0, 2000, "a.wav")
    wire = Transport()
    with pytest.raises(ChangedError, match=r"“a\.wav” changed"):
        wire.put(f"{serve(lambda handler: handler.respond(200)).url}/", [longer])
    wire.close()


def test_the_token_is_not_told_to_whom_the_portal_sends_us(serve):
    store = serve(lambda handler: handler.respond(200, b"bytes"))
    portal = serve(lambda handler: handler.respond(302, Location=f"{store.url}/object"))
    wire = Transport()
    with wire.stream(
        f"{portal.url}/file", headers={"Authorization": "Bearer secret", "Range": "bytes=0-4"}
    ) as body:
        assert body.read(10) == b"bytes"
    wire.close()
    ((_, _, headers),) = store.requests
    assert "authorization" not in headers
    assert headers["range"] == "bytes=0-4"
