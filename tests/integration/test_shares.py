"""Share links: create, view, download, copy, revoke."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
import sys
from datetime import timedelta
from typing import Any, Literal, get_args

import pytest
from django.test import Client

from dubbing_core.selection import Selection
from dubbing_core.steps import Step
from sessions_app.models import Blob, DubbingSession, Entry, Export, Share
from sessions_app.operations.cleanup.exports import get_expired_exports
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.shares import NewShare
from sessions_app.storage.keys import export_key
from sessions_app.views import shares
from tests.integration.sketches import (
    ZIP,
    bytes_of,
    current_of,
    expired,
    now,
    put_object,
    signed_in,
    sketch_export,
    sketch_session,
    sketch_share,
    sketch_version,
    store_blobs,
)
from tests.integration.worlds import world_of_rows
from tests.world import PROJECT, World, stored_keys

pytestmark = pytest.mark.either_stack

ZIP_KEY = export_key("a-share-test")
Closure = Literal["expired", "revoked", "trashed", "wrong"]


@pytest.fixture(scope="module", autouse=True)
def _bytes(module_store: None) -> None:
    put_object(ZIP_KEY, ZIP)


world = world_of_rows


@pytest.fixture
def export(world: World) -> Export:
    return sketch_export(sketch_session(world.alice, files=PROJECT), key=ZIP_KEY)


@pytest.fixture
def link(export: Export) -> NewShare:
    return sketch_share(export)


def share_of(link: NewShare) -> Share:
    return Share.objects.get(pk=link.share.pk)


def test_a_new_links_address_is_shown_once(world: World, export: Export):
    alice = signed_in(world.alice)

    response = alice.post(f"/exports/{export.code}/share/", {"days": "30", "note": " for Bob "})

    token = response.context["created"].token
    assert f"http://testserver/s/{token}/" in response.content.decode()
    assert token not in alice.get(f"/exports/{export.code}/").content.decode()
    share = Share.objects.get()
    assert share.note == "for Bob"
    assert timedelta(days=29) < share.expires_at - now() <= timedelta(days=30)


def test_a_token_has_128_bits_and_only_its_hash_is_stored(world: World, link: NewShare):
    assert len(base64.urlsafe_b64decode(link.token + "==")) == 16
    row = json.dumps(list(Share.objects.values()), default=str)
    assert link.token not in row
    assert share_of(link).token_hash == hashlib.sha256(link.token.encode()).hexdigest()


def test_the_link_shows_the_contents_without_signing_in(link: NewShare):
    response = Client().get(f"/s/{link.token}/")

    text = response.content.decode()
    assert response.status_code == 200
    for shown in ("talk", "hi_audio.wav", "alice", f"/s/{link.token}/download/"):
        assert shown in text
    assert f"/accounts/login/?next=/s/{link.token}/" in text


def test_a_link_to_a_part_shows_files_and_progress_of_this_part_alone(world: World, export: Export):
    store_blobs(PROJECT.values())
    export.selection = Selection.from_choices(
        categories=["audio", "translations"], languages=["hi"]
    ).as_dict()
    export.save()
    client, address = Client(), f"/s/{sketch_share(export).token}/"

    page = client.get(address)
    found = client.get(f"{address}listing/?find=audio")
    folders = client.get(f"{address}?by=folder").content.decode()
    audio, other, text = (
        client.get(f"{address}files/{path}")
        for path in (
            "audio/hi_audio.wav?play",
            "audio/es_audio.wav?play",
            "translations/translated.json?preview",
        )
    )

    matrix = page.context["matrix"]
    assert (matrix.languages, matrix.steps) == (("hi",), (Step.TRANSLATED, Step.VOICED))
    assert page.context["total_files"] == 2
    assert "hi_audio.wav" in found.content.decode()
    assert "es_audio.wav" not in found.content.decode()
    assert "voices" not in folders
    assert bytes_of(audio) == PROJECT["audio/hi_audio.wav"]
    assert other.status_code == 404
    assert text.content == PROJECT["translations/translated.json"]
    assert text["Content-Type"] == "text/plain; charset=utf-8"


def test_a_link_to_single_cells_does_not_call_others_missing(world: World):
    files = {f"audio/{tag}_audio.wav": b"a" for tag in ("hi", "es")}
    files |= {f"final_videos/{tag}_final.mp4": b"v" for tag in ("hi", "es")}
    export = sketch_export(sketch_session(world.alice, files=files), key=ZIP_KEY)
    export.selection = Selection.from_choices(cells=["hi:audio", "es:final_videos"]).as_dict()
    export.save()

    page = Client().get(f"/s/{sketch_share(export).token}/").content.decode()

    states = re.findall(r'<span class="cell (\w+)">', page)
    assert states == ["unshared", "done", "done", "unshared"]  # Spanish, Hindi
    assert page.count("Not shared") == 2
    assert "Missing" not in page


@pytest.mark.parametrize(
    ("name", "offers"),
    [
        (None, "Sign in to copy it to your sessions"),
        ("bob", "Copy to my sessions"),
        ("alice", "The page is what recipients of the link see"),
    ],
)
def test_a_link_offers_what_its_visitor_can_do(world: World, link: NewShare, name: str | None, offers: str):
    client = signed_in(getattr(world, name) if name else None)

    with_session = client.get(f"/s/{link.token}/").content.decode()

    assert offers in with_session
    assert (f"/sessions/{share_of(link).export.version.session.code}/" in with_session) is (name == "alice")


@pytest.mark.parametrize("path", ["", "download/", "listing/"])
def test_the_address_of_a_link_is_not_leaked(link: NewShare, path: str):
    for token in (link.token, "wrong"):
        response = Client().get(f"/s/{token}/{path}")
        bytes_of(response)
        assert response["Referrer-Policy"] == "strict-origin"
        assert response["X-Robots-Tag"] == "noindex"
        assert "no-store" in response["Cache-Control"]


def close(closure: Closure, link: NewShare) -> str:
    """Close the link and return the token to test."""
    share = share_of(link)
    match closure:
        case "expired":
            expired(share)
        case "revoked":
            share.revoke(now=now())
        case "trashed":
            trash_sessions(sessions=[share.export.version.session], now=now())
        case "wrong":
            return link.token[:-1] + ("A" if link.token[-1] != "A" else "B")
    return link.token


@pytest.mark.parametrize("closure", get_args(Closure))
def test_a_closed_link_looks_like_an_unknown_one(world: World, link: NewShare, closure: Closure):
    token = close(closure, link)

    for client in (Client(), signed_in(world.bob)):
        unknown = client.get("/s/unknown/")
        for url in (f"/s/{token}/", f"/s/{token}/download/"):
            response = client.get(url)
            assert response.status_code == 404
            assert without_token(response) == without_token(unknown)
    assert signed_in(world.bob).post(f"/s/{token}/copy/").status_code == 404
    assert not DubbingSession.objects.filter(owner=world.bob).exists()
    assert share_of(link).download_count == 0


def without_token(response: Any) -> str:
    """Return the page without the CSRF token, the time and its own address, which differ between responses."""
    lines = response.content.decode().splitlines()
    return "\n".join(
        line for line in lines if not any(text in line for text in ("csrf", "data-now=", 'name="next"'))
    )


def test_a_resumed_download_is_counted_once(link: NewShare):
    client, url = Client(), f"/s/{link.token}/download/"

    assert client.head(url).status_code == 200
    assert share_of(link).download_count == 0
    whole = client.get(url)
    assert bytes_of(whole) == ZIP
    assert 'filename="talk_export.zip"' in whole["Content-Disposition"]
    assert share_of(link).download_count == 1

    rest = client.get(url, headers={"Range": "bytes=7-", "If-Range": whole["ETag"]})
    assert (rest.status_code, bytes_of(rest)) == (206, ZIP[7:])
    beyond = client.get(url, headers={"Range": f"bytes={len(ZIP)}-"})
    known = client.get(url, headers={"If-None-Match": whole["ETag"]})
    assert (beyond.status_code, known.status_code) == (416, 304)
    assert share_of(link).download_count == 1

    assert bytes_of(client.get(url)) == ZIP
    assert share_of(link).download_count == 2
    assert share_of(link).last_download_at is not None


def test_a_failed_download_is_not_counted(export: Export, link: NewShare):
    Export.objects.filter(pk=export.pk).update(key=export_key("missing"))

    for headers in ({}, {"Range": "bytes=0-3"}):
        response = Client().get(f"/s/{link.token}/download/", headers=headers)
        assert response.status_code == 503
        assert "Content-Range" not in response
        assert "Try again in a few minutes." in response.content.decode()

    assert share_of(link).download_count == 0


def test_a_shared_session_is_copied_without_moving_bytes(world: World, link: NewShare):
    before = (stored_keys(), Blob.objects.count())
    bob = signed_in(world.bob)

    response = bob.post(f"/s/{link.token}/copy/", follow=True)

    copy = DubbingSession.objects.get(owner=world.bob)
    shared = share_of(link).export.version
    assert response.redirect_chain == [(f"/sessions/{copy.code}/", 302)]
    assert (stored_keys(), Blob.objects.count()) == before
    assert files_of(copy) == files_of(shared.session)
    document = json.loads(bob.get(f"/sessions/{copy.code}/versions/1/metadata.json").content)
    assert document["session_name"] == copy.name == "talk"
    assert document["audio_paths"] == {
        language: f"sessions/talk/audio/{language}_audio.wav" for language in ("hi", "es")
    }
    assert document["created_at"] == shared.metadata["created_at"]
    assert current_of(copy).message == "Shared by alice"


def files_of(session: DubbingSession) -> dict[str, int]:
    return dict(Entry.objects.filter(session=session).values_list("path", "blob_id"))


def test_each_copy_gets_a_name_of_its_own(world: World, link: NewShare):
    for _ in range(2):
        signed_in(world.bob).post(f"/s/{link.token}/copy/")

    assert set(DubbingSession.objects.filter(owner=world.bob).values_list("name", flat=True)) == {
        "talk",
        "talk_2",
    }


def test_the_exported_version_is_copied_not_a_later_one(world: World, link: NewShare):
    session = share_of(link).export.version.session
    sketch_version(session, {"audio/fr_audio.wav": b"later"})

    signed_in(world.bob).post(f"/s/{link.token}/copy/")

    copy = DubbingSession.objects.get(owner=world.bob)
    assert "audio/fr_audio.wav" not in files_of(copy)
    assert current_of(copy).number == 1


def test_a_copy_survives_the_purge_of_the_original(world: World, link: NewShare):
    session = share_of(link).export.version.session
    signed_in(world.bob).post(f"/s/{link.token}/copy/")
    signed_in(world.alice).post(f"/sessions/{session.code}/trash/")
    Export.objects.update(key=export_key("to-be-purged"))
    before = current_of(DubbingSession.objects.get(owner=world.bob)).file_count

    purge_session(session=DubbingSession.objects.get(pk=session.pk), now=world.clock())

    copy = DubbingSession.objects.get(owner=world.bob)
    assert len(files_of(copy)) == before == len(PROJECT)
    assert not Blob.objects.filter(entries__session=copy).unreferenced().exists()


def test_signing_in_returns_to_the_link(link: NewShare):
    page = f"/s/{link.token}/"

    response = Client().post(f"{page}copy/")

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={page}")
    assert Client().get(response["Location"])["Referrer-Policy"] == "strict-origin"


def test_the_log_does_not_contain_the_address_of_a_link(
    link: NewShare, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    handler = next(one for one in logging.getLogger("django").handlers if type(one) is logging.StreamHandler)
    monkeypatch.setattr(handler, "stream", sys.stderr)
    client = Client(raise_request_exception=False)
    share_of(link).revoke(now=now())

    client.get(f"/s/{link.token}/")
    client.post(f"/s/{link.token}/")
    monkeypatch.setattr(shares, "find_share", lambda **_: 1 / 0)
    client.get(f"/s/{link.token}/download/")

    log = capsys.readouterr().err
    assert [
        log.count(text) for text in ("Not Found: /s/", "Method Not Allowed", "Internal Server Error")
    ] == [1, 1, 1]
    assert "ZeroDivisionError" in log
    assert link.token not in log


def test_only_the_owner_revokes_a_link(world: World, export: Export, link: NewShare):
    share = share_of(link)
    assert signed_in(world.bob).post(f"/shares/{share.code}/revoke/").status_code == 404
    assert Client().get(f"/s/{link.token}/").status_code == 200

    for _ in range(2):  # idempotent
        response = signed_in(world.alice).post(f"/shares/{share.code}/revoke/")
        assert response["Location"] == f"/exports/{export.code}/"

    assert Client().get(f"/s/{link.token}/").status_code == 404


def test_a_link_revoked_on_the_page_of_its_session_leads_back_there(
    world: World, export: Export, link: NewShare
):
    response = signed_in(world.alice).post(f"/shares/{share_of(link).code}/revoke/", {"from": "session"})

    assert response["Location"] == f"/sessions/{export.version.session.code}/#shares"


def test_an_export_does_not_expire_before_its_link(world: World, export: Export):
    expires_at = export.expires_at
    link = sketch_share(export, days=60)

    export.refresh_from_db()
    assert export.expires_at > expires_at + timedelta(days=50)
    later = now() + timedelta(days=30)
    assert not get_expired_exports(now=later).exists()
    share_of(link).revoke(now=now())
    assert get_expired_exports(now=later + timedelta(days=31)).get() == export


def test_an_expired_export_is_neither_shared_nor_downloaded(world: World, export: Export):
    Export.objects.update(expires_at=now() - timedelta(seconds=1))
    alice = signed_in(world.alice)

    shared = alice.post(f"/exports/{export.code}/share/", {"days": "7"}, follow=True)
    downloaded = alice.get(f"/exports/{export.code}/download/", follow=True)

    assert not Share.objects.exists()
    for response in (shared, downloaded):
        assert response.redirect_chain == [(f"/exports/{export.code}/", 302)]
        assert [message.level_tag for message in response.context["messages"]] == ["error"]
