"""A file of a version and its place in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dubbing_client.part_files import part_file_of


@dataclass(frozen=True)
class RemoteFile:
    path: str
    """Relative to the folder."""
    entry_path: str
    """Path of the version's entry; empty for the metadata.json of the session's tree, which is generated and has no entry."""
    target: Path
    size: int
    sha256: str
    is_executable: bool = False
    mtime_ns: int | None = None
    """Last modification in nanoseconds since 1970; None if unknown."""
    address: str = ""
    """Path of the portal for a file that is no entry, such as a poster; empty for entries."""

    @property
    def part_file(self) -> Path:
        return part_file_of(self.target, self.sha256)
