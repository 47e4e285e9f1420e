"""Session ZIPs, read by the portal's reader with its strict profile."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dubbing_client.dropin.errors import NameReadingError, SessionError
from dubbing_client.dropin.names import clean_name
from dubbing_client.dropin.session_store import CHUNK_SIZE, ProgressCounter
from dubbing_client.positional_io import open_for_reading, read_at
from dubbing_core.categories import PRIVATE_FOLDER, Category
from dubbing_core.checksum_manifest import (
    CHECKSUM_MANIFEST_PATH,
    DOCUMENT_NAME,
    SIZE_LIMIT as MANIFEST_LIMIT,
    ChecksumManifest,
    ChecksumManifestError,
    parse_checksum_manifest,
)
from dubbing_core.exclusions import ExclusionReason, describe_exclusions, find_exclusion
from dubbing_core.labels import Label
from dubbing_core.metadata import SIZE_LIMIT
from dubbing_core.metadata_reading import MetadataReading, read_metadata
from dubbing_core.paths import escape_unprintable, list_for_message
from dubbing_core.placement import place_files
from dubbing_core.projection import project_paths
from dubbing_core.session_folders import SessionFolder, find_sessions
from dubbing_core.session_names import find_free_name, fold_session_name
from dubbing_core.zips.name_encodings import READABLE_CODES, NameReading
from dubbing_core.zips.name_readings import list_name_readings
from dubbing_core.zips.reader import Archive, ArchiveLimits, ArchiveMember, ZipError, read_archive
from dubbing_core.zips.split_archives import explain_part

log = logging.getLogger("dubbing_client")

CATEGORIES = frozenset(Category)
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


@dataclass(frozen=True, kw_only=True)
class SessionArchive:
    """A session in a ZIP."""

    archive: Archive
    folder: str
    """Its folder in the ZIP with the slash; "" for the root."""
    members: dict[str, ArchiveMember]
    """By path in the session's tree. Files that an export contains about itself are left out: they do not apply to a copy."""
    document: dict[str, Any] | None
    """What can be read of its metadata.json; None for a folder of media files."""

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
def opened_archive(path: Path, *, reading: str = "") -> Iterator[list[SessionArchive]]:
    """Open a ZIP with one or several sessions, or with a folder of media files.

    :param reading: how names that are not UTF-8 are read, a value of `NameReading`.
    :raises NameReadingError: there are such names, and no reading.
    :raises SessionError: there is no such file, it is refused, or turns out to be damaged in the block.
    """
    try:
        source = FileSource(path)
    except FileNotFoundError:
        raise SessionError(f"There is no file “{path}”.") from None
    try:
        archive = _read(source, path, reading)
        sessions = _find_sessions(archive)
        _report_system_files(archive, sessions)
        yield sessions
    except ZipError as error:
        raise SessionError(str(error)) from error
    finally:
        source.close()


def name_sessions(sessions: Sequence[SessionArchive], archive: Path, name: str) -> list[str]:
    """Return a name for each session: as requested, or of its folder or the archive.

    :raises SessionError: one name was requested for several sessions.
    """
    if len(sessions) == 1:
        folder = sessions[0].folder.removesuffix("/").rpartition("/")[2]
        return [clean_name(name or folder or archive.stem)]
    if name:
        raise SessionError(
            f"This ZIP contains {len(sessions)} sessions, which are named after their folders. Leave the name out."
        )
    names: dict[str, str] = {}
    for session in sessions:
        free = find_free_name(clean_name(session.folder.removesuffix("/").rpartition("/")[2]), names)
        names[fold_session_name(free)] = free
    return list(names.values())


def _read(source: FileSource, path: Path, reading: str) -> Archive:
    try:
        confirmed = NameReading(reading) if reading else None
    except ValueError:
        raise SessionError(
            f"There is no reading “{reading}” of names. Choose one of these: {', '.join(NameReading)}."
        ) from None
    try:
        return read_archive(source, LIMITS, seek_cost=0, reading=confirmed)
    except ZipError as error:
        readings = [] if reading or error.code not in READABLE_CODES else list_name_readings(source, LIMITS)
        if readings:
            raise NameReadingError(error, readings) from error
        raise explain_part(error, path.name) from error


def _find_sessions(archive: Archive) -> list[SessionArchive]:
    """Return the sessions that the portal would import."""
    archive.require_files()
    members = {member.name: member for member in archive.files}
    found = find_sessions(members, lambda name: _read_start(archive, members[name]))
    if not found.sessions:
        placements = place_files(members, has_metadata=False)
        places = project_paths({placement.path: placement.label for placement in placements})
        placed = {places[placement.path]: members[placement.source] for placement in placements}
        return [SessionArchive(archive=archive, folder="", members=placed, document=None)]
    if found.left_out:
        log.warning("Not part of a session, so not imported: %s.", list_for_message(found.left_out))
    return [_open_session(archive, members, session) for session in found.sessions]


def _report_system_files(archive: Archive, sessions: Sequence[SessionArchive]) -> None:
    """Log which files of operating systems an import leaves out."""
    imported = {member.name for session in sessions for member in session.members.values()}
    names = (
        member.name for member in archive.members if not member.is_directory and member.name not in imported
    )
    exclusions = dict.fromkeys(find_exclusion(name, include_hidden=True) for name in names)
    system = [each for each in exclusions if each and each.reason is ExclusionReason.SYSTEM]
    if system:
        log.warning("%s", escape_unprintable(describe_exclusions(system)))


def _open_session(
    archive: Archive, members: Mapping[str, ArchiveMember], session: SessionFolder
) -> SessionArchive:
    metadata = session.metadata or MetadataReading(document={})
    for warning in metadata.warnings:
        log.warning("%s%s", session.folder, warning)
    inside = {
        name.removeprefix(session.folder): member
        for name, member in members.items()
        if name.startswith(session.folder)
    }
    exported = _read_manifest(archive, inside.get(CHECKSUM_MANIFEST_PATH))
    own = {path: member for path, member in inside.items() if not path.startswith(f"{PRIVATE_FOLDER}/")}
    if exported is not None and exported.is_as_saved:
        own = _project_members(own, exported)
        if DOCUMENT_NAME in inside:
            data, size = _read_start(archive, inside[DOCUMENT_NAME])
            metadata = read_metadata(data, size=size)
    return SessionArchive(
        archive=archive, folder=session.folder, members=own, document=metadata.document or {}
    )


def _read_manifest(archive: Archive, member: ArchiveMember | None) -> ChecksumManifest | None:
    """Return the manifest of an export, if it can be read."""
    if member is None or member.size > MANIFEST_LIMIT:
        return None
    try:
        return parse_checksum_manifest(b"".join(archive.open(member)))
    except (ChecksumManifestError, ZipError):
        return None


def _project_members(
    members: Mapping[str, ArchiveMember], exported: ChecksumManifest
) -> dict[str, ArchiveMember]:
    """Return an export's files by their paths in the session's tree.

    :param members: with paths as saved, mapped to names that a ZIP can hold.
    """
    labels = {
        name: Label(category=Category(entry.category), language=entry.language, role=entry.role)
        for name, entry in exported.members.items()
        if name in members and entry.category in CATEGORIES
    }
    added = {path: Label(category=Category.OTHER) for path in members if path not in labels}
    return {place: members[name] for name, place in project_paths(labels | added).items()}


def _read_start(archive: Archive, member: ArchiveMember) -> tuple[bytes, int]:
    """Return what can be read of the start of a metadata.json, and its size.

    Extracting the file reports damage.
    """
    return archive.read_start(member, SIZE_LIMIT + 1), member.size
