"""Files of a folder that a save leaves out by their names.

They are system files, hidden folders, and files that exports and loads add. Saves name them; nothing is left out silently.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dubbing_core.categories import PRIVATE_FOLDER
from dubbing_core.enums import StrEnum
from dubbing_core.paths import JUNK_NAMES
from dubbing_core.sentences import Number, Size, join, plural, sentence

PART_SUFFIX = ".dubs-part"
"""Suffix of the client's unfinished downloads."""
PART_NAME = r"(?is:\A\.(?=.*\.[0-9a-f]{16}\.dubs-part\Z))"
"""Start of their names, such as `.hi.wav.0123456789abcdef.dubs-part`, which other files cannot have in a client's folder."""
SHOWN_LIMIT = 5
"""Names that a sentence lists."""


class ExclusionReason(StrEnum):
    HIDDEN_FOLDER = "hidden_folder"
    SYSTEM = "system"
    """An operating system created it: `.DS_Store`, `__MACOSX/`."""
    EXPORT = "export"
    """The folder `.dubbing`, in which an export describes itself."""
    UNFINISHED = "unfinished"
    """An unfinished download of the client."""


@dataclass(frozen=True)
class Exclusion:
    """A file or folder that a save leaves out."""

    path: str
    """A folder ends with a slash."""
    reason: ExclusionReason

    def describe(self, count: int = 1) -> str:
        """Return a noun for so many of them: "hidden folder", "2 system files"."""
        match self.reason:
            case ExclusionReason.HIDDEN_FOLDER:
                return plural("hidden folder", "%(count)s hidden folders", count=count)
            case ExclusionReason.SYSTEM if self.path.endswith("/"):
                return plural("system folder", "%(count)s system folders", count=count)
            case ExclusionReason.SYSTEM:
                return plural("system file", "%(count)s system files", count=count)
            case ExclusionReason.EXPORT:
                return plural("export folder", "%(count)s export folders", count=count)
            case ExclusionReason.UNFINISHED:
                return plural("unfinished download", "%(count)s unfinished downloads", count=count)

    @property
    def group(self) -> str:
        """Name that it is listed under: its own, or the pattern of generated names."""
        if self.reason is ExclusionReason.UNFINISHED:
            return f"*{PART_SUFFIX}"
        return self.path[self.path.rstrip("/").rfind("/") + 1 :]


@dataclass(frozen=True)
class FolderSize:
    """What is in a folder that is left out."""

    files: int
    size: int | None
    """Bytes of the files; None if unknown."""
    is_complete: bool = True
    """Whether counting did not end early."""

    @classmethod
    def add(cls, sizes: Collection[FolderSize]) -> FolderSize:
        known = [each.size for each in sizes if each.size is not None]
        return cls(
            files=sum(each.files for each in sizes),
            size=sum(known) if len(known) == len(sizes) else None,
            is_complete=all(each.is_complete for each in sizes),
        )

    @property
    def words(self) -> str:
        """Return for example "1,204 files, 5.2 MiB", "more than 1,000 files" or "empty"."""
        if not self.is_complete:
            return sentence("more than %(count)s files", count=Number(self.files))
        if not self.files:
            return sentence("empty")
        count = plural("%(count)s file", "%(count)s files", count=self.files)
        if self.size is None:
            return count
        return sentence("%(files)s, %(size)s", files=count, size=Size(self.size))


NO_SIZES: Mapping[Exclusion, FolderSize] = MappingProxyType({})


def is_part_name(name: str) -> bool:
    """Return whether a file's name is one of the client's own unfinished files."""
    return re.match(PART_NAME, name) is not None


def exclude_name(
    name: str, *, is_folder: bool, is_at_root: bool, include_hidden: bool = False
) -> ExclusionReason | None:
    """Return why a file or folder is left out of a save, by its name alone, or None.

    :param is_at_root: it is at the project's root.
    :param include_hidden: hidden folders are saved.
    """
    if name.casefold() in JUNK_NAMES:
        return ExclusionReason.SYSTEM
    if not name.startswith("."):
        return None
    if not is_folder:
        return ExclusionReason.UNFINISHED if is_part_name(name) else None
    if is_at_root and name == PRIVATE_FOLDER:
        return ExclusionReason.EXPORT
    return None if include_hidden else ExclusionReason.HIDDEN_FOLDER


def find_exclusion(path: str, *, include_hidden: bool = False) -> Exclusion | None:
    """Return the outermost part of a file's path that is left out of a save, or None.

    :param path: relative to the project's root, with slashes.
    :param include_hidden: hidden folders are saved.
    """
    end = -1
    while end < len(path):
        start, end = end + 1, path.find("/", end + 1)
        is_folder = end >= 0
        end = end if is_folder else len(path)
        reason = exclude_name(
            path[start:end], is_folder=is_folder, is_at_root=not start, include_hidden=include_hidden
        )
        if reason is not None:
            return Exclusion(path[: end + 1], reason)
    return None


def describe_exclusions(
    exclusions: Iterable[Exclusion], sizes: Mapping[Exclusion, FolderSize] = NO_SIZES
) -> str:
    """Return a sentence that names what is left out, or "": hidden folders first.

    Such as: Left out: .git/ (hidden folder, 1,204 files, 5.2 MiB), .DS_Store (2 system files).

    :param sizes: of folders, as far as they are known.
    """
    groups: dict[tuple[ExclusionReason, str], list[Exclusion]] = defaultdict(list)
    for exclusion in exclusions:
        groups[exclusion.reason, exclusion.group].append(exclusion)
    reasons = list(ExclusionReason)
    ordered = sorted(groups, key=lambda key: (reasons.index(key[0]), key[1]))
    shown = [_describe_group(groups[key], sizes) for key in ordered[:SHOWN_LIMIT]]
    if not shown:
        return ""
    names: str = join(shown, ", ")
    if len(ordered) > SHOWN_LIMIT:
        more = Number(len(ordered) - SHOWN_LIMIT)
        names = sentence("%(shown)s and %(count)s more", shown=names, count=more)
    return sentence("Left out: %(names)s.", names=names)


def _describe_group(exclusions: list[Exclusion], sizes: Mapping[Exclusion, FolderSize]) -> str:
    first, count = exclusions[0], len(exclusions)
    contents = [sizes[each] for each in exclusions if each.path.endswith("/") and each in sizes]
    words = [first.describe(count)]
    if len(contents) == count:
        words.append(FolderSize.add(contents).words)
    name = first.path if count == 1 else first.group
    return sentence("%(name)s (%(words)s)", name=name, words=join(words, ", "))
