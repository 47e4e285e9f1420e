"""Placement: paths and labels of uploaded files in a session's current version."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from dubbing_core.categories import Category
from dubbing_core.file_matching import match_files
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.layouts.folder_index import ReadSmallFile
from dubbing_core.layouts.recognizers import read_nothing
from dubbing_core.manifest import ManifestEntry
from dubbing_core.placement import PlacedFolder, Placement, place_folder
from sessions_app.models import Blob, Version
from sessions_app.operations.saves.paths import check_paths
from sessions_app.queries.manifests import VersionContents, get_labels_by_person

NO_TARGETS: Mapping[str, str] = MappingProxyType({})


def place_in_session(
    paths: Sequence[str],
    *,
    current: VersionContents,
    rooted: bool,
    removed: Collection[str] = (),
    has_metadata: bool = True,
    targets: Mapping[str, str] = NO_TARGETS,
    recognized: Collection[str] = (),
) -> list[Placement]:
    """Return path and label of files in a session's current version.

    A file at the path of an earlier one replaces it and keeps its label.

    :param rooted: paths start at the project's root, so no other file is replaced. Otherwise new files also replace those that
        `match_files` finds.
    :param removed: paths in the session that the same save removes.
    :param has_metadata: as for `place_files`.
    :param targets: paths in the session that a person has chosen for some files, by path as received.
    :param recognized: files, by path as received, whose label by a person is withdrawn.
    :raises BadInputError: two files have the same target.
    """
    folder = place_folder_in_session(
        paths,
        current=current,
        rooted=rooted,
        removed=removed,
        has_metadata=has_metadata,
        targets=targets,
        recognized=recognized,
    )
    return folder.placements


def place_folder_in_session(
    paths: Sequence[str],
    *,
    current: VersionContents,
    rooted: bool,
    removed: Collection[str] = (),
    has_metadata: bool = True,
    targets: Mapping[str, str] = NO_TARGETS,
    recognized: Collection[str] = (),
    read_small_file: ReadSmallFile = read_nothing,
    source_language: str = "",
) -> PlacedFolder:
    """Return the placements of `place_in_session`, and what was recognized.

    :param read_small_file: reads one of `paths`.
    :param source_language: as for `recognize`.
    """
    parent = current.version
    if parent is None:
        return place_folder(
            paths,
            rooted=rooted,
            has_metadata=has_metadata,
            read_small_file=read_small_file,
            source_language=source_language,
        )
    without = set(removed)
    entries = {entry.path: entry for entry in current.manifest.entries if entry.path not in without}
    folder = place_folder(
        paths,
        languages=parent.languages,
        rooted=rooted,
        has_metadata=has_metadata,
        read_small_file=read_small_file,
        source_language=source_language,
        known={path: entry.label for path, entry in entries.items()},
    )
    placements = [
        replace(placement, path=targets.get(placement.source, placement.path))
        for placement in folder.placements
    ]
    if targets:
        check_paths([placement.path for placement in placements])
    replaced = {} if rooted else _find_replaced(placements, entries, without=targets)
    placements = [
        _replace_file(placement, entries[path], keeps_label=placement.source not in recognized)
        if (path := replaced.get(placement.path, placement.path)) in entries
        else placement
        for placement in placements
    ]
    placements = _keep_earlier_corrections(placements, entries, parent, without=recognized)
    return replace(folder, placements=placements)


def _keep_earlier_corrections(
    placements: Sequence[Placement],
    entries: Mapping[str, ManifestEntry],
    parent: Version,
    *,
    without: Collection[str],
) -> list[Placement]:
    """Return the placements, with a person's label of removed files at their paths.

    Tools delete their results and write them again.

    :param without: files, by path as received, that keep their label.
    """
    new = [
        placement.path
        for placement in placements
        if placement.path not in entries and placement.source not in without
    ]
    labels = get_labels_by_person(parent.session_id, new)
    return [
        placement.with_label(label, LabelAuthor.PERSON)
        if placement.label.role is not Role.SESSION_METADATA
        and (label := labels.get(placement.path)) is not None
        else placement
        for placement in placements
    ]


def build_entry(placement: Placement, blob: Blob) -> ManifestEntry:
    """Return the manifest entry of a placed file."""
    return ManifestEntry(
        path=placement.path,
        sha256=blob.sha256,
        size=blob.size,
        crc32=blob.crc32,
        category=placement.category,
        language=placement.language,
        role=placement.role,
        labeled_by=placement.labeled_by,
        is_executable=placement.is_executable,
        mtime_ns=placement.mtime_ns,
    )


def find_video_name(placements: Sequence[Placement]) -> str | None:
    """Return the original file name of the source video, if it is among the files."""
    for placement in placements:
        if placement.category == Category.ORIGINAL_VIDEO:
            return placement.source.rsplit("/", 1)[-1]
    return None


def _find_replaced(
    placements: Sequence[Placement], entries: Mapping[str, ManifestEntry], *, without: Collection[str]
) -> dict[str, str]:
    """Return the earlier file that each new one replaces, by the new one's path.

    Where files of a folder are at the paths of earlier ones, the folder's other files are new.

    :param without: files, by path as received, that keep their path.
    """
    saved_again = {placement.path for placement in placements}
    is_same_folder = any("/" in placement.source and placement.path in entries for placement in placements)
    new = {
        placement.path: placement.label
        for placement in placements
        if placement.path not in entries
        and placement.source not in without
        and placement.role is not Role.SESSION_METADATA
        and not (is_same_folder and "/" in placement.source)
    }
    earlier = {
        path: entry.label
        for path, entry in entries.items()
        if path not in saved_again and not entry.is_metadata
    }
    return match_files(new, earlier)


def _replace_file(placement: Placement, entry: ManifestEntry, *, keeps_label: bool) -> Placement:
    """Return the placement of a file that replaces another one.

    Whether a metadata.json is the session's depends on its contents alone.
    """
    if entry.is_metadata or placement.label.role is Role.SESSION_METADATA:
        return placement
    placement = replace(placement, path=entry.path)
    return placement.with_label(entry.label, entry.labeled_by) if keeps_label else placement
