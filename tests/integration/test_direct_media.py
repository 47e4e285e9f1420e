"""Players read media from the store by signed addresses of some minutes; others get them from the portal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import botocore.auth
import pytest
import requests
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from sessions_app.http.direct_media import SMALLEST, permissions
from sessions_app.models import Share
from sessions_app.operations.shares import create_share
from sessions_app.storage import get_store
from tests.integration.sketches import signed_in
from tests.services.waits import LIMIT

pytestmark = pytest.mark.team

PLAYER = {"Sec-Fetch-Dest": "video", "Range": "bytes=0-"}
FILM = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 2000
ORIGIN = "http://testserver"


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The bucket's CORS rules let pages of the test client's portal read from it."""
    monkeypatch.setattr("sessions_app.http.direct_media.CHECK_TIMEOUT", LIMIT)
    list(get_store().capabilities.prepare([ORIGIN]))
    permissions.clear()
    yield
    permissions.clear()


@pytest.fixture
def session(world):
    world.clock.now = timezone.now()  # requests read the real time
    return world.saved(files={"film.mp4": FILM, "audio/hi/short.wav": b"RIFF" * 100})


def get(client: Client, address: str, headers: dict[str, str]):
    """Return the response without its body."""
    response = client.get(address, headers=headers)
    response.close()
    return response


def play(client: Client, address: str, **headers: str):
    return get(client, f"{address}?play", PLAYER | headers)


def address_of(session, path: str = "film.mp4") -> str:
    return f"/sessions/{session.code}/versions/1/files/{path}"


def test_a_player_is_sent_to_the_store_and_gets_ranges_there(world, session, allowed):
    response = play(signed_in(world.alice), address_of(session))

    assert response.status_code == 302
    assert response["Cache-Control"] == "private, max-age=60"
    url = response["Location"]
    reads = get_store().capabilities.direct_reads
    assert reads is not None
    assert url.startswith(f"{reads.origin}/")
    part = requests.get(
        url, headers={"Origin": ORIGIN, "Range": "bytes=4-11", "Sec-Fetch-Dest": "video"}, timeout=LIMIT
    )
    assert (part.status_code, part.content) == (206, FILM[4:12])
    assert part.headers["Content-Range"] == f"bytes 4-11/{len(FILM)}"
    assert part.headers["Content-Type"] == "video/mp4"
    assert part.headers["Content-Disposition"] == 'inline; filename="film.mp4"'
    assert part.headers["Access-Control-Allow-Origin"] in {"*", ORIGIN}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("film.mp4", {"Sec-Fetch-Dest": "document"}),
        ("film.mp4", {"Sec-Fetch-Dest": ""}),
        ("audio/hi/short.wav", {"Sec-Fetch-Dest": "audio"}),
    ],
    ids=["a tab", "another client", "a small file"],
)
def test_others_and_small_files_get_the_bytes_from_the_portal(world, session, allowed, path, headers):
    response = play(signed_in(world.alice), address_of(session, path), **headers)

    assert response.status_code == 206
    assert len(FILM) > SMALLEST > len(b"RIFF" * 100)


def test_a_download_is_not_redirected(world, session, allowed):
    response = get(signed_in(world.alice), address_of(session), PLAYER)

    assert (response.status_code, response["Content-Disposition"]) == (
        206,
        'attachment; filename="film.mp4"',
    )


def test_only_who_sees_the_session_gets_an_address(world, session, allowed):
    assert play(signed_in(world.bob), address_of(session)).status_code == 404
    assert "/accounts/login/" in play(Client(), address_of(session))["Location"]


def test_a_revoked_link_gives_no_address_and_an_old_one_ends(world, session, allowed, monkeypatch):
    export = world.exported(session.current)
    share = create_share(export=export, author=world.alice, days=7, note="", now=world.clock())
    address, guest = f"/s/{share.token}/files/film.mp4", Client()
    past = datetime.now(UTC) - settings.SIGNED_MEDIA_LIFETIME - timedelta(minutes=1)
    with monkeypatch.context() as patched:
        patched.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: past.replace(tzinfo=None))
        old = play(guest, address)["Location"]
    new = play(guest, address)["Location"]

    assert Share.objects.get().revoke(now=world.clock())

    assert play(guest, address).status_code == 404
    assert requests.get(new, headers={"Range": "bytes=0-3"}, timeout=LIMIT).status_code == 206
    assert requests.get(old, headers={"Range": "bytes=0-3"}, timeout=LIMIT).status_code == 403


def test_pages_may_play_from_the_store(world, session, allowed):
    reads = get_store().capabilities.direct_reads
    assert reads is not None
    page = signed_in(world.alice).get(f"/sessions/{session.code}/")

    policy = dict(
        part.strip().split(" ", 1)
        for part in page["Content-Security-Policy"].split(";")
        if " " in part.strip()
    )
    assert policy["media-src"] == f"'self' {reads.origin}"
    assert policy["img-src"] == f"'self' data: {reads.origin}"
    assert policy["connect-src"].split().count(reads.origin) == 1
    assert urlsplit(reads.origin).path == ""


def test_without_a_cors_rule_media_pass_through_the_portal_with_a_sentence(world, session, allowed, caplog):
    # Other origins have rules: where a bucket has none at all, SeaweedFS permits every origin.
    client = signed_in(world.alice)

    with override_settings(ALLOWED_HOSTS=["elsewhere.example.com"]):
        for _ in range(2):
            assert play(client, address_of(session), Host="elsewhere.example.com").status_code == 206

    (record,) = [each for each in caplog.records if each.name == "sessions_app.http.direct_media"]
    assert "does not let players on http://elsewhere.example.com read from it" in record.message
    assert "docs/storage.md" in record.message


def test_without_the_capability_all_media_pass_through_the_portal(world, session, allowed, monkeypatch):
    store, client = get_store(), signed_in(world.alice)
    assert settings.BLOB_STORE_OPTIONS["direct_reads"]
    monkeypatch.setattr(store, "capabilities", replace(store.capabilities, direct_reads=None))

    assert play(client, address_of(session)).status_code == 206
    assert "media-src" not in client.get(f"/sessions/{session.code}/")["Content-Security-Policy"]
