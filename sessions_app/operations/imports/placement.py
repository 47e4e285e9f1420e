"""Placement: paths and labels of an archive's files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.timezone import get_default_timezone

from dubbing_core import history
from dubbing_core.categories import PRIVATE_FOLDER, Category
from dubbing_core.checksum_manifest import ChecksumEntry, ChecksumManifest
from dubbing_core.history import History
from dubbing_core.languages import TAG_LENGTH_LIMIT
from dubbing_core.layouts.folder_index import ReadSmallFile
from dubbing_core.manifest import find_empty_folders
from dubbing_core.member_layout import name_members
from dubbing_core.paths import PathError, is_junk, parse_saved_path
from dubbing_core.placement import Placement, place_files
from dubbing_core.selection import FolderLayout
from dubbing_core.sentences import sentence
from dubbing_core.zips.reader import ArchiveMember
from sessions_app.operations.errors import BadInputError

NANOSECONDS = 1_000_000_000
CATEGORIES = {category.value: category for category in Category}


def place_members(
    members: Mapping[str, ArchiveMember],
    document: Mapping[str, Any] | None,
    *,
    rooted: bool,
    has_metadata: bool,
    read_small_file: ReadSmallFile,
) -> list[Placement]:
    """Label the files of an archive that is not an export.

    :param document: of the session's metadata.json, if the archive has one.
    :param rooted: as for `place_files`, like `has_metadata` and `read_small_file`.
    """
    placements = place_files(
        list(members),
        languages=(document or {}).get("languages") or (),
        rooted=rooted,
        has_metadata=has_metadata,
        read_small_file=read_small_file,
    )
    return [_add_facts(placed, members[placed.source]) for placed in placements]


def place_export(
    members: Mapping[str, ArchiveMember], exported: ChecksumManifest, document: Mapping[str, Any] | None
) -> list[Placement]:
    """Return path, label and other facts of an export's files as they were saved.

    Files that were added to the ZIP since are labeled by their names.
    """
    files = {name: entry for name, entry in exported.members.items() if name in members and entry.category}
    placements = [_place_exported(entry) for entry in files.values()]
    added = [name for name in members if name not in exported.members]
    languages = (document or {}).get("languages") or ()
    return [*placements, *place_files(added, languages=languages, rooted=True, has_metadata=False)]


def is_stored_aside(name: str, exported: ChecksumManifest) -> bool:
    """Return whether a private member is a file without a place in the tree."""
    return name.startswith(history.BLOBS_FOLDER) and bool(exported.members[name].category)


def place_by_history(
    placements: Sequence[Placement],
    members: Mapping[str, ArchiveMember],
    stored_history: History,
    *,
    is_export: bool,
) -> list[Placement]:
    """Return the placements of a history's newest version.

    That version must equal the files of the archive.

    :param is_export: the placements have the paths as saved.
    :raises BadInputError: `history_differs`.
    """
    newest = {entry.path: entry for entry in stored_history.entries if entry.removed_in is None}
    if is_export:
        names = {placed.path: placed.source for placed in placements}
    else:
        names = name_members(newest.values(), FolderLayout.SESSION)
        sources = {placed.source for placed in placements}
        names = {path: name for path, name in names.items() if name in sources} | {
            source: source for source in sources - set(names.values())
        }
    sizes = {path: members[name].size for path, name in names.items()}
    expected = {path: entry.size for path, entry in newest.items()}
    if expected != sizes:
        different = sorted(
            path for path in expected.keys() | sizes.keys() if expected.get(path) != sizes.get(path)
        )
        raise BadInputError(
            sentence(
                "“%(different)s” in this ZIP differs from %(history_path)s. Export the session again, or "
                "remove the folder %(private_folder)s to import the files as one version.",
                different=different[0],
                history_path=history.HISTORY_PATH,
                private_folder=PRIVATE_FOLDER,
            ),
            code="history_differs",
        )
    return [
        Placement(
            source=names[path],
            path=path,
            category=entry.category,
            language=entry.language,
            role=entry.role,
            labeled_by=entry.labeled_by,
            is_executable=entry.is_executable,
            mtime_ns=entry.mtime_ns,
        )
        for path, entry in newest.items()
    ]


def list_empty_folders(names: Iterable[str], placements: Sequence[Placement]) -> tuple[str, ...]:
    """Return the archive's folders without files, as paths.

    :param names: of the folders, with their slash.
    """
    first = next(iter(placements), None)
    wrapper = first.source.removesuffix(first.path) if first is not None else ""
    folders = [name.removeprefix(wrapper).removesuffix("/") for name in names if name != wrapper]
    remaining = [
        folder for folder in folders if not is_junk(folder) and folder.partition("/")[0] != PRIVATE_FOLDER
    ]
    return find_empty_folders(remaining, [placed.path for placed in placements])


def normalize_folders(folders: Iterable[str]) -> tuple[str, ...]:
    """Return those paths of an untrusted list that can be folders."""
    return tuple(folder for folder in folders if _is_path(folder))


def _place_exported(entry: ChecksumEntry) -> Placement:
    path = entry.saved_path if _is_path(entry.saved_path) else entry.path
    category = CATEGORIES.get(entry.category, Category.OTHER)
    language = entry.language if len(entry.language) <= TAG_LENGTH_LIMIT else ""
    return Placement(
        source=entry.path,
        path=path,
        category=category,
        language=language,
        role=entry.role,
        labeled_by=entry.labeled_by,
        is_executable=entry.is_executable,
        mtime_ns=entry.mtime_ns,
    )


def _is_path(path: str) -> bool:
    try:
        return parse_saved_path(path) == path
    except PathError:
        return False


def _add_facts(placed: Placement, member: ArchiveMember) -> Placement:
    """Return the placement with executable bit and time of its member.

    Without the time in UTC there is one in the time zone of the program; that of the portal is the best guess.
    """
    seconds = member.unix_time
    if seconds is None and member.modified is not None:
        seconds = int(member.modified.replace(tzinfo=get_default_timezone()).timestamp())
    return replace(
        placed,
        is_executable=member.is_executable and not member.is_directory,
        mtime_ns=None if seconds is None else seconds * NANOSECONDS,
    )
