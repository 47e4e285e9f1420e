"""Puts paths side by side so that every file system can hold them."""

from __future__ import annotations

from sessions_app.domain.kinds import split_name
from sessions_app.domain.paths import PART_LIMIT, ancestors, fold

EXTENSION_LIMIT = 16
"""In bytes. What follows the dot of a longer one is part of the name."""


class Tree:
    """Paths that pass `check_tree`, one added after another."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, path: str) -> str:
        """Take a path in, with a number where another file has its name or that of one of its folders."""
        *folders, name = path.split("/")
        placed = ""
        for folder in folders:
            placed += self._free(folder, self._files, within=placed) + "/"
        placed += self._free(name, self._files, self._folders, within=placed)
        self._files.add(fold(placed))
        self._folders.update(ancestors(fold(placed)))
        return placed

    @staticmethod
    def _free(wanted: str, *taken: set[str], within: str) -> str:
        name, number = wanted, 2
        while any(fold(within + name) in paths for paths in taken):
            name = numbered(wanted, number)
            number += 1
        return name


def numbered(name: str, number: int) -> str:
    """`hi_audio.wav` -> `hi_audio_2.wav`, never longer than a name may be."""
    stem, extension = split_name(name)
    if len(extension.encode()) > EXTENSION_LIMIT:
        stem, extension = name, ""
    suffix = f"_{number}{extension}"
    room = PART_LIMIT - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix
