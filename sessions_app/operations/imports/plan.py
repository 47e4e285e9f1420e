"""What an archive says it holds, decided before any file is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from dubbing_core import checksum_manifest, history
from dubbing_core.categories import PRIVATE_FOLDER
from dubbing_core.checksum_manifest import ChecksumEntry, ChecksumManifestError
from dubbing_core.history import History, HistoryError
from dubbing_core.languages import TAG_LENGTH_LIMIT
from dubbing_core.paths import PathError, check_collisions, escape_for_message, normalize_path
from dubbing_core.placement import Placement, find_metadata, find_session_folders, place_files
from dubbing_core.zips.reader import Archive, ArchiveMember
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.versions.documents import read_document

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What becomes one session."""

    folder: str
    """Where it lies in the archive, with its slash; "" for the whole archive."""
    members: Mapping[str, ArchiveMember]
    """Files by name inside the folder, without folders, litter and what our own folder holds."""
    placements: Sequence[Placement]
    document: dict[str, Any] | None
    """metadata.json, paths relative."""
    proven: Mapping[str, ChecksumEntry] | None
    """Members of our own manifest by path; None when the archive is not of our making."""
    history: History | None
    """All versions, where the archive brings them."""
    older: Mapping[str, ArchiveMember]
    """Files that only older versions hold, by SHA-256."""

    @property
    def languages(self) -> Sequence[str]:
        return (self.document or {}).get("languages") or ()

    @property
    def is_ours(self) -> bool:
        return self.proven is not None

    @property
    def stored(self) -> list[ArchiveMember]:
        """All that is going to be stored, placed files first."""
        return [*(self.members[placed.source] for placed in self.placements), *self.older.values()]

    @property
    def total_size(self) -> int:
        return sum(member.size for member in self.stored)


def read_contents(archive: Archive) -> list[Contents]:
    """Read the small files in which an archive tells what it is: one session, or several side by side.

    :raises ZipError: one of them is damaged.
    :raises BadInputError: they cannot be used, or there is nothing to import.
    """
    archive.require_files()
    files = {member.name: member for member in archive.files}
    try:
        check_collisions(files)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error
    found = []
    for folder in find_session_folders(files) or [""]:
        inside = {name.removeprefix(folder): files[name] for name in files if name.startswith(folder)}
        found.append(_session(archive, folder, inside))
    return found


def _session(archive: Archive, folder: str, files: Mapping[str, ArchiveMember]) -> Contents:
    members = {name: member for name, member in files.items() if not name.startswith(f"{PRIVATE_FOLDER}/")}
    document_name = find_metadata(list(members))
    document = None
    if document_name is not None:
        told = members[document_name]
        document = read_document(lambda: b"".join(archive.open(told)), told.size)
    placements: Sequence[Placement] = place_files(
        list(members), languages=(document or {}).get("languages") or ()
    )
    proven = _parsed(
        archive,
        files.get(checksum_manifest.CHECKSUM_MANIFEST_PATH),
        checksum_manifest.SIZE_LIMIT,
        checksum_manifest.parse_checksum_manifest,
    )
    past = _parsed(archive, files.get(history.HISTORY_PATH), history.SIZE_LIMIT, history.parse_history)
    if not placements and past is None:
        where = f"The folder “{escape_for_message(folder)}” of this ZIP" if folder else "This ZIP"
        raise BadInputError(f"{where} holds no files to import.", code="zip_empty")
    check_file_count(len(placements))
    if past is not None:
        placements = _as_told(placements, members, past)
    return Contents(
        folder=folder,
        members=members,
        placements=[_as_proven(placed, proven) for placed in placements],
        document=document,
        proven=proven,
        history=past,
        older=_older(files, past) if past is not None else {},
    )


def _parsed(
    archive: Archive, member: ArchiveMember | None, limit: int, parse: Callable[[bytes], Parsed]
) -> Parsed | None:
    """Read one of our own documents, if it is there and not larger than any that we write."""
    if member is None:
        return None
    if member.size > limit:
        raise BadInputError(
            f"“{member.name}” in this ZIP is larger than any that a portal writes. Remove the folder {PRIVATE_FOLDER} to"
            " import the rest.",
            code="manifest_damaged",
        )
    try:
        return parse(b"".join(archive.open(member)))
    except (ChecksumManifestError, HistoryError) as error:
        raise BadInputError(str(error), code=error.code) from error


def _as_proven(placed: Placement, proven: Mapping[str, ChecksumEntry] | None) -> Placement:
    """Take from the manifest what no path tells: the language, which a person may have corrected, and where the file lay once."""
    told = (proven or {}).get(placed.source)
    if told is None or told.path != placed.path or len(told.language) > TAG_LENGTH_LIMIT:
        return placed
    return replace(placed, language=told.language, origin=_origin(told))


def _origin(told: ChecksumEntry) -> str:
    try:
        return normalize_path(told.origin) if told.origin else ""
    except PathError:
        return ""  # a load can do without


def _as_told(
    placements: Sequence[Placement], members: Mapping[str, ArchiveMember], past: History
) -> Sequence[Placement]:
    """Return the placements of a history's newest version, which must be what lies in the archive's folders.

    :raises BadInputError: `history_differs`.
    """
    newest = {entry.path: entry.size for entry in past.entries if entry.removed_in is None}
    found = {placed.source: members[placed.source].size for placed in placements}
    if newest != found:
        different = sorted(
            path for path in newest.keys() | found.keys() if newest.get(path) != found.get(path)
        )
        raise BadInputError(
            f"“{different[0]}” in this ZIP is not as {history.HISTORY_PATH} says. Export the session again, or remove the folder"
            f" {PRIVATE_FOLDER} to import what is there as one version.",
            code="history_differs",
        )
    return [
        Placement(
            source=entry.path,
            path=entry.path,
            category=entry.category,
            language=entry.language,
            origin=entry.origin,
        )
        for entry in past.entries
        if entry.removed_in is None
    ]


def _older(files: Mapping[str, ArchiveMember], past: History) -> dict[str, ArchiveMember]:
    older = {}
    for sha256, entry in past.find_older_blobs().items():
        member = files.get(history.blob_path(sha256))
        if member is None or member.size != entry.size:
            raise BadInputError(
                f"“{entry.path}” of version {entry.added_in} is missing in this ZIP. Export the session again.",
                code="history_incomplete",
            )
        older[sha256] = member
    return older
