"""Plan of an import: the sessions that an archive declares.

A plan is made before any file is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from dubbing_core import checksum_manifest, history
from dubbing_core.categories import PRIVATE_FOLDER
from dubbing_core.checksum_manifest import (
    DOCUMENT_NAME,
    ChecksumEntry,
    ChecksumManifest,
    ChecksumManifestError,
)
from dubbing_core.history import History, HistoryError
from dubbing_core.labels import Role
from dubbing_core.layouts.folder_index import SMALL_FILE_LIMIT
from dubbing_core.metadata import SIZE_LIMIT, find_missing_files, relativize_paths
from dubbing_core.metadata_reading import MetadataReading, read_metadata
from dubbing_core.paths import escape_for_message
from dubbing_core.placement import Placement
from dubbing_core.projection import project_paths
from dubbing_core.sentences import sentence
from dubbing_core.session_folders import find_sessions
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.reader import Archive, ArchiveMember
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.imports.placement import (
    is_stored_aside,
    list_empty_folders,
    normalize_folders,
    place_by_history,
    place_export,
    place_members,
)
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.saves.paths import check_paths

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, kw_only=True)
class SessionPlan:
    """A session that an import creates."""

    folder: str
    """Its folder in the archive, with the slash; "" for the whole archive."""
    members: Mapping[str, ArchiveMember]
    """Files by name inside the folder, without directories, operating system files and the private folder."""
    placements: Sequence[Placement]
    document: dict[str, Any] | None
    """metadata.json with relative paths."""
    warnings: Sequence[str]
    """What is damaged in metadata.json."""
    exported: ChecksumManifest | None
    """The checksum manifest; None for an archive that is not an export."""
    empty_folders: Sequence[str]
    """Paths as saved."""
    history: History | None
    """All versions, if the archive contains them."""
    older_members: Mapping[str, ArchiveMember]
    """Files that only older versions have, by SHA-256."""

    @property
    def missing_files(self) -> list[str]:
        """Files that metadata.json names and the archive lacks."""
        places = project_paths({placed.path: placed.label for placed in self.placements})
        return find_missing_files(self.document or {}, set(places.values()))

    @property
    def languages(self) -> Sequence[str]:
        return (self.document or {}).get("languages") or ()

    @property
    def is_export(self) -> bool:
        return self.exported is not None

    @property
    def checksums(self) -> Mapping[str, ChecksumEntry]:
        """Entries of the checksum manifest, by the member's name."""
        return self.exported.members if self.exported is not None else {}

    @property
    def stored_members(self) -> list[ArchiveMember]:
        """All members to be stored, placed files first."""
        placed = [self.members[placement.source] for placement in self.placements]
        return [*placed, *self.older_members.values()]

    @property
    def file_count(self) -> int:
        """Number of all members to be stored except the session's metadata.json."""
        own = sum(placed.role is Role.SESSION_METADATA for placed in self.placements)
        return len(self.stored_members) - own

    @property
    def total_size(self) -> int:
        return sum(member.size for member in self.stored_members)


@dataclass(frozen=True, kw_only=True)
class FailedSession:
    """A session that cannot be imported. It does not stop the others."""

    folder: str
    code: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ArchivePlan:
    """The sessions of an archive, and what is beside them."""

    sessions: Sequence[SessionPlan]
    failed: Sequence[FailedSession] = ()
    left_out: Sequence[str] = ()
    """Names of files that belong to no session."""
    other_folders: Sequence[str] = ()
    """Folders of such files; each can be imported as a session of its own."""


def plan_sessions(archive: Archive, *, folders: Collection[str] | None = None) -> ArchivePlan:
    """Read the small files that describe an archive's contents.

    Each folder with a session's metadata.json is a session (`dubbing_core.session_folders`). If there is none, the
    whole archive is one.

    :param folders: those to import; None for all sessions.
    :raises ZipError: the archive is damaged.
    :raises BadInputError: there is nothing to import, or not a single session that can be.
    """
    archive.require_files()
    files = {member.name: member for member in archive.files}
    found = find_sessions(files, lambda name: _read_start(archive, files[name]))
    metadata = {session.folder: session.metadata for session in found.sessions} or {"": None}
    if folders is not None:
        unknown = sorted(set(folders) - metadata.keys() - set(found.other_folders))
        if unknown:
            raise BadInputError(
                sentence("This ZIP has no folder “%(unknown)s”.", unknown=escape_for_message(unknown[0])),
                code="no_such_folder",
            )
    empty = [member.name for member in archive.members if member.is_directory]
    plans, failed = [], []
    for folder in metadata if folders is None else sorted(folders):
        inside = {name.removeprefix(folder): files[name] for name in files if name.startswith(folder)}
        try:
            inner = [name.removeprefix(folder) for name in empty if name.startswith(folder)]
            plans.append(
                _plan_session(
                    archive,
                    folder,
                    inside,
                    metadata.get(folder),
                    folders=inner,
                    is_session=bool(found.sessions),
                )
            )
        except (BadInputError, ZipError) as error:
            failed.append((folder, error))
    if not plans:
        raise (
            failed[0][1]
            if failed
            else BadInputError(sentence("Choose a folder to import."), code="nothing_selected")
        )
    return ArchivePlan(
        sessions=plans,
        failed=[
            FailedSession(folder=folder, code=error.code, message=str(error)) for folder, error in failed
        ],
        left_out=[name for name in found.left_out if not name.startswith(tuple(folders or ()))],
        other_folders=[folder for folder in found.other_folders if folder not in (folders or ())],
    )


def _read_start(archive: Archive, member: ArchiveMember) -> tuple[bytes, int]:
    """Return what can be read of the start of a metadata.json, and its size.

    Storing the file reports damage.
    """
    return archive.read_start(member, SIZE_LIMIT + 1), member.size


def _read_metadata(archive: Archive, member: ArchiveMember) -> MetadataReading:
    data, size = _read_start(archive, member)
    return read_metadata(data, size=size)


def _read_small_member(archive: Archive, member: ArchiveMember) -> bytes | None:
    """Return the contents of a small file; None if larger or damaged.

    Storing the file reports damage.
    """
    if member.size > SMALL_FILE_LIMIT:
        return None
    try:
        return b"".join(archive.open(member))
    except ZipError:
        return None


def _plan_session(
    archive: Archive,
    folder: str,
    files: Mapping[str, ArchiveMember],
    metadata: MetadataReading | None,
    *,
    folders: Sequence[str],
    is_session: bool,
) -> SessionPlan:
    """Plan one session.

    :param files: members by name in its folder.
    :param folders: names of folders in its folder, with their slash.
    """
    members = {name: member for name, member in files.items() if not name.startswith(f"{PRIVATE_FOLDER}/")}
    exported = _parse_member(
        archive,
        files.get(checksum_manifest.CHECKSUM_MANIFEST_PATH),
        checksum_manifest.SIZE_LIMIT,
        checksum_manifest.parse_checksum_manifest,
    )
    stored_history = _parse_member(
        archive, files.get(history.HISTORY_PATH), history.SIZE_LIMIT, history.parse_history
    )
    if exported is not None and DOCUMENT_NAME in exported.members and DOCUMENT_NAME in files:
        metadata = _read_metadata(archive, files[DOCUMENT_NAME])
    document = relativize_paths(metadata.document) if metadata and metadata.document is not None else None
    if exported is None:
        has_metadata = metadata is not None and metadata.is_intact
        placements = _place_other(archive, members, document, rooted=is_session, has_metadata=has_metadata)
        empty_folders = list_empty_folders(folders, placements)
    else:
        aside = [name for name in exported.members if name in files and is_stored_aside(name, exported)]
        members |= {name: files[name] for name in aside}
        placements = place_export(members, exported, document)
        empty_folders = normalize_folders(exported.empty_folders)
    if not placements and stored_history is None and document is None:
        raise _describe_empty(folder)
    check_file_count(len(placements))
    if stored_history is not None:
        placements = place_by_history(placements, members, stored_history, is_export=exported is not None)
    check_paths([placed.path for placed in placements])
    return SessionPlan(
        folder=folder,
        members=members,
        placements=placements,
        document=document,
        warnings=metadata.warnings if metadata else (),
        exported=exported,
        empty_folders=empty_folders,
        history=stored_history,
        older_members=_find_older_members(files, stored_history) if stored_history is not None else {},
    )


def _place_other(
    archive: Archive,
    members: Mapping[str, ArchiveMember],
    document: Mapping[str, Any] | None,
    *,
    rooted: bool,
    has_metadata: bool,
) -> list[Placement]:
    """Place the members of a ZIP that is no export, as `place_members` does."""
    return place_members(
        members,
        document,
        rooted=rooted,
        has_metadata=has_metadata,
        read_small_file=lambda name: _read_small_member(archive, members[name]),
    )


def _describe_empty(folder: str) -> BadInputError:
    """Return the error of a ZIP, or of a folder in it, without files to import."""
    where = (
        sentence("The folder “%(folder)s” of this ZIP", folder=escape_for_message(folder))
        if folder
        else sentence("This ZIP")
    )
    return BadInputError(sentence("%(where)s has no files to import.", where=where), code="zip_empty")


def _parse_member(
    archive: Archive, member: ArchiveMember | None, limit: int, parse: Callable[[bytes], Parsed]
) -> Parsed | None:
    """Parse a file of the private folder, if it exists and is not too large.

    Files that a portal writes are never larger than the limit.
    """
    if member is None:
        return None
    if member.size > limit:
        raise BadInputError(
            sentence(
                "“%(name)s” in this ZIP is larger than any that a portal writes. Remove the folder "
                "%(private_folder)s to import the rest.",
                name=member.name,
                private_folder=PRIVATE_FOLDER,
            ),
            code="manifest_damaged",
        )
    try:
        return parse(b"".join(archive.open(member)))
    except (ChecksumManifestError, HistoryError) as error:
        raise BadInputError(str(error), code=error.code) from error


def _find_older_members(
    files: Mapping[str, ArchiveMember], stored_history: History
) -> dict[str, ArchiveMember]:
    older = {}
    for sha256, entry in stored_history.find_older_blobs().items():
        member = files.get(history.blob_path(sha256))
        if member is None or member.size != entry.size:
            raise BadInputError(
                sentence(
                    "“%(path)s” of version %(added_in)s is missing from this ZIP. Export the session again.",
                    path=entry.path,
                    added_in=entry.added_in,
                ),
                code="history_incomplete",
            )
        older[sha256] = member
    return older
