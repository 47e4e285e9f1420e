"""Part files: hidden files next to their targets, for running downloads.

A large download locks its part file. Part files that no download resumes are deleted after a while.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from dubbing_client.folder import Folder
from dubbing_client.locks import lock_file
from dubbing_core.exclusions import PART_SUFFIX, is_part_name
from dubbing_core.paths import COMPONENT_LIMIT

YOUNG_NS = 10_000_000_000
"""Age up to which a part file may belong to a running download: small files are not locked."""
OLD_NS = 24 * 3600 * 1_000_000_000
"""Age from which a part file is not expected to be resumed."""
RESERVED_LENGTH = len(PART_SUFFIX) + 20


def part_file_of(target: Path, sha256: str) -> Path:
    """Return the part file of a target.

    Its name depends on the content, so that only the same content is resumed.
    """
    name = target.name
    while len(os.fsencode(name)) > COMPONENT_LIMIT - RESERVED_LENGTH:
        name = name[:-1]
    return target.with_name(f".{name}.{sha256[:16]}{PART_SUFFIX}")


def record_of(part_file: Path, directory: Path) -> Path:
    """Return the file that records which ranges of a part file are complete."""
    return directory / hashlib.sha256(os.fsencode(part_file)).hexdigest()[:32]


def delete_abandoned(folder: Folder, *, records: Path, before_ns: int) -> None:
    """Delete unlocked part files older than a time, with their records."""
    for part_file in _part_files(folder):
        with contextlib.suppress(OSError):
            if part_file.lstat().st_mtime_ns < before_ns and _is_unlocked(part_file):
                part_file.unlink()
                record_of(part_file, records).unlink()


def _part_files(folder: Folder) -> Iterator[Path]:
    for parent, _, names in os.walk(folder.path):
        for name in names:
            if is_part_name(name):
                yield Path(parent, name)


def _is_unlocked(part_file: Path) -> bool:
    if part_file.is_symlink():
        return True  # not ours, and never locked
    with part_file.open("r+b") as file:
        return lock_file(file.fileno())
