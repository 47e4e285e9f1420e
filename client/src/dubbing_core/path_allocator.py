"""Allocation of paths that can exist side by side on every file system."""

from __future__ import annotations

from dubbing_core.file_kinds import split_name
from dubbing_core.paths import COMPONENT_LIMIT, fold_path, list_ancestors

EXTENSION_LIMIT = 16
"""In bytes, including the dot. A longer extension counts as part of the name."""


class PathAllocator:
    """Set of paths without collisions in the sense of `check_collisions`."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._numbers: dict[str, int] = {}

    def allocate(self, path: str) -> str:
        """Add a path, with numbers in its components where they collide, and return it."""
        *folders, name = path.split("/")
        parent = ""
        for folder in folders:
            parent = f"{self._find_free_folder(parent, folder)}/"
        allocated = self._find_free_file(parent, name)
        self.add(allocated)
        return allocated

    def add(self, path: str) -> None:
        """Add a path that is known not to collide."""
        folded = fold_path(path)
        self._files.add(folded)
        self._folders.update(list_ancestors(folded))

    def _find_free_folder(self, parent: str, name: str) -> str:
        folder, number = parent + name, 2
        while fold_path(folder) in self._files:
            folder, number = parent + append_number(name, number), number + 1
        return folder

    def _find_free_file(self, parent: str, name: str) -> str:
        path = parent + name
        # Numbers only increase, so thousands of files of one name take thousands of steps, not millions.
        number = self._numbers.get(path, 2)
        while (folded := fold_path(path)) in self._files or folded in self._folders:
            path, number = parent + append_number(name, number), number + 1
        self._numbers[parent + name] = number
        return path


def append_number(name: str, number: int) -> str:
    """Append a number within the limit of a component: `hi.wav` -> `hi_2.wav`."""
    stem, extension = split_name(name)
    if len(extension.encode()) > EXTENSION_LIMIT:
        stem, extension = name, ""
    suffix = f"_{number}{extension}"
    room = COMPONENT_LIMIT - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix
