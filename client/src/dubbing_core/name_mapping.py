"""Mapping of saved paths to names that a system or a ZIP can hold.

A session keeps every name as it was spelled. Where a target cannot hold one, it gets the most similar name that the
target can hold; the export's manifest, or the client's state, keeps the saved one. See
docs/decisions/0029-names.md.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from dubbing_core.file_kinds import split_name
from dubbing_core.path_allocator import EXTENSION_LIMIT, append_number
from dubbing_core.paths import (
    COMPONENT_LIMIT,
    COMPONENT_UNITS_LIMIT,
    PATH_LIMIT,
    count_utf16_units,
    fold_path,
    is_reserved_name,
    list_ancestors,
)

REPLACEMENT = "_"
LONG_PATHS_FOLDER = "long_paths"
"""Folder of files whose path is too long or too deep for the target."""
DIGEST_LENGTH = 12
CONTROLS = "\x01-\x1f"
ALL_CONTROLS = f"{CONTROLS}\x7f-\x9f"
WINDOWS_CHARACTERS = r'<>:"|?*\\'
TRAILING = re.compile(r"[. ]+$")


def count_bytes(text: str) -> int:
    """Return the length of a text in bytes of UTF-8."""
    return len(text.encode())


def fold_for_windows(name: str) -> str:
    """Fold a name as NTFS does, which ignores case and keeps compositions apart."""
    return name.casefold()


def fold_composition(name: str) -> str:
    """Fold a name as a file system does that only ignores compositions."""
    return unicodedata.normalize("NFC", name)


@dataclass(frozen=True, kw_only=True)
class NameRules:
    """What a target can hold."""

    forbidden: re.Pattern[str] | None = None
    """Characters that a name cannot contain."""
    has_windows_names: bool = False
    """Whether device names, and dots and spaces at the end, are reserved as on Windows."""
    fold: Callable[[str], str] = str
    """Equal results mean that the target treats names as one."""
    measure: Callable[[str], int] = count_bytes
    component_limit: int = COMPONENT_LIMIT
    path_limit: int | None = None
    """In bytes of UTF-8."""
    depth_limit: int | None = None
    """Folders around a file."""

    def replace_name(self, name: str) -> str:
        """Return the name itself, or the most similar one that the target can hold."""
        if self.forbidden is not None:
            name = self.forbidden.sub(REPLACEMENT, name)
        if self.measure(name) > self.component_limit:
            name = _shorten(name)
        if self.has_windows_names:
            name = TRAILING.sub(lambda match: REPLACEMENT * len(match[0]), name)
            if is_reserved_name(name):
                head, dot, rest = name.partition(".")
                name = f"{head}{REPLACEMENT}{dot}{rest}"
        return name

    def forbidding(self, pattern: str) -> NameRules:
        """Return the rules of a target that also forbids what a pattern matches."""
        both = pattern if self.forbidden is None else f"{pattern}|{self.forbidden.pattern}"
        return replace(self, forbidden=re.compile(both))

    def can_hold(self, path: str) -> bool:
        """Return whether the target can hold each name of a saved path."""
        return all(self.replace_name(name) == name for name in path.split("/"))


LINUX = NameRules()
MACOS = NameRules(fold=fold_path)
WINDOWS = NameRules(
    forbidden=re.compile(f"[{CONTROLS}{WINDOWS_CHARACTERS}]"),
    has_windows_names=True,
    fold=fold_for_windows,
    measure=count_utf16_units,
    component_limit=COMPONENT_UNITS_LIMIT,
)
ZIP = NameRules(
    forbidden=re.compile(f"[{ALL_CONTROLS}{WINDOWS_CHARACTERS}]"),
    has_windows_names=True,
    fold=fold_path,
    path_limit=PATH_LIMIT,
    depth_limit=100,
)
"""Valid on every system, and accepted by the ZIP reader (`dubbing_core.zips.reader`)."""
SYSTEMS = {"win32": WINDOWS, "darwin": MACOS}
"""By `sys.platform`; all others are like Linux."""


def needs_mapping(paths: Collection[str]) -> bool:
    """Return whether some system cannot hold the names of these paths.

    :param paths: of files, and of folders with a slash.
    """
    names = {name for path in paths for name in path.split("/")}
    if any(WINDOWS.replace_name(name) != name for name in names):
        return True
    places = {place for path in paths for place in (path.removesuffix("/"), *list_ancestors(path))}
    return len(set(map(fold_path, places))) < len(places)


def map_paths(paths: Iterable[str], rules: NameRules, *, taken: Iterable[str] = ()) -> dict[str, str]:
    """Return the path in the target for each saved path.

    The result depends on the set of paths alone. A name that the target can hold stays, except one of several that the
    target treats as one; files of a folder stay together. No two paths get one name.

    :param paths: saved paths that pass `dubbing_core.paths.check_tree`; a folder's path ends with a slash.
    :param taken: names at the root that the target needs for itself, such as `.dubbing`.
    """
    saved = list(paths)
    root: _Folder = {}
    for path in saved:
        folder = root
        *folders, name = path.split("/")
        for component in folders:
            inner = folder.get(component, _NO_FOLDER)
            if inner is _NO_FOLDER:
                inner = folder[component] = {}
            folder = inner
        if name:
            folder.setdefault(name, _NO_FOLDER)
    names: dict[str, str] = {}
    _map_folder(root, rules, names, parent="", target="", taken={rules.fold(name) for name in taken})
    mapped = {path: names[path.rstrip("/")] + "/" * path.endswith("/") for path in saved}
    return _move_long_paths(mapped, rules) if rules.path_limit or rules.depth_limit else mapped


_Folder = dict[str, "_Folder"]
_NO_FOLDER: _Folder = {}
"""Stands for each file, so that tens of thousands need no object of their own; likewise equal strings are one below."""


def _map_folder(
    folder: _Folder, rules: NameRules, names: dict[str, str], *, parent: str, target: str, taken: set[str]
) -> None:
    """Map the names of a folder, then those inside it.

    :param parent: saved path of the folder with its slash; `target` is its mapped path.
    """
    cleaned = {name: rules.replace_name(name) for name in folder}
    numbers: dict[str, int] = {}
    # Names that the target can hold come first, so they stay.
    for name in sorted(folder, key=lambda name: (name != cleaned[name], name)):
        free = cleaned[name]
        number = numbers.get(free, 2)
        while (folded := rules.fold(free)) in taken:
            free, number = append_number(cleaned[name], number), number + 1
        numbers[cleaned[name]] = number
        taken.add(free if folded == free else folded)
        saved, mapped = parent + name, target + free
        names[saved] = saved if mapped == saved else mapped
        if folder[name]:
            _map_folder(
                folder[name], rules, names, parent=f"{parent}{name}/", target=f"{target}{free}/", taken=set()
            )


def _move_long_paths(mapped: dict[str, str], rules: NameRules) -> dict[str, str]:
    """Move files with too long paths into one folder.

    Their names start with a digest of the saved path.
    """
    long = [path for path, name in mapped.items() if _is_too_long(name, rules)]
    if not long:
        return mapped
    heads = {rules.fold(name.partition("/")[0]) for name in mapped.values()}
    folder, number = LONG_PATHS_FOLDER, 2
    while rules.fold(folder) in heads:
        folder, number = append_number(LONG_PATHS_FOLDER, number), number + 1
    for path in long:
        digest = hashlib.sha256(path.encode()).hexdigest()[:DIGEST_LENGTH]
        name = _shorten(mapped[path].rstrip("/").rpartition("/")[2], DIGEST_LENGTH + 1)
        mapped[path] = f"{folder}/{digest}_{name}" + "/" * path.endswith("/")
    return mapped


def _is_too_long(path: str, rules: NameRules) -> bool:
    is_long = rules.path_limit is not None and count_bytes(path) > rules.path_limit
    return is_long or (rules.depth_limit is not None and path.count("/") > rules.depth_limit)


def _shorten(name: str, reserve: int = 0) -> str:
    """Return the name within the limit that all systems share, with its extension."""
    stem, extension = split_name(name)
    if count_bytes(extension) > EXTENSION_LIMIT:
        stem, extension = name, ""
    room = COMPONENT_LIMIT - reserve - count_bytes(extension)
    # Cut between characters, and not before a combining one.
    short = stem.encode()[:room].decode(errors="ignore")
    while len(short) < len(stem) and short and unicodedata.combining(stem[len(short)]):
        short = short[:-1]
    return short + extension
