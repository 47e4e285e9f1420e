"""Files on their way in. A server of the standard library stands in where a real portal would have to be told to misbehave."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.downloads import SEGMENT
from dubbing_client.errors import (
    TransferError,
    UnreachableError,
)
from dubbing_client.exporting import export
from dubbing_client.receiving import Receiver, RemoteFile
from dubbing_client.retries import Retries
from dubbing_client.state import Hashed

SOON = Retries(tries=6, first=0.001)


def ranged(data: bytes, *, break_after: Callable[[], int | None] = lambda: None) -> Callable[[Any], None]:
    """Answer ranges of some bytes; connections break off when told so."""

    def answer(handler: Any) -> None:
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

    return answer


def fetch(
    url: str, file: RemoteFile, work, on_bytes: Callable[[int], object] = lambda _: None
) -> list[Hashed]:
    placed: list[Hashed] = []
    with (
        Api(url, "token", retries=SOON) as api,
        Receiver(
            api,
            session="s",
            version=1,
            notes=work.path / "notes",
            on_bytes=on_bytes,
            on_placed=lambda _, hashed: placed.append(hashed),
        ) as receiver,
    ):
        receiver.fetch([file])
    return placed


def remote(work, data: bytes, path: str = "talk.mp4") -> RemoteFile:
    return RemoteFile(path, path, work.path / path, len(data), hashlib.sha256(data).hexdigest())


def test_a_large_file_comes_in_ranges_and_a_broken_one_goes_on_where_it_broke(serve, work):
    data = os.urandom(1 << 20) * 70
    breaks = iter([1_000_000, 5_000_000, None, 10])
    server = serve(ranged(data, break_after=lambda: next(breaks, None)))
    told: list[int] = []
    (hashed,) = fetch(server.url, remote(work, data), work, told.append)
    assert (work.path / "talk.mp4").read_bytes() == data
    assert sum(told) == len(data)
    assert len(server.requests) == 2 + 3, "two ranges, the rest being too small for one, and three that broke"
    assert hashed.holds_for(hashed.stat), "what was just written need not be read again"
    assert work.listed() == ["talk.mp4"]
    assert {headers["if-range"] for _, _, headers in server.requests} == {f'"{hashed.sha256}"'}


def test_a_killed_load_goes_on_with_the_ranges_that_are_there(serve, work):
    data = os.urandom(1 << 20) * 170
    file = remote(work, data)
    server = serve(ranged(data))

    class Killed(Exception):  # noqa: N818
        pass

    def kill(count: int) -> None:
        done.append(count)
        if sum(done) > SEGMENT * 4.5:
            raise Killed

    done: list[int] = []
    with pytest.raises(Killed):
        fetch(server.url, file, work, kill)
    assert file.part.exists()
    assert not file.place.exists()
    server.requests.clear()
    fetch(server.url, file, work)
    assert file.place.read_bytes() == data
    assert 1 <= len(server.requests) < 6
    assert not file.part.exists()
    assert not list((work.path / "notes").iterdir())


def test_bytes_that_are_not_the_versions_never_take_a_place(serve, work):
    data = os.urandom(2 << 20)
    before = work.write("talk.mp4", b"as it was")
    with pytest.raises(TransferError, match=r"“talk\.mp4” did not arrive as it was saved"):
        fetch(serve(ranged(data)).url, remote(work, data[:-1] + b"x"), work)
    assert before.read_bytes() == b"as it was"
    assert not remote(work, data[:-1] + b"x").part.exists()


def test_a_part_that_is_a_link_is_not_followed(serve, work, tmp_path):
    data = os.urandom(2 << 20)
    file = remote(work, data)
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    file.part.symlink_to(precious)
    fetch(serve(ranged(data)).url, file, work)
    assert (precious.read_bytes(), file.place.read_bytes()) == (b"mine", data)


def test_small_files_come_together_and_a_broken_bundle_goes_on_with_the_rest(serve, work):
    contents = {f"audio/{number}.wav": os.urandom(50) for number in range(10)}
    breaks = iter([120, 0])

    def answer(handler: Any) -> None:
        import json  # noqa: PLC0415

        asked = json.loads(handler.body())["paths"]
        data = b"".join(contents[path] for path in asked)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        limit = next(breaks, None)
        handler.wfile.write(data[:limit])
        handler.close_connection = limit is not None

    server = serve(answer)
    files = [remote(work, data, path) for path, data in contents.items()]
    with (
        Api(server.url, "token", retries=SOON) as api,
        Receiver(
            api,
            session="s",
            version=1,
            notes=work.path / "notes",
            on_bytes=lambda _: None,
            on_placed=lambda *_: None,
        ) as receiver,
    ):
        receiver.fetch(files)
    assert {path: (work.path / path).read_bytes() for path in contents} == contents
    assert len(server.requests) == 3


@pytest.mark.parametrize("is_named", [True, False])
def test_an_export_that_broke_off_goes_on_by_itself_and_in_the_next_run(serve, tmp_path, is_named):
    data = os.urandom(3_000_000)
    breaks = iter([1_000_000, 1_000_000, *[0] * 6])
    output = tmp_path / "talk.zip"

    def answer(handler: Any) -> None:
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

    server = serve(answer)
    with Api(server.url, "token", retries=SOON) as api:
        with pytest.raises(UnreachableError):
            export(api, session="s", version=1, name="Talk", output=output if is_named else tmp_path)
        assert not output.exists()
        exported = export(api, session="s", version=1, name="Talk", output=output if is_named else tmp_path)
    assert output.read_bytes() == data
    assert exported.resumed_at > 1_900_000
    assert not output.with_name("talk.zip.part").exists()
    assert server.requests[-1][2]["if-range"] == '"e"'
