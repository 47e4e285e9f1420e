"""Puts paths side by side so that every file system can hold them."""

from __future__ import annotations

from dubbing_core.file_kinds import split_name
from dubbing_core.paths import COMPONENT_LIMIT, fold_path, list_ancestors

EXTENSION_LIMIT = 16
"""In bytes. What follows the dot of a longer one is part of the name."""


class PathAllocator:
    """Paths that pass `check_tree`, one added after another."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._numbers: dict[str, int] = {}

    def allocate(self, path: str) -> str:
        """Take a path in, with a number where another file has its name or that of one of its folders."""
        *folders, name = path.split("/")
        within = ""
        for folder in folders:
            within = f"{self._free_folder(within, folder)}/"
        placed = self._free_file(within, name)
        self._files.add(fold_path(placed))
        self._folders.update(list_ancestors(fold_path(placed)))
        return placed

    def _free_folder(self, within: str, wanted: str) -> str:
        folder, number = within + wanted, 2
        while fold_path(folder) in self._files:
            folder, number = within + append_number(wanted, number), number + 1
        return folder

    def _free_file(self, within: str, wanted: str) -> str:
        path = within + wanted
        # Numbers only rise, so that thousands of files of one name take thousands of steps, not millions.
        number = self._numbers.get(path, 2)
        while (folded := fold_path(path)) in self._files or folded in self._folders:
            path, number = within + append_number(wanted, number), number + 1
        self._numbers[within + wanted] = number
        return path


def append_number(name: str, number: int) -> str:
    """`hi_audio.wav` -> `hi_audio_2.wav`, never longer than a name may be."""
    stem, extension = split_name(name)
    if len(extension.encode()) > EXTENSION_LIMIT:
        stem, extension = name, ""
    suffix = f"_{number}{extension}"
    room = COMPONENT_LIMIT - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix
