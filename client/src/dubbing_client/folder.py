"""A pipeline's folder: which of its files count, and where in it a version's files may go."""

from __future__ import annotations

import os
import re
import stat
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dubbing_client.errors import FolderError, named

JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini", "__macosx"})
"""What operating systems leave behind, case-folded; files and folders alike."""
PART_SUFFIX = ".dubs-part"
"""What our own unfinished files end in."""
METADATA = "metadata.json"
NAME_LIMIT = 255
"""Bytes of a name that every file system takes."""
_WINDOWS_CANNOT = re.compile(r'[<>:"|?*\x01-\x1f]|[. ]$')
_DRIVE = re.compile(r"[A-Za-z]:")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Stat:
    """What tells, without reading it, that a file is still the same."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stat:
        # On Windows the third is the time of creation, which says nothing but harms nothing either.
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@dataclass
class Listing:
    """What a folder holds, by path relative to it: slashes, composed Unicode."""

    files: dict[str, Stat] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """What the disk calls a file, where that is not its path."""
    skipped: dict[str, str] = field(default_factory=dict)
    """What is not saved though somebody may have meant it, and why, in a few words."""

    def covers(self, path: str) -> bool:
        """Whether the path would have been listed if it were there: it is gone, and not only left out."""
        return not is_ignored(path) and not any(
            path == left or path.startswith(f"{left}/") for left in self.skipped
        )


class Folder:
    """A folder on this machine; ``path`` is absolute, without links in it."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))

    def __str__(self) -> str:
        return str(self.path)

    def listing(self) -> Listing:
        """List every file that a save would take.

        Left out are what operating systems leave behind, hidden folders, and our own unfinished files. A link is taken for the
        file it leads to where that lies in this folder, too; links out of it and links to folders are skipped, as are sockets,
        pipes and devices.

        :raises FolderError: something cannot be read, or two names are one to other systems; then nothing is known to be gone.
        """
        found = Listing()
        if not self.path.is_dir():
            raise FolderError(f"{self.path} is no folder.")
        self._list(str(self.path), "", found)
        return found

    def _list(self, folder: str, prefix: str, found: Listing) -> None:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._take(entry, prefix, found)
        except OSError as error:
            raise FolderError(f"{folder} cannot be read: {error.strerror or error}.") from error

    def _take(self, entry: os.DirEntry[str], prefix: str, found: Listing) -> None:
        name = unicodedata.normalize("NFC", entry.name)
        path = prefix + name
        try:
            # On Windows a directory tells nothing of inodes.
            about = os.lstat(entry.path) if sys.platform == "win32" else entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # it went just now
            return
        if stat.S_ISDIR(about.st_mode):
            if not (name.startswith(".") or name.casefold() in JUNK):
                self._list(entry.path, f"{path}/", found)
        elif not is_ignored(path):
            file = self._file_at(entry.path, about)
            if isinstance(file, str):
                found.skipped[path] = file
            else:
                self._add(path, entry.path, file, found)

    def _file_at(self, place: str, about: os.stat_result) -> Stat | str:
        """Return what a file looks like, or why it is none that counts."""
        if stat.S_ISLNK(about.st_mode):
            target = Path(os.path.realpath(place))
            if not (target.is_file() and self._holds(target)):
                return "a link out of the folder, to a folder or to nothing"
            return Stat.of(target.stat())
        return Stat.of(about) if stat.S_ISREG(about.st_mode) else "no file"

    def _add(self, path: str, place: str, file: Stat, found: Listing) -> None:
        if not _is_text(path):
            raise FolderError(f"The name {os.fsencode(place)!r} is no text. Rename the file.")
        if path in found.files:
            raise FolderError(f"{named([path])} is there twice, written in two ways. Rename one of them.")
        found.files[path] = file
        real = os.path.relpath(place, self.path).replace(os.sep, "/") if not path.isascii() else path
        if real != path:
            found.names[path] = real

    def _holds(self, target: Path) -> bool:
        return self.path in target.parents

    def place(self, path: str) -> Path:
        """Return where in the folder a version's path goes.

        :raises FolderError: it would leave the folder, or this system cannot hold it.
        """
        problem = problem_with(path, windows=sys.platform == "win32")
        if problem:
            raise FolderError(f"“{path}” {problem}. It cannot be loaded.")
        return self.path.joinpath(*path.split("/"))

    def is_inside(self, path: str) -> bool:
        """Whether no link leads out of the folder on the way to a path that `place` gave."""
        place = self.path
        for part in path.split("/")[:-1]:
            place /= part
            try:
                about = os.lstat(place)
            except FileNotFoundError:
                return True
            if not stat.S_ISDIR(about.st_mode):
                return False
        return True


def is_ignored(path: str) -> bool:
    """Whether a file at this path is none of a save's business, wherever it is met."""
    *folders, name = path.split("/")
    return (
        name.endswith(PART_SUFFIX)
        or name.casefold() in JUNK
        or any(part.startswith(".") or part.casefold() in JUNK for part in folders)
    )


def problem_with(path: str, *, windows: bool) -> str:
    """Say why a path from a portal may not be written to, or nothing.

    What a session may hold was decided when it was saved; this is the last look, on the machine whose files are at stake.
    """
    parts = path.split("/")
    if not path or not _is_text(path) or "\0" in path:
        return "is no name for a file"
    if _DRIVE.match(path) or ".." in parts or path.startswith("/") or (windows and "\\" in path):
        return "would leave the folder"
    if "" in parts or "." in parts:
        return "has a part without a name"
    if windows and any(_WINDOWS_CANNOT.search(part) or _RESERVED.fullmatch(part) for part in parts):
        return "is a name that Windows cannot hold"
    if any(len(os.fsencode(part)) > NAME_LIMIT for part in parts):
        return f"has a name longer than {NAME_LIMIT} bytes"
    return ""


def fold(path: str) -> str:
    """The form in which two paths are equal if any file system might take one for the other."""
    folded = unicodedata.normalize("NFD", path).casefold()
    return unicodedata.normalize("NFC", folded)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def total(stats: Iterable[Stat]) -> int:
    return sum(each.size for each in stats)
