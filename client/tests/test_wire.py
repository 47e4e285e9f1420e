"""Bytes over a wire that breaks. A server of the standard library stands in where a real portal would have to be told to misbehave."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable

import pytest

from dubbing_client.api import Api
from dubbing_client.downloads import SEGMENT
from dubbing_client.errors import (
    ChangedError,
    Problem,
    SignedOutError,
    TransferError,
    UnavailableError,
    UnreachableError,
)
from dubbing_client.exporting import export
from dubbing_client.folder import Stat
from dubbing_client.receiving import Receiver, RemoteFile
from dubbing_client.retries import Cancelled, Retries, attempt
from dubbing_client.sending import LocalFile, Sender, Shipment
from dubbing_client.state import Hashed
from dubbing_client.wire import Piece, Wire

SOON = Retries(tries=6, first=0.001)


class Server:
    """Answers as the test says: ``answer(handler)`` is called for every request."""

    def __init__(self, answer: Callable[[Any], None]) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                outer.requests.append(
                    (self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
                )
                answer(self)

            do_GET = do_PUT = do_POST = answer  # noqa: N815 (names that http.server looks for)

            def log_message(self, *_: object) -> None: ...

            def body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def say(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        class Listening(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Connections break here on purpose."""

        self.server = Listening(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Any], None]], Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[Any], None]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for each in servers:
        each.server.shutdown()
        each.server.server_close()


def piece(path: Path) -> Piece:
    return Piece(path, 0, path.stat().st_size, path.name)


# -- The wire itself --------------------------------------------------------------------------------------------------


def test_a_connection_is_used_again_and_one_that_was_closed_meanwhile_is_not(serve, work):
    file = work.write("a.wav", b"x" * 600_000)
    received = []

    def answer(handler: Any) -> None:
        received.append((handler.client_address, handler.body()))
        handler.close_connection = len(received) == 2
        handler.say(200, b"ok", ETag='"e"')

    server = serve(answer)
    wire = Wire()
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
        handler.say(413, b'{"code": "over_quota", "detail": "Your quota is full."}')

    wire = Wire()
    with pytest.raises((Problem, UnreachableError)) as caught:
        wire.put(f"{serve(answer).url}/part", [piece(file)])
    if isinstance(caught.value, Problem):  # the system may have dropped it with the connection
        assert (caught.value.code, str(caught.value)) == ("over_quota", "Your quota is full.")
    wire.close()


def test_a_file_that_became_shorter_is_named(serve, work):
    file = work.write("a.wav", b"x" * 1000)
    longer = Piece(file, 0, 2000, "a.wav")
    wire = Wire()
    with pytest.raises(ChangedError, match=r"“a\.wav” changed"):
        wire.put(f"{serve(lambda handler: handler.say(200)).url}/", [longer])
    wire.close()


def test_the_token_is_not_told_to_whom_the_portal_sends_us(serve):
    store = serve(lambda handler: handler.say(200, b"bytes"))
    portal = serve(lambda handler: handler.say(302, Location=f"{store.url}/object"))
    wire = Wire()
    with wire.get(
        f"{portal.url}/file", headers={"Authorization": "Bearer secret", "Range": "bytes=0-4"}
    ) as body:
        buffer = memoryview(bytearray(10))
        assert bytes(buffer[: body.readinto(buffer)]) == b"bytes"
    wire.close()
    ((_, _, headers),) = store.requests
    assert "authorization" not in headers
    assert headers["range"] == "bytes=0-4"


def test_a_proxy_is_asked_where_the_environment_names_one(serve, monkeypatch):
    proxy = serve(lambda handler: handler.say(200, handler.path.encode()))
    monkeypatch.setenv("http_proxy", proxy.url)
    wire = Wire()
    with wire.get("http://portal.invalid/file?x=1") as body:
        buffer = memoryview(bytearray(100))
        assert bytes(buffer[: body.readinto(buffer)]) == b"http://portal.invalid/file?x=1"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    own = serve(lambda handler: handler.say(200, b"direct"))
    with wire.get(f"{own.url}/") as body:
        assert bytes(buffer[: body.readinto(buffer)]) == b"direct"
    wire.close()


# -- Trying again -----------------------------------------------------------------------------------------------------


def test_what_may_work_later_is_tried_again_and_what_will_not_is_not(serve):
    answers = iter([(503, {"Retry_After": "0"}), (429, {}), (408, {}), (200, {})])

    def answer(handler: Any) -> None:
        status, headers = next(answers)
        handler.say(status, b'{"name": "alice"}', **headers)

    server = serve(answer)
    with Api(server.url, "token", retries=SOON) as api:
        assert api.me()["name"] == "alice"
    assert len(server.requests) == 4
    refusing = serve(lambda handler: handler.say(401, b'{"code": "bad_token", "detail": "No."}'))
    with Api(refusing.url, "token", retries=SOON) as api, pytest.raises(SignedOutError) as caught:
        api.me()
    assert (caught.value.code, caught.value.exit_code, len(refusing.requests)) == ("bad_token", 3, 1)


def test_a_creating_call_is_repeated_under_the_same_key(serve):
    count = 0

    def answer(handler: Any) -> None:
        nonlocal count
        count += 1
        handler.body()
        handler.say(500 if count == 1 else 201, b'{"code": "c0de", "name": "x"}')

    server = serve(answer)
    with Api(server.url, "token", retries=SOON) as api:
        api.create_session("x")
    first, second = (headers["idempotency-key"] for _, _, headers in server.requests)
    assert first == second


def test_pauses_grow_and_the_portals_own_wish_counts():
    retries = Retries(first=1.0)
    assert 0.5 <= retries.pause(1) <= 1.0
    assert 4.0 <= retries.pause(4) <= 8.0
    assert retries.pause(50) <= 30.0
    assert retries.pause(1, asked=7.0) == 7.0


def test_a_try_that_came_further_counts_as_the_first_and_a_person_is_told():
    far, told = 0, []

    def action() -> int:
        nonlocal far
        far += far < 20
        if far < 20:
            raise UnreachableError("Gone.")
        return far

    assert attempt(action, retries=Retries(tries=2, first=0), progress=lambda: far) == 20
    with pytest.raises(UnreachableError):
        attempt(_fails, retries=Retries(tries=5, first=0), on_trouble=told.append)
    assert told == ["Gone. Trying again."]
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        attempt(_fails, retries=SOON, stop=stop)


def _fails() -> None:
    raise UnreachableError("Gone.")


# -- Sending ----------------------------------------------------------------------------------------------------------


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
            handler.say(status, b"{}")
            return
        parts[handler.path] = data
        handler.say(200)

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


# -- Receiving --------------------------------------------------------------------------------------------------------


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
    assert len(server.requests) == 3 + 3, "three ranges, and three that broke"
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


def test_an_unavailable_portal_is_no_conflict():
    assert UnavailableError("Later.", status=503, code="storage").exit_code == 1
