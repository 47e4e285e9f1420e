"""Where a folder's files go in a session's tree, seen what lies there already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from dubbing_core.categories import Category
from dubbing_core.manifest import ManifestEntry
from dubbing_core.path_allocator import PathAllocator
from dubbing_core.placement import Placement, place_files
from sessions_app.models import Blob
from sessions_app.queries.manifests import VersionContents


def place(
    paths: Sequence[str], *, on: VersionContents, rooted: bool, leaving: Collection[str] = ()
) -> list[Placement]:
    """Sort files into the tree of a session whose current version is ``on``.

    :param rooted: paths start at the project's root: one that was saved from there before goes where it went, and none takes the
        place of another. Otherwise they come from anywhere, and replace what lies where they are sorted to.
    :param leaving: paths in the session whose places are free.
    """
    parent = on.version
    if parent is None:
        return place_files(paths, rooted=rooted)
    gone = set(leaving)
    entries = [entry for entry in on.manifest.entries if entry.path not in gone]
    before = {entry.origin: entry for entry in entries if entry.origin} if rooted else {}
    again = [
        Placement(
            source=path,
            path=before[path].path,
            category=before[path].category,
            language=before[path].language,
            origin=path,
        )
        for path in paths
        if path in before
    ]
    has_source = any(entry.category is Category.ORIGINAL_VIDEO for entry in on.manifest.entries)
    source_video = parent.video_name or "original_video" if has_source else ""
    new = place_files(
        [path for path in paths if path not in before],
        languages=parent.languages,
        source_video=source_video,
        rooted=rooted,
    )
    return [*again, *(_beside(entries, new) if rooted else new)]


def _beside(entries: Sequence[ManifestEntry], new: Sequence[Placement]) -> list[Placement]:
    """Give those a number that would take the place of a file which came from elsewhere in the same folder."""
    held = {entry.path: entry.origin or entry.path for entry in entries}

    def is_other(placed: Placement) -> bool:
        return placed.path in held and held[placed.path] != (placed.origin or placed.path)

    if not any(map(is_other, new)):
        return list(new)
    tree = PathAllocator()
    for path in sorted({*held, *(placed.path for placed in new if not is_other(placed))}):
        tree.allocate(path)
    return [
        replace(placed, path=tree.allocate(placed.path), origin=placed.origin or placed.path)
        if is_other(placed)
        else placed
        for placed in new
    ]


def entry_of(placed: Placement, blob: Blob) -> ManifestEntry:
    return ManifestEntry(
        path=placed.path,
        sha256=blob.sha256,
        size=blob.size,
        crc32=blob.crc32,
        category=placed.category,
        language=placed.language,
        origin=placed.origin,
    )


def video_name(placements: Sequence[Placement]) -> str | None:
    """Return the source video's name as its owner knows it, if it is among the files."""
    for placed in placements:
        if placed.category == Category.ORIGINAL_VIDEO:
            return placed.source.rsplit("/", 1)[-1]
    return None
