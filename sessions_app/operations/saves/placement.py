"""Placement: paths and labels of uploaded files in a session's current version."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dubbing_core.categories import Category
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.paths import fold_path
from dubbing_core.placement import Placement, place_files
from dubbing_core.projection import project_path, project_paths
from sessions_app.models import Blob, Version
from sessions_app.queries.manifests import VersionContents, get_labels_by_person


def place_in_session(
    paths: Sequence[str],
    *,
    current: VersionContents,
    rooted: bool,
    removed: Collection[str] = (),
    has_metadata: bool = True,
) -> list[Placement]:
    """Return path and label of files in a session's current version.

    A file at the path of an earlier one replaces it and keeps its label.

    :param rooted: paths start at the project's root, so no other file is replaced. Otherwise a new file also replaces the one at the
        same place of the session's tree.
    :param removed: paths in the session that the same save removes.
    :param has_metadata: as for `place_files`.
    """
    parent = current.version
    if parent is None:
        return place_files(paths, rooted=rooted, has_metadata=has_metadata)
    without = set(removed)
    entries = {entry.path: entry for entry in current.manifest.entries if entry.path not in without}
    placements = place_files(
        paths,
        languages=parent.languages,
        rooted=rooted,
        has_metadata=has_metadata,
        known={path: entry.label for path, entry in entries.items()},
    )
    replaced = {} if rooted else _find_replaced(placements, entries)
    placements = [
        _keep_label(placement, entries[path])
        if (path := replaced.get(placement.path, placement.path)) in entries
        else placement
        for placement in placements
    ]
    return _keep_earlier_corrections(placements, entries, parent)


def _keep_earlier_corrections(
    placements: Sequence[Placement], entries: Mapping[str, ManifestEntry], parent: Version
) -> list[Placement]:
    """Return the placements, with a person's label of removed files at their paths.

    Tools delete their results and write them again.
    """
    new = [placement.path for placement in placements if placement.path not in entries]
    labels = get_labels_by_person(parent.session_id, new)
    return [
        replace(
            placement,
            category=label.category,
            language=label.language,
            role=label.role,
            labeled_by=LabelAuthor.PERSON,
        )
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


def _find_replaced(placements: Sequence[Placement], entries: Mapping[str, ManifestEntry]) -> dict[str, str]:
    """Return the earlier file that each new one replaces, by the new one's path.

    It is the one at the same place in the session's tree: `hi.srt` replaces `translations/hi.srt`.
    """
    new = [placement for placement in placements if placement.path not in entries]
    if not new:
        return {}
    saved_again = {placement.path for placement in placements if placement.path in entries}
    places = project_paths({path: entry.label for path, entry in entries.items()})
    by_place = {fold_path(place): path for path, place in places.items() if path not in saved_again}
    replaced = {}
    for placement in new:
        path = by_place.pop(fold_path(project_path(placement.path, placement.category)), None)
        if path is not None:
            replaced[placement.path] = path
    return replaced


def _keep_label(placement: Placement, entry: ManifestEntry) -> Placement:
    """Return the placement of a file that replaces another one.

    Whether a metadata.json is the session's depends on its contents alone.
    """
    if entry.is_metadata or placement.label.role is Role.SESSION_METADATA:
        return placement
    return replace(
        placement,
        path=entry.path,
        category=entry.category,
        language=entry.language,
        role=entry.role,
        labeled_by=entry.labeled_by,
    )
