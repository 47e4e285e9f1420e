"""The client's record of a folder: hashes of its files, and its version.

It is stored in the user's state directory, separately for each pair of portal and folder. Losing it costs time, never data:
without it everything is hashed again, and no file counts as removed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dubbing_client.folder import Folder, Stat
from dubbing_client.user_files import quarantine, read_json, state_dir, write_private

FORMAT = 2
SAVED, SESSION = "saved", "session"
"""Layouts of a folder: the paths that files were saved from, or the session's own tree."""
FINE_TICK_NS = 20_000_000
"""Nanoseconds within which two writes may get the same time: kernels update it 100 to 1,000 times a second."""
COARSE_TICK_NS = 2_000_000_000
"""The same for file systems that store whole seconds, or every second one, as FAT does."""
SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class FileHash:
    """A file's hash, and its stat at that time."""

    stat: Stat
    sha256: str
    read_at_ns: int
    """When reading started."""

    def is_valid_for(self, stat: Stat) -> bool:
        """Return whether a file with this stat still has this hash.

        A file modified within a clock tick before it was read may have been written to afterwards without another
        modification time, so it has to be read again (git calls such an entry racy).
        """
        tick = COARSE_TICK_NS if self.stat.mtime_ns % SECOND_NS == 0 else FINE_TICK_NS
        return stat == self.stat and self.stat.mtime_ns + tick < self.read_at_ns


@dataclass(frozen=True)
class Base:
    """The version that the folder corresponds to."""

    session: str
    name: str
    version: int


@dataclass(frozen=True)
class PendingSave:
    """A save that was requested and whose outcome is unknown."""

    session: str
    """Code; "" if the save creates the session."""
    key: str
    """The Idempotency-Key: repeating the request with it returns the outcome."""
    request: dict[str, Any]
    synced: dict[str, str] | None
    """`State.synced` after the save; None where files from outside of the folder were saved."""
    executables: list[str] | None = None
    """`State.executables` after the save."""


@dataclass
class State:
    """The record of one folder and portal.

    Changed in memory; `save` and `save_files` write it.
    """

    directory: Path
    base: Base | None = None
    synced: dict[str, str] = field(default_factory=dict)
    """Path -> SHA-256 when folder and portal were last in sync. A path missing in the folder was removed, another hash changed."""
    executables: list[str] | None = None
    """The executable ones of these files as this disk reports them, which may have no such bit; None if unknown."""
    loaded: dict[str, str] = field(default_factory=dict)
    """The same for files that were loaded individually from other versions; they are stored, so they may be overwritten."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Path -> path in the portal, where a load renamed the file. Folders have a slash (`dubbing_client.local_names`)."""
    layout: str = SAVED
    """Of the last load."""
    empty_folders: list[str] = field(default_factory=list)
    """Folders without files when folder and portal were last in sync, as paths in the portal."""
    files: dict[str, FileHash] = field(default_factory=dict)
    """Cache of hashes."""
    pending: PendingSave | None = None
    has_new_hashes: bool = False

    @classmethod
    def read(cls, portal: str, folder: Folder) -> State:
        """Return the record of a folder; damaged files count as missing."""
        directory = directory_of(portal, folder)
        state = cls(directory=directory)
        with _damage_tolerant(directory / "state.json") as document:
            if document:
                state.base = Base(**document["base"]) if document["base"] else None
                state.synced = dict(document["synced"])
                executables = document.get("executables")
                state.executables = None if executables is None else list(executables)
                state.loaded = dict(document["loaded"])
                state.aliases = dict(document["aliases"])
                state.layout = str(document.get("layout", SESSION if state.aliases else SAVED))
                state.empty_folders = list(document.get("empty_folders", ()))
                state.pending = PendingSave(**document["pending"]) if document["pending"] else None
        with _damage_tolerant(directory / "files.json") as document:
            if document:
                state.files = {
                    path: FileHash(Stat(*numbers[:4]), sha256, numbers[4])
                    for path, (*numbers, sha256) in document["files"].items()
                }
        return state

    @property
    def part_records(self) -> Path:
        """Directory of the records of part files."""
        return self.directory / "parts"

    def save(self) -> None:
        """Write everything."""
        document = {
            "format": FORMAT,
            "base": asdict(self.base) if self.base else None,
            "synced": self.synced,
            "executables": self.executables,
            "loaded": self.loaded,
            "aliases": self.aliases,
            "layout": self.layout,
            "empty_folders": self.empty_folders,
            "pending": asdict(self.pending) if self.pending else None,
        }
        write_private(self.directory / "state.json", _compact_json(document))
        self.save_files()

    def save_files(self) -> None:
        """Write the cache of hashes if it has changed."""
        if not self.has_new_hashes:
            return
        files = {
            path: [*_numbers(file_hash.stat), file_hash.read_at_ns, file_hash.sha256]
            for path, file_hash in list(self.files.items())
        }
        write_private(self.directory / "files.json", _compact_json({"format": FORMAT, "files": files}))
        self.has_new_hashes = False

    def cached_hash(self, path: str, stat: Stat) -> str | None:
        """Return the hash of a file with this stat, or None if it has to be read."""
        file_hash = self.files.get(path)
        return file_hash.sha256 if file_hash is not None and file_hash.is_valid_for(stat) else None

    def cache_hash(self, path: str, file_hash: FileHash) -> None:
        self.files[path] = file_hash
        self.has_new_hashes = True

    def drop_hashes_except(self, paths: Mapping[str, object]) -> None:
        """Remove the hashes of files that no longer exist."""
        for path in [path for path in self.files if path not in paths]:
            del self.files[path]
            self.has_new_hashes = True

    def set_base(self, base: Base, synced: Mapping[str, str], *, executables: list[str] | None) -> None:
        """Record that the folder corresponds to a version."""
        if self.base is None or self.base.session != base.session:
            self.aliases, self.layout = {}, SAVED
        self.base, self.synced, self.loaded = base, dict(synced), {}
        self.executables = executables

    def forget_session(self) -> None:
        """Let the next save create a session."""
        self.base, self.synced, self.loaded = None, {}, {}
        self.aliases, self.layout, self.executables = {}, SAVED, None

    def find_other_modes(self, files: Mapping[str, Stat]) -> set[str]:
        """Return the files whose executable bit differs since the last sync."""
        if self.executables is None:
            return set()
        before = set(self.executables)
        return {
            path
            for path, stat in files.items()
            if path in self.synced and stat.is_executable != (path in before)
        }

    def is_stored(self, path: str, sha256: str) -> bool:
        """Return whether a version known to this folder has this content at this path."""
        return sha256 in {self.synced.get(path), self.loaded.get(path)}


def directory_of(portal: str, folder: Folder) -> Path:
    """Return the directory of the record of a portal and folder."""
    name = hashlib.sha256(f"{portal}\0{folder.path}".encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return state_dir() / "folders" / name


@contextmanager
def _damage_tolerant(path: Path) -> Iterator[Any]:
    """Yield the document in a file, or None.

    The file is renamed if the block cannot interpret it.
    """
    document = read_json(path)
    if document is not None and document.get("format") not in {1, FORMAT}:
        document = None
    try:
        if document is not None and document["format"] == 1:
            _upgrade(document)
        yield document
    except (KeyError, TypeError, ValueError, AttributeError):
        quarantine(path)


def _upgrade(document: dict[str, Any]) -> None:
    """Rename the keys of format 1, which client 0.1 wrote."""
    for part in (document, document.get("pending") or {}):
        if "known" in part:
            part["synced"] = part.pop("known")
    document.setdefault("aliases", {})


def _numbers(stat: Stat) -> list[int]:
    return [stat.size, stat.mtime_ns, stat.ctime_ns, stat.inode]


def _compact_json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
