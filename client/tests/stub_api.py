"""A portal without a network, for plans of saves and loads."""

from __future__ import annotations

import hashlib
from typing import Any

from dubbing_client.api import Api
from dubbing_client.errors import NotFoundError
from dubbing_client.file_hashes import hash_folder
from dubbing_client.state import Base


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry(path: str, data: bytes = b"data", *, category: str = "audio", language: str = "hi"):
    return {
        "path": path,
        "size": len(data),
        "sha256": sha(data),
        "crc32": "00000000",
        "category": category,
        "language": language,
        "role": "",
        "labeled_by": "recognizer",
        "executable": False,
        "mtime_ns": None,
        "added_in": 1,
    }


class StubApi(Api):
    """The calls that plans make; any other call fails."""

    def __init__(self, version: int = 1, *entries: Any) -> None:
        self.current = {"code": "c0de", "name": "Talk", "version": version, "trashed_at": None}
        self.entries = list(entries)
        self.earlier: list[Any] = []
        """Entries of the versions before the current one."""
        self.calls: list[str] = []

    def session(self, code: str) -> Any:
        if code != "c0de":
            raise NotFoundError("Not here.", status=404, code="not_found")
        return self.current

    def find_session(self, name: str) -> Any:
        return self.current if name == "Talk" else None

    def get_session(self, name: str) -> Any:
        return self.current

    def version(self, code: str, number: int) -> Any:
        return {"number": number, "created_by": "Bob", "message": "His", "created_at": "2026-01-02T03:04:05Z"}

    def manifest(self, code: str, number: int) -> Any:
        self.calls.append("manifest")
        document = {"size": 4, "sha256": sha(b"meta")}
        return {
            "version": number,
            "fingerprint": "f",
            "entries": self.entries if number == self.current["version"] else self.earlier,
            "metadata": document,
            "empty_folders": [],
        }


def synced_state(work, *, version: int = 1):
    """Return the folder's state after a save or load of its current content."""
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=version)
    state.synced = {
        path: sha256 for path, _, sha256 in hash_folder(work.folder, work.folder.listing(), state)
    }
    state.save()
    return state
