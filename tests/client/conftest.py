"""The installed client, against a portal in other processes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dubbing_client.api import Api
from tests.journeys.portal import Portal
from tests.services.processes import ROOT, start_process

DUBS = ROOT / ".build" / "client" / "bin" / "dubs"


@pytest.fixture(scope="session")
def dubs_path() -> Path:
    if not DUBS.exists():
        subprocess.run([ROOT / "scripts" / "client"], check=True, timeout=300)
    return DUBS


@dataclass
class Result:
    code: int
    out: str
    err: str


class DubsServer:
    """`dubs` in forks of one process, which has imported all of it."""

    def __init__(self, dubs: Path, folder: Path) -> None:
        self.dubs = dubs
        self._command = (dubs.parent / "python", ROOT / "tests" / "client" / "dubs_server.py")
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def run(self, arguments: list[str], *, folder: Path, environment: dict[str, str]) -> Result:
        out, err = self._folder / "out", self._folder / "err"
        for file in (out, err):
            file.write_bytes(b"")
        request = {"arguments": arguments, "folder": str(folder), "environment": environment}
        try:
            code = self._send(json.dumps({**request, "out": str(out), "err": str(err)}))
        except BaseException:
            self.stop()  # the next command would get the result of this one
            raise
        return Result(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def _send(self, line: str) -> int:
        if self._process is None:
            environment = {**os.environ, "PYTHONWARNINGS": "error"}
            pipe = subprocess.PIPE
            self._process = start_process(
                self._command, cwd=self._folder, env=environment, stdin=pipe, stdout=pipe, text=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        if self._process is not None:
            with self._process as process:
                process.kill()
        self._process = None


@pytest.fixture(scope="session")
def dubs_server(dubs_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DubsServer]:
    server = DubsServer(dubs_path, tmp_path_factory.mktemp("dubs-server"))
    yield server
    server.stop()


@pytest.fixture
def portal(shared_portal: Portal) -> Portal:
    """The shared portal, with all its processes running. Each test has its own users."""
    shared_portal.recover()
    return shared_portal


class Machine:
    """A user's machine with `dubs`."""

    def __init__(self, server: DubsServer, home: Path, portal: Portal, owner: str, *, url: str = "") -> None:
        self.server = server
        self.folder = home
        home.mkdir()
        self.owner = owner
        self.url = url or portal.address
        self.token: str = portal.call("create_access_token", owner=owner)
        inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.environment = {
            **inherited,
            "DUBS_HOME": str(home / "dubs"),
            "DUBS_URL": self.url,
            "DUBS_TOKEN": self.token,
            "PYTHONWARNINGS": "error",
        }

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a command in an interpreter of its own."""
        return self._start(self.server.dubs, *arguments)

    def start_python(self, *arguments: object) -> subprocess.Popen[str]:
        """Start the interpreter in which the client is installed."""
        return self._start(self.server.dubs.parent / "python", *arguments)

    def _start(self, *command: object) -> subprocess.Popen[str]:
        return start_process(
            [str(part) for part in command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: object, code: int = 0) -> Result:
        """Run a command that ends with this exit code."""
        result = self.server.run(
            [str(argument) for argument in arguments], folder=self.folder, environment=self.environment
        )
        assert result.code == code, f"exit code {result.code}\n{result.out}\n{result.err}"
        assert "Traceback" not in result.err
        return result

    def run_json(self, *arguments: object, code: int = 0) -> Any:
        """Run a command with ``--json`` and return its document."""
        return json.loads(self.run(*arguments, "--json", code=code).out)

    def versions(self, name: str) -> list[int]:
        return [version["number"] for version in self.run_json("info", name)["versions"]]


@pytest.fixture
def machine(portal: Portal, dubs_server: DubsServer, tmp_path: Path) -> Any:
    """Return a factory of machines.

    ``machine("alice-laptop")`` belongs to Alice, a new user of each test.
    """
    users: dict[str, str] = {}

    def make(name: str, *, url: str = "") -> Machine:
        user = name.partition("-")[0]
        if user not in users:
            users[user] = portal.call("create_user", name=user)
        return Machine(dubs_server, tmp_path / name, portal, users[user], url=url)

    return make


@pytest.fixture
def api(portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API of the portal as a new user, in this process."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DUBS_HOME", str(tmp_path / "dubs"))
    user = portal.call("create_user", name="programmer")
    return Api(portal.address, portal.call("create_access_token", owner=user))


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def read(folder: Path, *, without: tuple[str, ...] = ("metadata.json",)) -> dict[str, bytes]:
    """Return path -> content of every file, hidden ones included."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {path: data for path, data in contents.items() if path not in without}


def project(*, big: int = 9 * 1024 * 1024, small: int = 30) -> dict[str, bytes]:
    """Return a pipeline's files: a video of several parts, segments in packs, texts."""
    return {
        "conference talk.mp4": os.urandom(big),
        "out/asr.json": json.dumps({"text": "Hello", "take": os.urandom(8).hex()}).encode(),
        "out/translated.json": json.dumps({"hi": "नमस्ते", "es": os.urandom(8).hex()}).encode(),
        "out/dubbed/talk_final_hi.mp4": os.urandom(2 * 1024 * 1024),
        **{f"out/hi/segment_{number:04}.wav": os.urandom(1000 + number) for number in range(small)},
        "empty.txt": b"",
    }
