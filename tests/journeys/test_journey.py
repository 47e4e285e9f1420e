"""Three days of a dubbing project, over HTTP against a real web server, worker and broker."""

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


def sign_in(portal: Portal, name: str) -> Visitor:
    visitor = Visitor(portal.address)
    visitor.sign_in(name, portal.password)
    return visitor


def test_a_dubbing_project_from_its_first_day_to_a_colleague(portal: Portal, media: Media):
    portal.worker.resume()
    alice, bob, charlie = (sign_in(portal, name) for name in ("alice", "bob", "charlie"))

    # Day 1: the video and its transcription.
    suggested = alice.get(f"{API}/sessions/suggested-name?video_filename=conference-talk.mp4").json()["name"]
    assert re.fullmatch(r"conference-talk_\d{8}_\d{6}", suggested)
    created = alice.post(f"{API}/sessions", {"name": suggested}, status=201)
    assert created["name"] == suggested
    session = f"/sessions/{created['code']}/"
    first = {
        "conference-talk.mp4": media.video.read_bytes(),
        "transcriptions/original_asr.json": b'{"text": "Hello and welcome.", "segments": []}',
        "audio/silence.wav": media.silence.read_bytes() * 5,  # more than one part
    }
    save(portal, alice, session, first, parent=0)

    # Day 2: translations and voices; the video is not sent again.
    second = {
        "translations/translated.json": '{"hi": "नमस्ते", "es": "Hola"}'.encode(),
        "audio/hi_audio.wav": media.voices[0].read_bytes(),
        "audio/es_audio.wav": media.voices[1].read_bytes(),
    }
    save(portal, alice, session, second, parent=1)
    assert "/files/audio/hi_audio.wav" in alice.get(session).text
    second_document = alice.get(f"{session}versions/2/metadata.json").json()
    assert (second_document["session_name"], second_document["video_name"]) == (
        suggested,
        "conference-talk.mp4",
    )
    assert sorted(second_document["languages"]) == ["es", "hi"]

    # Two users save at once: the second gets a conflict.
    (late,) = upload(alice, {"audio/hi_audio.wav": b"later"})
    problem = alice.post(versions_of(session), {"parent": 1, "uploads": [late]}, status=409)
    assert problem["code"] == "conflict"

    # She restores day 1, then day 2.
    alice.submit(f"{session}versions/1/restore/")
    assert "/files/audio/hi_audio.wav" not in alice.get(f"{session}versions/3/").text
    alice.submit(f"{session}versions/2/restore/")

    # Day 3: a ZIP of everything; its download is interrupted and resumed.
    exported = export(portal, alice, session, version=4)
    archive = download_in_two_requests(alice, f"/exports/{exported}/download/")
    contents = members(archive)
    assert {path: contents[path] for path in second} == second
    assert (
        hashlib.sha256(contents["audio/silence.wav"]).digest()
        == hashlib.sha256(first["audio/silence.wav"]).digest()
    )
    assert json.loads(contents["metadata.json"])["session_name"] == suggested
    for path in (session, f"/exports/{exported}/", f"/exports/{exported}/download/"):
        charlie.get(path, status=404)

    # Bob imports the ZIP.
    (uploaded,) = upload(bob, {f"{suggested}_export.zip": archive})
    job = bob.post(f"{API}/imports", {"upload": uploaded}, status=202)["code"]
    imported = wait_for_success(portal, bob, job)["session"]
    assert suggested in bob.get(f"/sessions/{imported}/").text
    again = export(portal, bob, f"/sessions/{imported}/", version=1)
    assert without_documents(
        members(download_in_two_requests(bob, f"/exports/{again}/download/"))
    ) == without_documents(contents)

    # A share link: viewed and downloaded without an account, then imported by Charlie.
    page = alice.submit(f"/exports/{exported}/share/", {"days": "7", "note": "for Charlie"})
    link = LINK.search(page.text)
    assert link is not None
    shared = link["address"].removeprefix(portal.address)
    anonymous = Visitor(portal.address)
    assert "hi_audio.wav" in anonymous.get(shared).text
    assert anonymous.get(f"{shared}download/").content == archive
    copied = charlie.submit(f"{shared}copy/")
    assert (
        charlie.get(f"{copied.url.removeprefix(portal.address)}versions/1/files/audio/hi_audio.wav").content
        == (second["audio/hi_audio.wav"])
    )

    # Move the session to the trash and restore it.
    alice.submit(f"{session}trash/")
    alice.get(session, status=404)
    assert suggested in alice.get("/sessions/trash/").text
    alice.submit(f"{session}untrash/")
    assert suggested in alice.get("/sessions/").text
    assert portal.call("find_leftovers") == []


def upload(visitor: Visitor, files: Mapping[str, bytes]) -> list[str]:
    """Upload files as the page's script does: create, send parts, complete. Return the uploads' codes."""
    requested = [{"path": path, "size": len(data)} for path, data in files.items()]
    created = visitor.post(f"{API}/uploads", {"uploads": requested}, status=201)
    for opened, data in zip(created["uploads"], files.values(), strict=True):
        size = opened["part_size"]
        for number, start in enumerate(range(0, len(data), size), 1):
            visitor.put(f"{API}/uploads/{opened['code']}/parts/{number}", data[start : start + size])
    codes = [opened["code"] for opened in created["uploads"]]
    visitor.post(f"{API}/uploads/complete", {"uploads": codes}, status=200)
    return codes


def versions_of(session: str) -> str:
    return f"{API}{session}versions"


def save(portal: Portal, visitor: Visitor, session: str, files: Mapping[str, bytes], *, parent: int) -> None:
    request = {"parent": parent, "message": f"Day {parent + 1}", "uploads": upload(visitor, files)}
    job = visitor.post(versions_of(session), request, status=202)["code"]
    assert wait_for_success(portal, visitor, job)["version"] == parent + 1


def wait_for_success(portal: Portal, visitor: Visitor, job: str) -> dict[str, object]:
    """Poll the job's page until it reports success; return the job's result."""
    final = [">Done<", ">Failed<", ">Cancelled<"]

    def progress() -> str:
        return visitor.get(f"/jobs/{job}/progress/").text

    portal.wait_for(lambda: any(state in progress() for state in final), condition="end of the job")
    assert ">Done<" in progress()
    result: dict[str, object] = portal.call("get_job", code=job)["result"]
    return result


def export(portal: Portal, visitor: Visitor, session: str, *, version: int) -> str:
    job = visitor.submit(f"{session}versions/{version}/export/").url.rpartition("?job=")[2]
    wait_for_success(portal, visitor, job)
    found = DOWNLOAD.search(visitor.get(f"/jobs/{job}/").text)
    assert found is not None
    return found["code"]


def download_in_two_requests(visitor: Visitor, path: str) -> bytes:
    """Download the first half, drop the connection, and resume as browsers do."""
    with visitor.http.get(visitor.address + path, stream=True, timeout=60) as response:
        assert response.status_code == 200
        size = int(response.headers["Content-Length"])
        etag = response.headers["ETag"]
        half = response.raw.read(size // 2)
    rest = visitor.get(path, status=206, headers={"Range": f"bytes={len(half)}-", "If-Range": etag})
    assert rest.headers["Content-Range"] == f"bytes {len(half)}-{size - 1}/{size}"
    assert len(half) + len(rest.content) == size
    return bytes(half) + rest.content


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def without_documents(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Leave out files that contain the session's name and time."""
    return {
        path: data for path, data in files.items() if path != "metadata.json" and not path.startswith(".")
    }
