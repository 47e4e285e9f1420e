"""Several sessions as one ZIP, and lists by a saved filter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.archive_export import export_sessions
from dubbing_client.cli.main import main
from dubbing_client.errors import UnreachableError
from dubbing_client.retries import Retries

DATA = bytes(range(256)) * 40
ETAG = '"the same versions"'


class Portal:
    """A portal whose archives have an address of their own each, and the same bytes."""

    def __init__(self, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.archives = 0
        self.chosen: Any = None
        self.cut_at: int | None = None
        """Bytes after which the connection is lost."""
        self.url = "/api/v1/session-archives/{}"
        self.server = serve(self.respond)
        monkeypatch.setenv("DUBS_URL", self.server.url)
        monkeypatch.setenv("DUBS_TOKEN", "dubs_x")

    def respond(self, handler: Any) -> None:
        path, _, query = handler.path.partition("?")
        if path == "/api/v1/sessions/archive":
            self.archives += 1
            self.chosen = json.loads(handler.body())
            body = {"code": "c", "url": self.url.format(self.archives), "session_count": 2}
            handler.respond(201, json.dumps(body).encode())
        elif path.startswith("/api/v1/session-archives/"):
            self._send(handler)
        elif path == "/api/v1/filters":
            body = {"filters": [{"code": "f1", "name": "Launch day", "query": "tag=launch"}]}
            handler.respond(200, json.dumps(body).encode())
        else:
            name = query.partition("name=")[2] or "found"
            session = {"code": f"code-of-{name}", "name": name, "version": 1, "trashed_at": None}
            handler.respond(200, json.dumps({"items": [session], "next": None}).encode())

    def _send(self, handler: Any) -> None:
        requested = handler.headers.get("Range", "")
        start = int(requested.removeprefix("bytes=").rstrip("-")) if requested else 0
        handler.send_response(206 if requested else 200)
        handler.send_header("ETag", ETAG)
        handler.send_header("Content-Length", str(len(DATA) - start))
        handler.send_header("Content-Disposition", 'attachment; filename="2_sessions.zip"')
        if requested:
            handler.send_header("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
        handler.end_headers()
        handler.wfile.write(DATA[start : self.cut_at])
        handler.close_connection = True


@pytest.fixture
def portal(serve, monkeypatch, tmp_path) -> Portal:
    monkeypatch.chdir(tmp_path)
    return Portal(serve, monkeypatch)


def test_several_sessions_are_one_zip(portal, capsys):
    assert main(["export", "one", "two", "one"]) == 0

    assert portal.chosen == {"sessions": ["code-of-one", "code-of-two"]}
    assert Path("2_sessions.zip").read_bytes() == DATA
    assert "Exported 2 sessions to 2_sessions.zip" in capsys.readouterr().out


def test_a_broken_download_continues_with_the_next_archive(portal):
    portal.cut_at = 5000
    with Api(portal.server.url, "dubs_x", retries=Retries(attempts=1)) as api:
        with pytest.raises(UnreachableError):
            export_sessions(api, ["a", "b"], output=Path("all.zip"))
        portal.cut_at = None

        result = export_sessions(api, ["a", "b"], output=Path("all.zip"))

    assert (portal.archives, result.resumed_at) == (2, 4999)
    assert Path("all.zip").read_bytes() == DATA


def test_an_address_of_another_host_is_refused(portal, capsys):
    portal.url = "@evil.example.com/{}"

    assert main(["export", "one", "two"]) == 1

    assert "an address that is not its own" in capsys.readouterr().err


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize("option", [["--history"], ["--only", "audio"], ["--version", "2"]])
def test_parts_of_several_sessions_are_refused(capsys, option):
    assert main(["export", "one", "two", *option]) == 2

    assert "Several sessions are exported as they are" in capsys.readouterr().err


def test_a_saved_filter_is_found_by_its_name(portal, capsys):
    assert main(["list", "--filter", "LAUNCH day", "--names"]) == 0

    assert "filter=f1" in portal.server.requests[-1][1]
    assert main(["list", "--filter", "other"]) == 4
    assert "There is no saved filter “other”. There are: Launch day." in capsys.readouterr().err
    assert main(["list", "words", "--filter", "Launch day"]) == 2
