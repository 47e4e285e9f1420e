from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from dubbing_client.folder import Folder
from dubbing_client.state import State

assert importlib.util.find_spec("django") is None, "The client is tested where it will live: without Django."

OLD_NS = 1_700_000_000_123_456_789


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's real configuration is read or written."""
    for name in [name for name in os.environ if name.startswith("DUBS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DUBS_HOME", str(folder))
    return folder


class Work:
    """A pipeline's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.folder = Folder(path)

    def write(self, path: str, data: bytes = b"data", *, mtime_ns: int | None = OLD_NS) -> Path:
        """Write a file; it looks as if that was long ago, unless told otherwise."""
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        if mtime_ns is not None:
            os.utime(place, ns=(mtime_ns, mtime_ns))
        return place

    def state(self) -> State:
        return State.read("https://portal.example.com", self.folder)

    def listed(self) -> list[str]:
        return sorted(self.folder.listing().files)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path / "work")
