"""Session ZIPs, read by the portal's reader with its strict profile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dubbing_client.dropin.errors import SessionError
from dubbing_client.dropin.session_store import CHUNK_SIZE, ProgressCounter
from dubbing_client.positional_io import open_for_reading, read_at
from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER
from dubbing_core.placement import find_metadata, find_session_folders
from dubbing_core.zips.reader import Archive, ArchiveLimits, ArchiveMember, ZipError, read_archive

LIMITS = ArchiveLimits(max_entries=100_000, max_total_size=1 << 60)
"""The free space on the disk limits the total size."""


class FileSource:
    """A local file as the source of an archive."""

    def __init__(self, path: Path) -> None:
        self._file = open_for_reading(path)
        self.size = path.stat().st_size

    def close(self) -> None:
        self._file.close()

    def read(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            block = read_at(self._file, min(CHUNK_SIZE, end - start), start)
            if not block:
                return
            start += len(block)
            yield block


@dataclass(frozen=True)
class SessionArchive:
    """A session's ZIP."""

    archive: Archive
    members: dict[str, ArchiveMember]
    """By path in the session's tree. Files that an export contains about itself are left out: they do not apply to a copy."""

    @property
    def total_size(self) -> int:
        return sum(member.size for member in self.members.values())

    def extract(self, path: str, target: Path, counter: ProgressCounter) -> None:
        """Write one file; raises unless its size and CRC-32 are those declared."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for chunk in self.archive.open(self.members[path]):
                file.write(chunk)
                counter.add(len(chunk))


@contextmanager
def opened_archive(path: Path) -> Iterator[SessionArchive]:
    """Open a session's ZIP.

    :raises SessionError: there is no such file, it is refused, or turns out to be damaged in the block.
    """
    try:
        source = FileSource(path)
    except FileNotFoundError:
        raise SessionError(f"There is no file “{path}”.") from None
    try:
        archive = read_archive(source, LIMITS, seek_cost=0)
        yield SessionArchive(archive, _session_members(archive))
    except ZipError as error:
        raise SessionError(str(error)) from error
    finally:
        source.close()


def _session_members(archive: Archive) -> dict[str, ArchiveMember]:
    members = {member.name: member for member in archive.files}
    if find_session_folders(members):
        raise SessionError("The ZIP contains several sessions. Unpack it, and import each by itself.")
    metadata = find_metadata(members)
    if metadata is None:
        raise SessionError("The ZIP contains no session: there is no metadata.json.")
    prefix = metadata.removesuffix(METADATA_NAME)
    inside = {name.removeprefix(prefix): member for name, member in members.items()}
    return {path: member for path, member in inside.items() if not path.startswith(f"{PRIVATE_FOLDER}/")}
