"""A deployed portal: embedded stack, a user with sessions, gunicorn."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from bench.download import DownloadRequest
from bench.resident import Resident
from bench.views import FOLDER_VARIABLE
from tests.services.ports import reserve_port
from tests.services.processes import ROOT, Service
from tests.services.stacks import without_settings

USER, PASSWORD = "alice", "a long walk on the beach"


class Portal:
    def __init__(self, folder: Path, *, session: Path) -> None:
        self.folder = folder
        self.port = reserve_port()
        self.cookie = ""
        self._web: Service | None = None
        self.environment = {
            **without_settings(os.environ),
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            FOLDER_VARIABLE: str(session),
        }

    def manage(self, *arguments: str | Path) -> str:
        command = [sys.executable, "manage.py", *arguments]
        completed = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return completed.stdout

    def import_folder(self, source: Path, *, name: str) -> str:
        """Import a folder's files as a session; return the path of its ZIP."""
        packed = self.folder / f"{name}.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for file in sorted(source.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(source))
        return self.import_archive(packed, name=name)

    def import_archive(self, packed: Path, *, name: str) -> str:
        """Import a ZIP, which is removed, as a session; return the path of its ZIP."""
        imported = json.loads(
            self.manage("import_session", packed, "--owner", USER, "--name", name, "--json")
        )
        packed.unlink()
        return f"/sessions/{imported['code']}/versions/1/archive.zip"

    def download_request(self, path: str, *, byte_range: str = "") -> DownloadRequest:
        return DownloadRequest(port=self.port, path=path, cookie=self.cookie, byte_range=byte_range)

    def download(self, path: str, target: Path) -> None:
        connection = HTTPConnection("127.0.0.1", self.port)
        with closing(connection), target.open("wb") as file:
            connection.request("GET", path, headers={"Cookie": self.cookie})
            shutil.copyfileobj(connection.getresponse(), file)

    def serve(self) -> Service:
        command = [
            *(sys.executable, "-m", "gunicorn", "--config", "python:dubbing_sessions.web_server"),
            # One process, whose memory is measured.
            *("--bind", f"127.0.0.1:{self.port}", "--workers", "1"),
        ]
        log = self.folder / "web.log"
        self._web = Service("gunicorn", command, log=log, environment=self.environment)
        self._web.wait_until(self._listens)
        return self._web

    def server(self) -> Resident:
        """Return gunicorn's only worker process."""
        assert self._web is not None
        master = self._web.process.pid
        (worker,) = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
        return Resident(worker)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def sign_in(self) -> None:
        page = f"{self.environment['SITE_URL']}/accounts/login/"
        cookies = CookieJar()
        browser = build_opener(HTTPCookieProcessor(cookies))
        browser.open(page).close()
        token = next(each.value for each in cookies if each.name == "csrftoken")
        form = {"login": USER, "password": PASSWORD, "csrfmiddlewaretoken": token or ""}
        browser.open(page, urlencode(form).encode("ascii")).close()
        self.cookie = "; ".join(f"{each.name}={each.value}" for each in cookies)


@contextmanager
def running_portal(folder: Path, *, session: Path) -> Iterator[Portal]:
    """Start a portal with its data in ``folder``; peers send the files of ``session``."""
    portal = Portal(folder, session=session)
    portal.manage("prepare")
    portal.manage("create_user", USER, "--password", PASSWORD)
    web = portal.serve()
    try:
        portal.sign_in()
        yield portal
    finally:
        web.stop()
