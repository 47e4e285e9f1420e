"""Uploads over unreliable connections, to an HTTP server of the test."""

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
from dubbing_client.uploader import LocalFile, NewUpload, Uploader

SOON = Retries(attempts=6, first=0.001)


class StubApi:
    """The calls that an uploader makes."""

    part_size = 1000

    def __init__(self, url: str, *, direct: bool, received: tuple[int, ...] = ()) -> None:
        self.url, self.retries, self.timeout, self.on_retry = url, SOON, 5.0, None
        self.authorization = {"Authorization": "Bearer token"}
        self.direct, self.received = direct, received
        self.signed: list[int] = []
        self.incomplete: list[Problem] = []
        self.completed: list[str] = []

    def create_uploads(self, uploads: Any) -> Any:
        ((size, _),) = [(new["size"], new["path"]) for new in uploads]
        return [
            {
                "code": "u",
                "size": size,
                "part_size": self.part_size,
                "part_count": -(-size // self.part_size),
                "parts": [
                    {"number": number, "size": self.part_size, "etag": "e"} for number in self.received
                ],
                "state": "receiving",
                "direct": self.direct,
            }
        ]

    def part_path(self, upload: str, number: int) -> str:
        return f"/parts/{number}"

    def sign_parts(self, parts: Any) -> Any:
        self.signed += [part["number"] for part in parts]
        return [
            {**part, "url": f"{self.url}/signed/{part['number']}", "headers": {"x-signed": "1"}}
            for part in parts
        ]

    def complete_uploads(self, codes: Any) -> Any:
        if self.incomplete:
            raise self.incomplete.pop()
        self.completed += codes
        return []


def new_upload(work, size: int) -> NewUpload:
    data = os.urandom(size)
    place = work.write("a.wav", data)
    return NewUpload(
        (LocalFile("a.wav", place, Stat.of(place.stat()), hashlib.sha256(data).hexdigest()),), is_pack=False
    )


def collect_parts(
    parts: dict[str, bytes], fail: Callable[[str], int] = lambda path: 0
) -> Callable[[Any], None]:
    def respond(handler: Any) -> None:
        data = handler.body()
        if status := fail(handler.path):
            handler.respond(status, b"{}")
            return
        parts[handler.path] = data
        handler.respond(200)

    return respond


def test_received_parts_are_not_sent_again(serve, work):
    parts: dict[str, bytes] = {}
    server = serve(collect_parts(parts))
    upload = new_upload(work, 3500)
    counted = []
    with Uploader(StubApi(server.url, direct=False, received=(1, 3)), on_bytes=counted.append) as uploader:
        uploader.add([upload])
        assert uploader.finish() == ["u"]
    assert sorted(parts) == ["/parts/2", "/parts/4"]
    assert parts["/parts/2"] == upload.files[0].place.read_bytes()[1000:2000]
    assert (sum(counted), uploader.bytes_sent) == (3500, 1500)
    assert {headers["authorization"] for _, _, headers in server.requests} == {"Bearer token"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"number": 1, "size": 10, "complete": true}'),
        # The response to an earlier attempt was lost.
        (409, b'{"code": "upload_complete", "detail": "This upload is complete."}'),
    ],
)
def test_an_upload_that_its_last_part_completes_needs_no_other_request(serve, work, status: int, body: bytes):
    def respond(handler: Any) -> None:
        handler.body()
        handler.respond(status, body)

    api = StubApi(serve(respond).url, direct=False)
    api.incomplete.append(Problem("must not be asked", status=500, code="unexpected"))
    with Uploader(api) as uploader:
        uploader.add([new_upload(work, 10)])
        assert uploader.finish() == ["u"]


@pytest.mark.parametrize("body", [b'{"number": 1}', b'{"complete": 1}', b'["complete"]', b"\xff", b""])
def test_an_upload_that_is_not_reported_as_complete_is_completed(serve, work, body: bytes):
    def respond(handler: Any) -> None:
        handler.body()
        handler.respond(200, body)

    api = StubApi(serve(respond).url, direct=False)
    with Uploader(api) as uploader:
        uploader.add([new_upload(work, 10)])
        uploader.finish()
    assert api.completed == ["u"]


def test_signed_parts_are_sent_without_the_token_and_signed_again_when_expired(serve, work):
    parts: dict[str, bytes] = {}
    refused = []

    def fail(path: str) -> int:
        if path == "/signed/2" and not refused:
            refused.append(path)
            return 403
        return 0

    server = serve(collect_parts(parts, fail))
    uploads = StubApi(server.url, direct=True)
    with Uploader(uploads) as uploader:
        uploader.add([new_upload(work, 2500)])
        uploader.finish()
    assert sorted(parts) == ["/signed/1", "/signed/2", "/signed/3"]
    assert sorted(uploads.signed) == [1, 2, 2, 3]
    assert all(
        "authorization" not in headers and headers["x-signed"] == "1" for _, _, headers in server.requests
    )


def test_lost_parts_are_sent_again(serve, work):
    parts: dict[str, bytes] = {}
    server = serve(collect_parts(parts))
    uploads = StubApi(server.url, direct=False)
    lost = Problem(
        "Parts are missing.",
        status=409,
        code="upload_incomplete",
        extras={"incomplete": [{"upload": "u", "missing": [2]}]},
    )
    uploads.incomplete.append(lost)
    with Uploader(uploads) as uploader:
        uploader.add([new_upload(work, 2500)])
        uploader.finish()
    assert [path for _, path, _ in server.requests].count("/parts/2") == 2


def test_a_permanent_error_ends_all_transfers(serve, work):
    server = serve(collect_parts({}, lambda path: 413))
    with pytest.raises(Problem), Uploader(StubApi(server.url, direct=False)) as uploader:
        uploader.add([new_upload(work, 5000)])
        uploader.finish()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("send")]


def test_a_file_that_changed_since_it_was_hashed_is_an_error(serve, work):
    upload = new_upload(work, 2500)
    work.write("a.wav", os.urandom(2500), mtime_ns=1_800_000_000_000_000_001)
    with (
        pytest.raises(ChangedError),
        Uploader(StubApi(serve(collect_parts({})).url, direct=False)) as uploader,
    ):
        uploader.add([upload])
        uploader.finish()
