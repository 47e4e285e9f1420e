"""Transfers: limits of concurrent uploads and downloads, and what they hold."""

from __future__ import annotations

import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client

from sessions_app.http.downloads import FileRange
from sessions_app.http.transfers import SMALL_BODY, TooManyTransfersError, Transfers, transfers
from sessions_app.operations.errors import BusyError
from tests.integration.programs import Program, problem_of
from tests.world import World


@pytest.fixture(autouse=True)
def _no_other_transfers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the streams that other tests have left open."""
    monkeypatch.setattr(transfers, "_counts", Counter())


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.alice)
    return client


@pytest.fixture
def archive(world: World) -> str:
    session = world.saved(files={"talk.mp4": b"video", "audio/hi_audio.wav": b"wave" * SMALL_BODY})
    return f"/sessions/{session.code}/versions/1/archive.zip"


def test_each_key_and_all_together_are_limited(settings):
    settings.MAX_TRANSFERS = 3
    running = Transfers()
    first = running.open("address:a", 2)
    running.open("address:a", 2)
    with pytest.raises(TooManyTransfersError):
        running.open("address:a", 2)
    first.assign("user:1", 1)
    first.assign("user:1", 1)
    third = running.open("address:a", 2)
    with pytest.raises(TooManyTransfersError):
        third.assign("user:1", 1)
    with pytest.raises(BusyError, match="too many uploads and downloads at the moment"):
        running.open("user:2", 9)

    first.close()
    first.close()

    assert (running.count(), running.count("user:1"), running.count("address:a")) == (2, 0, 2)


@pytest.mark.parametrize(
    "path",
    ["{archive}", "/api/v1{archive}", "/api/v1{session}manifest", "{session}files/audio/hi_audio.wav"],
)
def test_a_streamed_response_counts_until_it_is_closed_and_holds_no_database_connection(
    client: Client, archive: str, path: str
):
    path = path.format(archive=archive, session=archive.removesuffix("archive.zip"))
    response = client.get(path)
    assert response.streaming
    assert connection.connection is None
    assert transfers.count() == 1
    assert list(response)

    response.close()

    assert transfers.count() == 0
    assert connection.connection is None


@pytest.mark.one_stack
def test_another_thread_uses_the_connection_of_a_streamed_response(client: Client, archive: str):
    client.get("/sessions/")
    opened = connection.connection
    response = client.get(archive)
    assert response.streaming

    def connect() -> tuple[bool, int]:
        connection.ensure_connection()
        is_same = connection.connection is opened
        connection.hand_over()  # type: ignore[attr-defined]  # of `dubbing_sessions.sqlite3`
        return is_same, User.objects.count()

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(connect).result() == (True, 3)
        threads.submit(connections.close_all).result()
    response.close()


@pytest.mark.parametrize("path", ["{archive}", "{session}files/audio/hi_audio.wav"])
def test_a_small_range_is_no_transfer_and_keeps_its_database_connection(
    client: Client, archive: str, path: str, settings
):
    settings.MAX_TRANSFERS = 0
    path = path.format(session=archive.removesuffix("archive.zip"), archive=archive)

    response = client.get(path, headers={"Range": "bytes=100-199"})

    assert (response.status_code, len(response.content)) == (206, 100)
    assert connection.connection is not None
    assert client.get(path, headers={"Range": f"bytes=0-{SMALL_BODY}"}).status_code == 503


@pytest.mark.parametrize("path", ["{archive}", "/api/v1{archive}", "/api/v1{session}manifest"])
def test_head_starts_no_stream(client: Client, archive: str, monkeypatch, path: str):
    started = []
    monkeypatch.setattr("sessions_app.http.downloads.stream_segments", lambda *_, **__: started.append("ZIP"))
    monkeypatch.setattr("sessions_app.api.loads._document", lambda _: started.append("manifest"))
    response = client.head(path.format(archive=archive, session=archive.removesuffix("archive.zip")))

    assert (response.status_code, b"".join(response)) == (200, b"")
    response.close()
    assert (started, transfers.count()) == ([], 0)


def test_refusals_of_pages_and_api(client: Client, world: World, archive: str, settings):
    settings.MAX_TRANSFERS_PER_USER = 1
    first = client.get(archive)

    page = client.get(archive)
    api = client.get(f"/api/v1{archive}")
    other = Program.of(world.bob).get("/me")

    assert (page.status_code, page["Retry-After"]) == (429, "5")
    assert (
        "The limit of 1 simultaneous uploads and downloads for your account is reached."
        in page.content.decode()
    )
    assert '<a class="button primary" href="">Try again</a>' in page.content.decode()
    problem_of(api, 429, "too_many_transfers")
    assert other.status_code == 200
    first.close()
    client.get(archive).close()


def test_large_bodies_are_refused_before_they_are_read(client: Client, settings):
    settings.MAX_TRANSFERS = 0

    page = client.post("/accounts/login/", {"login": "x" * 70_000})
    api = client.post("/api/v1/uploads", "x" * 70_000, content_type="application/json")

    assert page.status_code == 503
    assert "Try again</a>" not in page.content.decode()  # a link cannot send the form again
    problem_of(api, 503, "busy")
    assert client.get("/sessions/").status_code == 200
    assert transfers.count() == 0


def test_a_connection_that_is_closed_before_the_first_byte_raises_its_own_error(tmp_path: Path):
    (tmp_path / "talk.mp4").write_bytes(bytes(1000))
    server, client = socket.socketpair()
    client.close()

    with (
        closing(server),
        closing(FileRange(tmp_path / "talk.mp4", 100, 900)) as part,
        pytest.raises(BrokenPipeError),
    ):
        server.sendfile(part, offset=100, count=800)
