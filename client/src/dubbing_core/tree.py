"""Puts paths side by side so that every file system can hold them."""

from __future__ import annotations

from dubbing_core.kinds import split_name
from dubbing_core.paths import PART_LIMIT, ancestors, fold

EXTENSION_LIMIT = 16
"""In bytes. What follows the dot of a longer one is part of the name."""


class Tree:
    """Paths that pass `check_tree`, one added after another."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._numbers: dict[str, int] = {}

    def add(self, path: str) -> str:
        """Take a path in, with a number where another file has its name or that of one of its folders."""
        *folders, name = path.split("/")
        within = ""
        for folder in folders:
            within = f"{self._free_folder(within, folder)}/"
        placed = self._free_file(within, name)
        self._files.add(fold(placed))
        self._folders.update(ancestors(fold(placed)))
        return placed

    def _free_folder(self, within: str, wanted: str) -> str:
        folder, number = within + wanted, 2
        while fold(folder) in self._files:
            folder, number = within + numbered(wanted, number), number + 1
        return folder

    def _free_file(self, within: str, wanted: str) -> str:
        path = within + wanted
        # Numbers only rise, so that thousands of files of one name take thousands of steps, not millions.
        number = self._numbers.get(path, 2)
        while (folded := fold(path)) in self._files or folded in self._folders:
            path, number = within + numbered(wanted, number), number + 1
        self._numbers[within + wanted] = number
        return path


def numbered(name: str, number: int) -> str:
    """`hi_audio.wav` -> `hi_audio_2.wav`, never longer than a name may be."""
    stem, extension = split_name(name)
    if len(extension.encode()) > EXTENSION_LIMIT:
        stem, extension = name, ""
    suffix = f"_{number}{extension}"
    room = PART_LIMIT - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix
