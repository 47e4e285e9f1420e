"""Placement: paths of uploaded files in the tree of a session's current version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from dubbing_core.categories import Category
from dubbing_core.manifest import ManifestEntry
from dubbing_core.path_allocator import PathAllocator
from dubbing_core.placement import Placement, place_files
from sessions_app.models import Blob
from sessions_app.queries.manifests import VersionContents


def place_in_session(
    paths: Sequence[str],
    *,
    current: VersionContents,
    rooted: bool,
    removed: Collection[str] = (),
    has_metadata: bool = True,
) -> list[Placement]:
    """Return the placement of files in the tree of a session's current version.

    :param rooted: paths start at the project's root. A file that was saved from the same origin before keeps its place,
        and no file replaces another one. Otherwise a file replaces the one at the place that its name suggests.
    :param removed: paths in the session that the same save removes.
    :param has_metadata: as for `place_files`.
    """
    parent = current.version
    if parent is None:
        return place_files(paths, rooted=rooted, has_metadata=has_metadata)
    without = set(removed)
    entries = [entry for entry in current.manifest.entries if entry.path not in without]
    by_origin = {entry.origin: entry for entry in entries if entry.origin} if rooted else {}
    same = [
        Placement(
            source=path,
            path=by_origin[path].path,
            category=by_origin[path].category,
            language=by_origin[path].language,
            origin=path,
        )
        for path in paths
        if path in by_origin
    ]
    has_source = any(entry.category is Category.ORIGINAL_VIDEO for entry in current.manifest.entries)
    source_video = parent.video_name or "original_video" if has_source else ""
    new = place_files(
        [path for path in paths if path not in by_origin],
        languages=parent.languages,
        source_video=source_video,
        rooted=rooted,
        has_metadata=has_metadata,
    )
    return [*same, *(_number_collisions(entries, new) if rooted else new)]


def build_entry(placement: Placement, blob: Blob) -> ManifestEntry:
    """Return the manifest entry of a placed file."""
    return ManifestEntry(
        path=placement.path,
        sha256=blob.sha256,
        size=blob.size,
        crc32=blob.crc32,
        category=placement.category,
        language=placement.language,
        origin=placement.origin,
    )


def find_video_name(placements: Sequence[Placement]) -> str | None:
    """Return the original file name of the source video, if it is among the files."""
    for placement in placements:
        if placement.category == Category.ORIGINAL_VIDEO:
            return placement.source.rsplit("/", 1)[-1]
    return None


def _number_collisions(entries: Sequence[ManifestEntry], new: Sequence[Placement]) -> list[Placement]:
    """Add a number to new files that would replace a file of another origin."""
    origins = {entry.path: entry.origin or entry.path for entry in entries}

    def has_collision(placement: Placement) -> bool:
        path = placement.path
        return path in origins and origins[path] != (placement.origin or path)

    if not any(map(has_collision, new)):
        return list(new)
    allocator = PathAllocator()
    for path in sorted({*origins, *(placement.path for placement in new if not has_collision(placement))}):
        allocator.allocate(path)
    return [
        replace(placement, path=allocator.allocate(placement.path), origin=placement.origin or placement.path)
        if has_collision(placement)
        else placement
        for placement in new
    ]
