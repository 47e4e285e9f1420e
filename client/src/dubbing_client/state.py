"""What is known about a folder from one run to the next: the hashes of its files, and which version they are.

It lies in the state home, in a folder of its own for each pair of portal and folder, never in the folder itself. Losing it costs
time, never work: without it everything is hashed again, and nothing is taken for removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dubbing_client.folder import Folder, Stat
from dubbing_client.homes import read_json, set_aside, state_home, write_private

FORMAT = 1
FINE = 20_000_000
"""Nanoseconds within which two writes may get one time: kernels look at the clock 100 to 1,000 times a second."""
COARSE = 2_000_000_000
"""The same for file systems that keep whole seconds, or every second one, as FAT does."""


@dataclass(frozen=True)
class Hashed:
    """A file's hash, and what the file looked like."""

    stat: Stat
    sha256: str
    at_ns: int
    """When it began to be read."""

    def holds_for(self, now: Stat) -> bool:
        """Whether a file that looks so has this hash still.

        One whose time of change is as young as the reading was may have been written to afterwards without getting another time:
        it has to be read again (git calls such an entry racy).
        """
        grain = COARSE if self.stat.mtime_ns % 1_000_000_000 == 0 else FINE
        return now == self.stat and self.stat.mtime_ns + grain < self.at_ns


@dataclass(frozen=True)
class Base:
    """The version that the folder is at."""

    session: str
    name: str
    version: int


@dataclass(frozen=True)
class Pending:
    """A save that was asked for, and whose end nobody has seen yet."""

    session: str
    key: str
    """The Idempotency-Key: asking again under it tells what became of it."""
    request: dict[str, Any]
    known: dict[str, str] | None
    """What the folder held, as `State.known` will say once it is saved; None where files from elsewhere were saved."""


@dataclass
class State:
    """What is known about one folder towards one portal. Changed in memory; `save_*` writes it down."""

    place: Path
    base: Base | None = None
    known: dict[str, str] = field(default_factory=dict)
    """Path -> SHA-256 of what folder and portal agreed on last. What is here and not in the folder was removed; what differs was changed."""
    loaded: dict[str, str] = field(default_factory=dict)
    """The same for files that were loaded one by one from other versions: nobody loses anything with them."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Path -> what the portal knows the file by, where a load put it elsewhere (``--layout session``): it stays the same file."""
    files: dict[str, Hashed] = field(default_factory=dict)
    """The stat cache."""
    creating: str = ""
    """The key under which a session is being made for the folder."""
    pending: Pending | None = None
    is_stale: bool = False
    """Whether the stat cache was changed since it was read or written."""

    @classmethod
    def read(cls, portal: str, folder: Folder) -> State:
        """Return what is known; a damaged file counts as nothing known."""
        place = place_of(portal, folder)
        state = cls(place=place)
        with _doubting(place / "state.json") as told:
            if told:
                state.base = Base(**told["base"]) if told["base"] else None
                state.known = dict(told["known"])
                state.loaded = dict(told["loaded"])
                state.aliases = dict(told.get("aliases", {}))
                state.creating = str(told["creating"])
                state.pending = Pending(**told["pending"]) if told["pending"] else None
        with _doubting(place / "files.json") as told:
            if told:
                state.files = {
                    path: Hashed(Stat(*numbers[:4]), sha256, numbers[4])
                    for path, (*numbers, sha256) in told["files"].items()
                }
        return state

    @property
    def notes(self) -> Path:
        """The folder that tells which ranges of unfinished files are there."""
        return self.place / "parts"

    def save(self) -> None:
        """Write down everything."""
        document = {
            "format": FORMAT,
            "base": asdict(self.base) if self.base else None,
            "known": self.known,
            "loaded": self.loaded,
            "aliases": self.aliases,
            "creating": self.creating,
            "pending": asdict(self.pending) if self.pending else None,
        }
        write_private(self.place / "state.json", _compact(document))
        self.save_files()

    def save_files(self) -> None:
        """Write down the stat cache, if there is anything new in it."""
        if not self.is_stale:
            return
        files = {
            path: [*_numbers(hashed.stat), hashed.at_ns, hashed.sha256]
            for path, hashed in list(self.files.items())
        }
        write_private(self.place / "files.json", _compact({"format": FORMAT, "files": files}))
        self.is_stale = False

    def hash_of(self, path: str, stat: Stat) -> str | None:
        """Return the hash of a file that looks so, unless it has to be read."""
        hashed = self.files.get(path)
        return hashed.sha256 if hashed is not None and hashed.holds_for(stat) else None

    def note(self, path: str, hashed: Hashed) -> None:
        self.files[path] = hashed
        self.is_stale = True

    def forget_all_but(self, paths: Mapping[str, object]) -> None:
        """Drop the hashes of files that are not there any more."""
        for path in [path for path in self.files if path not in paths]:
            del self.files[path]
            self.is_stale = True

    def settle_at(self, base: Base, known: Mapping[str, str]) -> None:
        """Note that the folder, as it is, is in step with a version."""
        if self.base is None or self.base.session != base.session:
            self.aliases = {}
        self.base, self.known, self.loaded = base, dict(known), {}

    def is_saved(self, path: str, sha256: str) -> bool:
        """Whether a version that this folder knows holds these bytes at this path."""
        return sha256 in {self.known.get(path), self.loaded.get(path)}


def place_of(portal: str, folder: Folder) -> Path:
    name = hashlib.sha256(f"{portal}\0{folder.path}".encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return state_home() / "folders" / name


@contextmanager
def _doubting(path: Path) -> Iterator[Any]:
    """Give what a file says; what cannot be made sense of is set aside, and what was understood of it stays."""
    told = read_json(path)
    if told is not None and told.get("format") != FORMAT:
        told = None
    try:
        yield told
    except (KeyError, TypeError, ValueError, AttributeError):
        set_aside(path)


def _numbers(stat: Stat) -> list[int]:
    return [stat.size, stat.mtime_ns, stat.ctime_ns, stat.inode]


def _compact(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def clock_ns() -> int:
    return time.time_ns()


def remove(place: Path) -> None:
    """Forget everything about a folder."""
    for name in ("state.json", "files.json"):
        with contextlib.suppress(FileNotFoundError):
            (place / name).unlink()
