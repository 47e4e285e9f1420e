"""Downloads over unreliable connections, from an HTTP server of the test."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.archive_export import export_version
from dubbing_client.downloader import Downloader
from dubbing_client.errors import (
    TransferError,
    UnreachableError,
)
from dubbing_client.ranged_download import RANGE_SIZE
from dubbing_client.remote_file import RemoteFile
from dubbing_client.retries import Retries
from dubbing_client.state import FileHash

SOON = Retries(attempts=6, first=0.001)


def ranged(data: bytes, *, break_after: Callable[[], int | None] = lambda: None) -> Callable[[Any], None]:
    """Respond with ranges of some bytes.

    :param break_after: returns the number of bytes after which the connection is closed, or None.
    """

    def respond(handler: Any) -> None:
        first, _, last = handler.headers["Range"].removeprefix("bytes=").partition("-")
        chosen = data[int(first) : int(last or len(data) - 1) + 1]
        limit = break_after()
        handler.send_response(206)
        handler.send_header("Content-Length", str(len(chosen)))
        handler.send_header("Content-Range", f"bytes {first}-{int(first) + len(chosen) - 1}/{len(data)}")
        handler.send_header("ETag", '"e"')
        handler.end_headers()
        handler.wfile.write(chosen if limit is None else chosen[:limit])
        handler.close_connection = limit is not None

    return respond


def fetch(
    url: str, file: RemoteFile, work, on_bytes: Callable[[int], object] = lambda _: None
) -> list[FileHash]:
    placed: list[FileHash] = []
    with (
        Api(url, "token", retries=SOON) as api,
        Downloader(
            api,
            session="s",
            version=1,
            records=work.path / "notes",
            on_bytes=on_bytes,
            on_placed=lambda _, hashed: placed.append(hashed),
        ) as downloader,
    ):
        downloader.fetch([file])
    return placed


def remote(work, data: bytes, path: str = "talk.mp4") -> RemoteFile:
    return RemoteFile(path, path, work.path / path, len(data), hashlib.sha256(data).hexdigest())


def test_a_large_file_is_fetched_in_ranges_and_resumes(serve, work):
    data = os.urandom(1 << 20) * 70
    breaks = iter([1_000_000, 5_000_000, None, 10])
    server = serve(ranged(data, break_after=lambda: next(breaks, None)))
    counted: list[int] = []
    (hashed,) = fetch(server.url, remote(work, data), work, counted.append)
    assert (work.path / "talk.mp4").read_bytes() == data
    assert sum(counted) == len(data)
    assert len(server.requests) == 2 + 3, "two ranges, the second with the rest, and three interruptions"
    assert hashed.is_valid_for(hashed.stat), "a written file is not read again"
    assert work.listed() == ["talk.mp4"]
    assert {headers["if-range"] for _, _, headers in server.requests} == {f'"{hashed.sha256}"'}


def test_a_killed_download_resumes_with_its_complete_ranges(serve, work):
    data = os.urandom(1 << 20) * 170
    file = remote(work, data)
    server = serve(ranged(data))

    class KilledError(Exception):
        pass

    def kill(count: int) -> None:
        done.append(count)
        if sum(done) > RANGE_SIZE * 4.5:
            raise KilledError

    done: list[int] = []
    with pytest.raises(KilledError):
        fetch(server.url, file, work, kill)
    assert file.part_file.exists()
    assert not file.target.exists()
    server.requests.clear()
    fetch(server.url, file, work)
    assert file.target.read_bytes() == data
    assert 1 <= len(server.requests) < 6
    assert not file.part_file.exists()
    assert not list((work.path / "notes").iterdir())


def test_damaged_downloads_are_never_moved_into_place(serve, work):
    data = os.urandom(2 << 20)
    before = work.write("talk.mp4", b"before")
    with pytest.raises(TransferError, match=r"The download of “talk\.mp4” is damaged"):
        fetch(serve(ranged(data)).url, remote(work, data[:-1] + b"x"), work)
    assert before.read_bytes() == b"before"
    assert not remote(work, data[:-1] + b"x").part_file.exists()


def test_a_linked_part_file_is_not_followed(serve, work, tmp_path):
    data = os.urandom(2 << 20)
    file = remote(work, data)
    outside = tmp_path / "outside"
    outside.write_bytes(b"outside")
    file.part_file.symlink_to(outside)
    fetch(serve(ranged(data)).url, file, work)
    assert (outside.read_bytes(), file.target.read_bytes()) == (b"outside", data)


def test_small_files_are_bundled_and_a_broken_bundle_resumes(serve, work):
    contents = {f"audio/{number}.wav": os.urandom(50) for number in range(10)}
    breaks = iter([120, 0])

    def respond(handler: Any) -> None:
        paths = json.loads(handler.body())["paths"]
        data = b"".join(contents[path] for path in paths)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        limit = next(breaks, None)
        handler.wfile.write(data[:limit])
        handler.close_connection = limit is not None

    server = serve(respond)
    files = [remote(work, data, path) for path, data in contents.items()]
    with (
        Api(server.url, "token", retries=SOON) as api,
        Downloader(
            api,
            session="s",
            version=1,
            records=work.path / "notes",
            on_bytes=lambda _: None,
            on_placed=lambda *_: None,
        ) as downloader,
    ):
        downloader.fetch(files)
    assert {path: (work.path / path).read_bytes() for path in contents} == contents
    assert len(server.requests) == 3


@pytest.mark.parametrize("is_named", [True, False])
def test_an_interrupted_export_resumes_in_the_same_and_the_next_run(serve, tmp_path, is_named):
    data = os.urandom(3_000_000)
    breaks = iter([1_000_000, 1_000_000, *[0] * 6])
    output = tmp_path / "talk.zip"

    def respond(handler: Any) -> None:
        if "Range" in handler.headers:
            ranged(data, break_after=lambda: next(breaks, None))(handler)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.send_header("ETag", '"e"')
        handler.send_header("Content-Disposition", 'attachment; filename="../talk.zip"')
        handler.end_headers()
        handler.wfile.write(data[: next(breaks)])
        handler.close_connection = True

    server = serve(respond)
    with Api(server.url, "token", retries=SOON) as api:
        with pytest.raises(UnreachableError):
            export_version(api, session="s", version=1, name="Talk", output=output if is_named else tmp_path)
        assert not output.exists()
        exported = export_version(
            api, session="s", version=1, name="Talk", output=output if is_named else tmp_path
        )
    assert output.read_bytes() == data
    assert exported.resumed_at > 1_900_000
    assert not output.with_name("talk.zip.part").exists()
    assert server.requests[-1][2]["if-range"] == '"e"'
