"""Index of a folder's paths, and bounded reads of its small files."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from dubbing_core.text_decoding import decode_text

SMALL_FILE_LIMIT = 4 * 1024 * 1024
"""In bytes; larger files are not read."""
READ_LIMIT = 64
"""Files that are read in one folder, whatever its size."""
LAST_CHARACTER = "\U0010ffff"

ReadSmallFile = Callable[[str], "bytes | None"]
"""Return a file's contents, or None where it is larger than SMALL_FILE_LIMIT or cannot be read."""


class FolderIndex:
    """Paths of a folder, found by name and by root in constant time.

    :param source_language: that is spoken in the source, if a person stated it.
    """

    def __init__(
        self, paths: Iterable[str], read_small_file: ReadSmallFile, *, source_language: str = ""
    ) -> None:
        self.paths = sorted(set(paths))
        self.source_language = source_language
        self._read = read_small_file
        self._contents: dict[str, bytes | None] = {}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            self._by_name[path.rpartition("/")[2]].append(path)
        self._known = set(self.paths)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    @cached_property
    def folders(self) -> dict[str, list[str]]:
        """Names of the files directly in each folder; the folder with its slash."""
        folders: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            folder, slash, name = path.rpartition("/")
            folders[folder + slash].append(name)
        return dict(folders)

    @cached_property
    def subfolders(self) -> dict[str, set[str]]:
        """Names of the folders directly in each folder."""
        subfolders: dict[str, set[str]] = defaultdict(set)
        for path in self.folders:
            folder = path
            while folder:
                parent, slash, name = folder[:-1].rpartition("/")
                folder = parent + slash
                if name in subfolders[folder]:
                    break
                subfolders[folder].add(name)
        return dict(subfolders)

    def below(self, root: str) -> list[str]:
        """Return paths below a root, relative to it."""
        start, end = bisect_left(self.paths, root), bisect_left(self.paths, root + LAST_CHARACTER)
        return [path[len(root) :] for path in self.paths[start:end]]

    def roots_of(self, *markers: str) -> dict[str, list[str]]:
        """Return roots below which some of the relative paths exist, with those."""
        roots: dict[str, list[str]] = defaultdict(list)
        for marker in markers:
            for path in self._by_name.get(marker.rpartition("/")[2], ()):
                if path == marker or path.endswith(f"/{marker}"):
                    roots[path.removesuffix(marker)].append(marker)
        return dict(roots)

    def folders_with(self, pattern: re.Pattern[str]) -> dict[str, list[str]]:
        """Return folders with files whose whole name matches, with the names."""
        matching = [name for name in self._by_name if pattern.fullmatch(name)]
        folders: dict[str, list[str]] = defaultdict(list)
        for name in matching:
            for path in self._by_name[name]:
                folders[path.removesuffix(name)].append(name)
        return dict(folders)

    def read(self, path: str) -> bytes | None:
        """Return a small file's contents, or None."""
        if path not in self._contents:
            may_read = path in self._known and len(self._contents) < READ_LIMIT
            data = self._read(path) if may_read else None
            if not may_read:
                return None
            self._contents[path] = data if data is None or len(data) <= SMALL_FILE_LIMIT else None
        return self._contents[path]

    def load_text(self, path: str) -> str:
        """Return a small file's text, or "" where it cannot be read as such."""
        data = self.read(path)
        return decode_text(data) if data else ""

    def load_json(self, path: str) -> Any:
        """Return a small file's JSON value, or None where it has none."""
        try:
            return json.loads(self.load_text(path))
        except (ValueError, RecursionError):
            return None
