"""The client as people have it: the command `dubs` in an environment of its own, against a portal in processes of its own."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.portal import Portal, running_portal
from tests.services.processes import ROOT, start_process
from tests.services.stacks import Stack

DUBS = ROOT / ".build" / "client" / "bin" / "dubs"
TIMEOUT = 120


@pytest.fixture(scope="session")
def dubs_path() -> Path:
    if not DUBS.exists():
        subprocess.run([ROOT / "scripts" / "client"], check=True, timeout=300)
    return DUBS


@pytest.fixture(scope="session")
def running(stack: Stack) -> Iterator[Portal]:
    with running_portal(stack) as portal:
        yield portal


@pytest.fixture
def portal(running: Portal) -> Portal:
    """One portal for all tests: each has people of its own, and finds it up whatever became of it in another one."""
    running.recover()
    return running


@dataclass
class Done:
    code: int
    out: str
    said: str


class Machine:
    """A person's machine with `dubs` on it."""

    def __init__(self, dubs: Path, home: Path, portal: Portal, owner: str, *, url: str = "") -> None:
        self.dubs = dubs
        self.folder = home
        home.mkdir()
        self.owner = owner
        self.url = url or portal.address
        self.token: str = portal.call("create_access_token", owner=owner)
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.environment = {
            **kept,
            "DUBS_HOME": str(home / "dubs"),
            "DUBS_URL": self.url,
            "DUBS_TOKEN": self.token,
            "PYTHONWARNINGS": "error",
        }

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return self._start(self.dubs, *arguments)

    def start_python(self, *arguments: object) -> subprocess.Popen[str]:
        """Start the interpreter in which the client is installed."""
        return self._start(self.dubs.parent / "python", *arguments)

    def _start(self, *command: object) -> subprocess.Popen[str]:
        return start_process(
            [str(part) for part in command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: object, code: int = 0) -> Done:
        """Run a command that ends with this exit code."""
        with self.start(*arguments) as process:
            out, said = process.communicate(timeout=TIMEOUT)
        assert process.returncode == code, f"exit code {process.returncode}\n{out}\n{said}"
        assert "Traceback" not in said
        return Done(process.returncode, out, said)

    def told(self, *arguments: object, code: int = 0) -> Any:
        """Run a command and return the one JSON document on its stdout."""
        return json.loads(self.run(*arguments, "--json", code=code).out)

    def has_hashed(self, path: str) -> bool:
        """Return whether the client has recorded the hash of a file."""
        records = Path(self.environment["DUBS_HOME"]).rglob("files.json")
        return any(path in json.loads(record.read_bytes())["files"] for record in records)

    def versions(self, name: str) -> list[int]:
        return [version["number"] for version in self.told("info", name)["versions"]]

    def run_to_the_end(self, draw: random.Random, *arguments: object, shortest: float, longest: float) -> int:
        """Run a command, killed at a random moment again and again, until it ends by itself; tell how often it was killed."""
        kills = 0
        while True:
            with self.start(*arguments) as process:
                try:
                    out, said = process.communicate(timeout=draw.uniform(shortest, longest))
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills += 1
                    # A busy machine must come to an end, too.
                    longest *= 1.1
                    continue
            assert process.returncode == 0, f"{out}\n{said}"
            return kills


@pytest.fixture
def machine(portal: Portal, dubs_path: Path, tmp_path: Path) -> Any:
    """Make machines: ``machine("alice-laptop")`` is Alice's, and each test has an Alice of its own, who has nothing yet."""
    people: dict[str, str] = {}

    def make(name: str, *, url: str = "") -> Machine:
        person = name.partition("-")[0]
        if person not in people:
            people[person] = portal.call("create_user", name=person)
        return Machine(dubs_path, tmp_path / name, portal, people[person], url=url)

    return make


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def read(folder: Path, *, without: tuple[str, ...] = ("metadata.json",)) -> dict[str, bytes]:
    """Every file of a folder, hidden ones included."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {path: data for path, data in found.items() if path not in without}


def project(*, big: int = 9 * 1024 * 1024, small: int = 30) -> dict[str, bytes]:
    """A pipeline's folder in a layout of its own: a video of more than one part, segments that share packs, texts."""
    return {
        "conference talk.mp4": os.urandom(big),
        "out/asr.json": json.dumps({"text": "Hello", "take": os.urandom(8).hex()}).encode(),
        "out/translated.json": json.dumps({"hi": "नमस्ते", "es": os.urandom(8).hex()}).encode(),
        "out/dubbed/talk_final_hi.mp4": os.urandom(2 * 1024 * 1024),
        **{f"out/hi/segment_{number:04}.wav": os.urandom(1000 + number) for number in range(small)},
        "empty.txt": b"",
    }
