"""Projection of a version's files onto the session's tree.

Files keep the paths that they were saved with. The tree of the original session manager (`original_video.mp4`, `audio/` ...) follows
from their paths and labels: exports in its layout, the drop-in class and metadata.json use it. See
docs/decisions/0028-paths-stay.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from dubbing_core.categories import FOLDERS, METADATA_NAME, PRIVATE_FOLDER, Category, is_original_video
from dubbing_core.file_kinds import split_name
from dubbing_core.labels import Label, Role
from dubbing_core.path_allocator import PathAllocator
from dubbing_core.paths import PATH_LIMIT, PathError, check_collisions, fold_path

NUMBER_RESERVE = 16
"""Bytes reserved in a projected path for the number that `PathAllocator` may append."""


def project_paths(labels: Mapping[str, Label]) -> dict[str, str]:
    """Return the path of each file in the session's tree.

    Equal files and labels give equal trees, whatever their order. Two files never share a path on any file system: those that are
    in place already keep their names, others get a number. A file is in the folder of its category, except that the original video
    is at the root, and a file of the category "other" stays where it was saved. The session's own metadata.json has no place:
    an export writes it from the metadata document.

    :param labels: of all files of one version, by the path as saved.
    :returns: paths in the tree by the path as saved.
    """
    targets = {
        path: project_path(path, label.category)
        for path, label in labels.items()
        if label.role is not Role.SESSION_METADATA
    }
    try:
        check_collisions(targets.values())
    except PathError:
        return _number_collisions(targets)
    return targets


def _number_collisions(targets: Mapping[str, str]) -> dict[str, str]:
    allocator = PathAllocator()
    order = sorted(targets, key=lambda path: (path != targets[path], path))
    return {path: allocator.allocate(targets[path]) for path in order}


def project_path(path: str, category: Category) -> str:
    """Return the path in the tree before numbers keep it apart from others."""
    head, slash, rest = path.partition("/")
    folder = FOLDERS.get(head.casefold())
    if category is Category.ORIGINAL_VIDEO:
        return path if is_original_video(path) else "original_video" + split_name(path)[1].casefold()
    if category is Category.OTHER and folder is None and not _is_reserved(path):
        return path
    # A file that another category claims leaves that category's folder; the rest of its path distinguishes it.
    inner = rest if slash and folder is not None and category is not Category.OTHER else path
    if category is Category.OTHER and slash and folder is Category.OTHER:
        inner = rest
    projected = f"{category.folder}/{inner}"
    if len(projected.encode()) > PATH_LIMIT - NUMBER_RESERVE:
        return f"{category.folder}/{path.rpartition('/')[2]}"
    return path if projected == path else projected  # one string instead of two equal ones


def _is_reserved(path: str) -> bool:
    """Return whether the tree has another file or folder at a path."""
    head = path.partition("/")[0]
    return is_original_video(path) or fold_path(path) == METADATA_NAME or fold_path(head) == PRIVATE_FOLDER
