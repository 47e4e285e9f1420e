"""Parts on their way out. A server of the standard library stands in where a real portal would have to be told to misbehave."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dubbing_client.errors import (
    ChangedError,
    Problem,
)
from dubbing_client.folder import Stat
from dubbing_client.retries import Retries
from dubbing_client.sending import LocalFile, Sender, Shipment

SOON = Retries(tries=6, first=0.001)


class Uploads:
    """What a portal says to uploads, for a Sender that is the one part under test here."""

    part_size = 1000

    def __init__(self, url: str, *, direct: bool, there: tuple[int, ...] = ()) -> None:
        self.url, self.retries, self.timeout, self.on_trouble = url, SOON, 5.0, None
        self.authorization = {"Authorization": "Bearer token"}
        self.direct, self.there = direct, there
        self.signed: list[int] = []
        self.incomplete: list[Problem] = []

    def create_uploads(self, described: Any) -> Any:
        ((size, _),) = [(each["size"], each["path"]) for each in described]
        return [
            {
                "code": "u",
                "size": size,
                "part_size": self.part_size,
                "part_count": -(-size // self.part_size),
                "parts": [{"number": number, "size": self.part_size, "etag": "e"} for number in self.there],
                "state": "receiving",
                "direct": self.direct,
            }
        ]

    def part_path(self, upload: str, number: int) -> str:
        return f"/parts/{number}"

    def sign(self, parts: Any) -> Any:
        self.signed += [part["number"] for part in parts]
        return [
            {**part, "url": f"{self.url}/signed/{part['number']}", "headers": {"x-signed": "1"}}
            for part in parts
        ]

    def complete_uploads(self, codes: Any) -> Any:
        if self.incomplete:
            raise self.incomplete.pop()
        return []


def shipment(work, size: int) -> Shipment:
    data = os.urandom(size)
    place = work.write("a.wav", data)
    return Shipment(
        (LocalFile("a.wav", place, Stat.of(place.stat()), hashlib.sha256(data).hexdigest()),), is_pack=False
    )


def collecting(parts: dict[str, bytes], fail: Callable[[str], int] = lambda path: 0) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        data = handler.body()
        if status := fail(handler.path):
            handler.respond(status, b"{}")
            return
        parts[handler.path] = data
        handler.respond(200)

    return answer


def test_parts_that_are_there_are_not_sent_again(serve, work):
    parts: dict[str, bytes] = {}
    server = serve(collecting(parts))
    ship = shipment(work, 3500)
    told = []
    with Sender(Uploads(server.url, direct=False, there=(1, 3)), on_bytes=told.append) as sender:  # type: ignore[arg-type]
        sender.add([ship])
        assert sender.finish() == ["u"]
    assert sorted(parts) == ["/parts/2", "/parts/4"]
    assert parts["/parts/2"] == ship.files[0].place.read_bytes()[1000:2000]
    assert (sum(told), sender.bytes_sent) == (3500, 1500)
    assert {headers["authorization"] for _, _, headers in server.requests} == {"Bearer token"}


def test_signed_parts_go_without_the_token_and_are_signed_anew_when_their_time_is_over(serve, work):
    parts: dict[str, bytes] = {}
    refused = []

    def fail(path: str) -> int:
        if path == "/signed/2" and not refused:
            refused.append(path)
            return 403
        return 0

    server = serve(collecting(parts, fail))
    uploads = Uploads(server.url, direct=True)
    with Sender(uploads) as sender:  # type: ignore[arg-type]
        sender.add([shipment(work, 2500)])
        sender.finish()
    assert sorted(parts) == ["/signed/1", "/signed/2", "/signed/3"]
    assert sorted(uploads.signed) == [1, 2, 2, 3]
    assert all(
        "authorization" not in headers and headers["x-signed"] == "1" for _, _, headers in server.requests
    )


def test_parts_that_were_lost_are_sent_again(serve, work):
    parts: dict[str, bytes] = {}
    server = serve(collecting(parts))
    uploads = Uploads(server.url, direct=False)
    lost = Problem(
        "Parts are missing.",
        status=409,
        code="upload_incomplete",
        extras={"incomplete": [{"upload": "u", "missing": [2]}]},
    )
    uploads.incomplete.append(lost)
    with Sender(uploads) as sender:  # type: ignore[arg-type]
        sender.add([shipment(work, 2500)])
        sender.finish()
    assert [path for _, path, _ in server.requests].count("/parts/2") == 2


def test_a_refusal_for_good_ends_the_sending(serve, work):
    server = serve(collecting({}, lambda path: 413))
    with pytest.raises(Problem), Sender(Uploads(server.url, direct=False)) as sender:  # type: ignore[arg-type]
        sender.add([shipment(work, 5000)])
        sender.finish()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("send")]


def test_a_file_that_changed_since_it_was_hashed_is_named(serve, work):
    ship = shipment(work, 2500)
    work.write("a.wav", os.urandom(2500), mtime_ns=1_800_000_000_000_000_001)
    with pytest.raises(ChangedError), Sender(Uploads(serve(collecting({})).url, direct=False)) as sender:  # type: ignore[arg-type]
        sender.add([ship])
        sender.finish()
