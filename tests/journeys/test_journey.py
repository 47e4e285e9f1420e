"""Three days of a dubbing project over HTTP alone, against a real web server, worker and broker, on both stacks."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping

import pytest

from tests.journeys.portal import Portal
from tests.journeys.visitor import Visitor
from tests.services.media import Media

LINK = re.compile(r'value="(?P<address>http[^"]*/s/[^"]+)"')
DOWNLOAD = re.compile(r"/exports/(?P<code>[0-9a-f-]{36})/download/")

API = "/api/v1"

pytestmark = pytest.mark.slow


def visitor(portal: Portal, name: str) -> Visitor:
    someone = Visitor(portal.address)
    someone.sign_in(name, portal.password)
    return someone


def test_a_dubbing_project_from_its_first_day_to_a_colleague(portal: Portal, media: Media):
    portal.worker.resume()
    alice, bob, charlie = (visitor(portal, name) for name in ("alice", "bob", "charlie"))

    # Day 1: the video and what was heard in it.
    suggested = alice.get(f"{API}/sessions/suggested-name?video_filename=conference-talk.mp4").json()["name"]
    assert re.fullmatch(r"conference-talk_\d{8}_\d{6}", suggested)
    made = alice.post(f"{API}/sessions", {"name": suggested}, status=201)
    assert made["name"] == suggested
    session = f"/sessions/{made['code']}/"
    first = {
        "conference-talk.mp4": media.video.read_bytes(),
        "transcriptions/original_asr.json": b'{"text": "Hello and welcome.", "segments": []}',
        "audio/silence.wav": media.silence.read_bytes() * 5,  # more than one part
    }
    save(portal, alice, session, first, parent=0)

    # Day 2: translations and voices, on top; the video does not travel again.
    second = {
        "translations/translated.json": '{"hi": "नमस्ते", "es": "Hola"}'.encode(),
        "audio/hi_audio.wav": media.voices[0].read_bytes(),
        "audio/es_audio.wav": media.voices[1].read_bytes(),
    }
    save(portal, alice, session, second, parent=1)
    assert "hi_audio.wav" in alice.get(session).text
    second_document = alice.get(f"{session}versions/2/metadata.json").json()
    assert (second_document["session_name"], second_document["video_name"]) == (
        suggested,
        "conference-talk.mp4",
    )
    assert sorted(second_document["languages"]) == ["es", "hi"]

    # Two people save at once: the second is told.
    (late,) = upload(alice, {"audio/hi_audio.wav": b"later"})
    told = alice.post(versions_of(session), {"parent": 1, "uploads": [late]}, status=409)
    assert told["code"] == "conflict"

    # She goes back to day 1, and forth again.
    alice.submit(f"{session}versions/1/restore/")
    assert "hi_audio.wav" not in alice.get(f"{session}versions/3/").text
    alice.submit(f"{session}versions/2/restore/")

    # Day 3: a ZIP of everything, whose download breaks off and goes on.
    export = exported(portal, alice, session, version=4)
    archive = downloaded_in_two(alice, f"/exports/{export}/download/")
    contents = members(archive)
    assert {path: contents[path] for path in second} == second
    assert (
        hashlib.sha256(contents["audio/silence.wav"]).digest()
        == hashlib.sha256(first["audio/silence.wav"]).digest()
    )
    assert json.loads(contents["metadata.json"])["session_name"] == suggested
    for path in (session, f"/exports/{export}/", f"/exports/{export}/download/"):
        charlie.get(path, status=404)

    # Bob imports the ZIP.
    (uploaded,) = upload(bob, {f"{suggested}_export.zip": archive})
    job = bob.post(f"{API}/imports", {"upload": uploaded}, status=202)["code"]
    imported = done(portal, bob, job)["session"]
    assert suggested in bob.get(f"/sessions/{imported}/").text
    again = exported(portal, bob, f"/sessions/{imported}/", version=1)
    assert without_documents(
        members(downloaded_in_two(bob, f"/exports/{again}/download/"))
    ) == without_documents(contents)

    # Charlie gets a link, looks, downloads without signing in, and takes it.
    page = alice.submit(f"/exports/{export}/share/", {"days": "7", "note": "for Charlie"})
    link = LINK.search(page.text)
    assert link is not None
    shared = link["address"].removeprefix(portal.address)
    stranger = Visitor(portal.address)
    assert "hi_audio.wav" in stranger.get(shared).text
    assert stranger.get(f"{shared}download/").content == archive
    taken = charlie.submit(f"{shared}take/")
    assert (
        charlie.get(f"{taken.url.removeprefix(portal.address)}versions/1/files/audio/hi_audio.wav").content
        == (second["audio/hi_audio.wav"])
    )

    # The trash, and out of it.
    alice.submit(f"{session}trash/")
    alice.get(session, status=404)
    assert suggested in alice.get("/sessions/trash/").text
    alice.submit(f"{session}untrash/")
    assert suggested in alice.get("/sessions/").text
    assert portal.ask("leftovers") == []


def upload(someone: Visitor, files: Mapping[str, bytes]) -> list[str]:
    """Send files as the page's script does: announced, in parts, completed. Returns the uploads' codes."""
    announced = [{"path": path, "size": len(data)} for path, data in files.items()]
    told = someone.post(f"{API}/uploads", {"uploads": announced}, status=201)
    for opened, data in zip(told["uploads"], files.values(), strict=True):
        size = opened["part_size"]
        for number, start in enumerate(range(0, len(data), size), 1):
            someone.put(f"{API}/uploads/{opened['code']}/parts/{number}", data[start : start + size])
    codes = [opened["code"] for opened in told["uploads"]]
    someone.post(f"{API}/uploads/complete", {"uploads": codes}, status=200)
    return codes


def versions_of(session: str) -> str:
    return f"{API}{session}versions"


def save(portal: Portal, someone: Visitor, session: str, files: Mapping[str, bytes], *, parent: int) -> None:
    asked = {"parent": parent, "message": f"Day {parent + 1}", "uploads": upload(someone, files)}
    job = someone.post(versions_of(session), asked, status=202)["code"]
    assert done(portal, someone, job)["version"] == parent + 1


def done(portal: Portal, someone: Visitor, job: str) -> dict[str, object]:
    """Look at the job's page until it says that it is done; return its result."""
    last = ["Done", "Failed", "Cancelled"]

    def said() -> str:
        return someone.get(f"/jobs/{job}/progress/").text

    portal.wait_for(
        lambda: any(f">{word}<" in said() for word in last), what="the job's page says how it ended"
    )
    assert ">Done<" in said()
    result: dict[str, object] = portal.ask("job", code=job)["result"]
    return result


def exported(portal: Portal, someone: Visitor, session: str, *, version: int) -> str:
    job = someone.submit(f"{session}versions/{version}/export/").url.rstrip("/").rsplit("/", 1)[-1]
    done(portal, someone, job)
    found = DOWNLOAD.search(someone.get(f"/jobs/{job}/").text)
    assert found is not None
    return found["code"]


def downloaded_in_two(someone: Visitor, path: str) -> bytes:
    """Download the first half, lose the connection, and go on as browsers do."""
    with someone.http.get(someone.address + path, stream=True, timeout=60) as answer:
        assert answer.status_code == 200
        size = int(answer.headers["Content-Length"])
        etag = answer.headers["ETag"]
        half = answer.raw.read(size // 2)
    rest = someone.get(path, status=206, headers={"Range": f"bytes={len(half)}-", "If-Range": etag})
    assert rest.headers["Content-Range"] == f"bytes {len(half)}-{size - 1}/{size}"
    assert len(half) + len(rest.content) == size
    return bytes(half) + rest.content


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def without_documents(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Leave out what names its session and its time."""
    return {
        path: data for path, data in files.items() if path != "metadata.json" and not path.startswith(".")
    }
