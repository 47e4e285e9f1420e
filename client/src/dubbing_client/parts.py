"""Unfinished files: hidden, beside the places they will take. Whoever writes a large one holds its lock; what nobody comes back for goes."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from dubbing_client.folder import PART_SUFFIX, Folder
from dubbing_client.locks import take

YOUNG = 10_000_000_000
"""Nanoseconds within which a part may be one of another `dubs` that is about to take its place: a small one has no lock."""
OLD = 24 * 3600 * 1_000_000_000
"""Nanoseconds after which nobody is thought to come back for a part."""


def part_of(place: Path, sha256: str) -> Path:
    """Where a file is collected. The name tells the bytes: a part of other bytes is never gone on with."""
    name = place.name
    while len(os.fsencode(name)) > 255 - len(PART_SUFFIX) - 20:
        name = name[:-1]
    return place.with_name(f".{name}.{sha256[:16]}{PART_SUFFIX}")


def note_of(part: Path, notes: Path) -> Path:
    """What tells which ranges of a part are there."""
    return notes / hashlib.sha256(os.fsencode(part)).hexdigest()[:32]


def clear(folder: Folder, *, notes: Path, before_ns: int) -> None:
    """Remove the parts that nobody writes, and that nobody has written to since; and what is noted about them."""
    for part in _parts(folder):
        with contextlib.suppress(OSError):
            if part.lstat().st_mtime_ns < before_ns and _is_free(part):
                part.unlink()
                note_of(part, notes).unlink()


def _parts(folder: Folder) -> Iterator[Path]:
    for parent, _, names in os.walk(folder.path):
        for name in names:
            if name.startswith(".") and name.endswith(PART_SUFFIX):
                yield Path(parent, name)


def _is_free(part: Path) -> bool:
    """Whether no other process holds the part's lock; a link is nobody's."""
    if part.is_symlink():
        return True
    with part.open("r+b") as file:
        return take(file.fileno())
