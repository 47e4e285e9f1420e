"""`dubs media`: what was made of a session's media is listed and downloaded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dubbing_client.cli.main import main

CODE = "00000000-0000-4000-8000-000000000001"
ADDRESS = f"/api/v1/sessions/{CODE}/media/{'0' * 64}"
POSTER, COPY = b"a picture", b"a light copy" * 200_000
NOT_NEEDED = {
    "state": "not_needed",
    "reason": "",
    "url": None,
    "media_type": "",
    "size": 0,
    "sha256": "",
    "details": {},
}


def made(data: bytes, name: str, **changes: Any) -> dict[str, Any]:
    facts = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {**NOT_NEEDED, "state": "ready", "url": f"{ADDRESS}/{name}", **facts, **changes}


def file(path: str, derivatives: Any, *, role: str = "", problem: str = "") -> dict[str, Any]:
    media = {"summary": "0:02, H.264 320x180, AAC", "reason": "", "problem": problem}
    return {"path": path, "role": role, "media": media, "derivatives": derivatives}


class Portal:
    """A portal with one session of one version."""

    def __init__(self, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: list[Any] = [
            file("talk.mkv", {"poster": made(POSTER, "poster-1.webp"), "proxy": made(COPY, "proxy-1.mp4")}),
            file(
                "dubs/hi.mkv",
                {"poster": {**NOT_NEEDED, "state": "failed", "reason": "It has no picture."}},
                problem="audio ends at 1.0 s of 2.0 s",
            ),
            file("audio/1.wav", {"poster": NOT_NEEDED}, role="segment"),
            {"path": "notes.txt", "role": "", "media": None, "derivatives": None},
        ]
        self.downloads = {"poster-1.webp": POSTER, "proxy-1.mp4": COPY}
        server = serve(self.respond)
        self.requests = server.requests
        monkeypatch.setenv("DUBS_URL", server.url)
        monkeypatch.setenv("DUBS_TOKEN", "dubs_x")

    def respond(self, handler: Any) -> None:
        path = handler.path.partition("?")[0]
        if path.startswith(ADDRESS):
            first, last = handler.headers["Range"].removeprefix("bytes=").split("-")
            data = self.downloads[path.rpartition("/")[2]][int(first) : int(last) + 1]
            handler.respond(206, data)
        elif path.endswith("/entries"):
            handler.respond(200, json.dumps({"items": self.files, "next": None}).encode())
        else:
            session = {"code": CODE, "name": "Talk", "version": 1, "trashed_at": None}
            handler.respond(200, json.dumps({"items": [session], "next": None}).encode())


@pytest.fixture
def portal(serve, monkeypatch, tmp_path) -> Portal:
    monkeypatch.chdir(tmp_path)
    return Portal(serve, monkeypatch)


@pytest.mark.usefixtures("portal")
def test_media_are_listed_with_what_was_made_of_them(capsys):
    assert main(["media", "Talk"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "talk.mkv\t0:02, H.264 320x180, AAC\tposter, proxy\t",
        "dubs/hi.mkv\t0:02, H.264 320x180, AAC\tposter (It has no picture.)\taudio ends at 1.0 s of 2.0 s",
    ]
    assert main(["media", "Talk", "--all"]) == 0
    assert "audio/1.wav" in capsys.readouterr().out


def test_posters_and_light_copies_are_downloaded_once(portal, capsys):
    assert main(["media", "Talk", "poster", "proxy", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["written"] == ["talk.mkv.poster.webp", "talk.mkv.proxy.mp4"]
    assert document["missing"] == ["dubs/hi.mkv: poster (It has no picture.)"]
    assert Path("previews/talk.mkv.poster.webp").read_bytes() == POSTER
    assert Path("previews/talk.mkv.proxy.mp4").read_bytes() == COPY
    before = len(portal.requests)
    assert main(["media", "Talk", "poster", "proxy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] == 2
    assert not [path for _, path, _ in portal.requests[before:] if path.startswith(ADDRESS)]


@pytest.mark.usefixtures("portal")
def test_other_files_are_replaced_on_request(capsys):
    Path("out").mkdir()
    target = Path("out/talk.mkv.poster.webp")
    target.write_bytes(b"mine")

    assert main(["media", "Talk", "poster", "-o", "out"]) == 1
    assert "would be replaced. Use --overwrite" in capsys.readouterr().err
    assert target.read_bytes() == b"mine"
    assert main(["media", "Talk", "poster", "-o", "out", "--overwrite"]) == 0
    assert target.read_bytes() == POSTER


def test_damaged_downloads_are_not_written(portal, capsys):
    portal.downloads["poster-1.webp"] = b"a pixture"

    assert main(["media", "Talk", "poster"]) == 1

    assert "is damaged" in capsys.readouterr().err
    assert not list(Path("previews").iterdir())


@pytest.mark.parametrize(
    ("path", "changes", "message"),
    [
        ("talk.mkv", {"url": "@evil.example.com/poster-1.webp"}, "an address that is not its own"),
        ("talk.mkv", {"url": "//evil.example.com/poster-1.webp"}, "an address that is not its own"),
        ("talk.mkv", {"url": 1}, "an address that is not its own"),
        ("talk.mkv", {"url": f"{ADDRESS}/poster-1.exe"}, "that is none"),
        ("talk.mkv", {"sha256": "../x"}, "that is none"),
        ("../talk.mkv", {}, "cannot be loaded"),
        ("/talk.mkv", {}, "cannot be loaded"),
    ],
)
def test_a_hostile_portal_creates_no_other_files(portal, capsys, path, changes, message):
    portal.files = [file(path, {"poster": made(POSTER, "poster-1.webp", **changes)})]

    assert main(["media", "Talk", "poster"]) == 1

    assert message in capsys.readouterr().err
    assert not [each for each in Path().rglob("*") if each.is_file()]


@pytest.mark.usefixtures("portal")
def test_unknown_kinds_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["media", "Talk", "pictures"])

    assert "choose from poster, strip, peaks, audio, proxy" in capsys.readouterr().err


def test_an_old_portal_sends_no_derivatives(portal, capsys):
    for each in portal.files:
        del each["derivatives"]

    assert main(["media", "Talk", "poster"]) == 0

    assert "0 files" in capsys.readouterr().out
    assert not Path("previews").exists()
