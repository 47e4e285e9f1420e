"""A pipeline's folder: the files to save, and the places of a version's files."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from dubbing_client.errors import FolderError
from dubbing_client.name_probe import probe_rules
from dubbing_core.exclusions import Exclusion, exclude_name, find_exclusion, is_part_name
from dubbing_core.manifest import find_empty_folders
from dubbing_core.name_mapping import LINUX, SYSTEMS, NameRules, needs_mapping
from dubbing_core.paths import COMPONENT_LIMIT, PathError, check_saved_path, find_unrepresentable

MOUNT_POINT_TAG = 0xA0000003
"""`stat.IO_REPARSE_TAG_MOUNT_POINT`, which only exists on Windows."""
LINK_REASON = "a link out of the folder, to a folder or to nothing"
BUSY_REASON = "still being written"


@dataclass(frozen=True)
class Stat:
    """Facts that show, without reading a file, that it is unchanged."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    is_executable: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, result: os.stat_result) -> Stat:
        # On Windows the third is the time of creation, which never changes.
        is_executable = bool(result.st_mode & stat.S_IXUSR) and sys.platform != "win32"
        return cls(result.st_size, result.st_mtime_ns, result.st_ctime_ns, result.st_ino, is_executable)


@dataclass
class Listing:
    """Files of a folder by relative path, with slashes, spelled as on disk."""

    files: dict[str, Stat] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    """Path -> reason for files that are not saved although the user may expect it."""
    excluded: list[Exclusion] = field(default_factory=list)
    """System files, hidden folders and others that no save includes, or only on request."""
    folders: list[str] = field(default_factory=list)
    """Folders inside the folder, except excluded ones."""
    unrepresentable: list[str] = field(default_factory=list)
    """Files with paths that a session cannot represent."""
    includes_hidden: bool = False
    """Whether files in hidden folders are listed."""

    @property
    def empty_folders(self) -> list[str]:
        """The innermost folders that contain no file, sorted."""
        return [folder for folder in self._find_empty_folders() if _is_representable(folder)]

    def find_unrepresentable(self) -> list[PathError]:
        """Return errors of files and empty folders that no session can represent."""
        if not self.unrepresentable and all(map(_is_representable, self.folders)):
            return []
        return find_unrepresentable(sorted([*self.unrepresentable, *self._find_empty_folders()]))

    def _find_empty_folders(self) -> list[str]:
        return list(find_empty_folders(self.folders, [*self.files, *self.skipped, *self.unrepresentable]))

    def places(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """Yield each path with its place on disk."""
        for path in self.files:
            yield path, folder / path

    def without(self, paths: Collection[str]) -> Listing:
        """Return the listing without some files, which do not count as removed."""
        busy = dict.fromkeys(paths, BUSY_REASON)
        files = {path: file for path, file in self.files.items() if path not in busy}
        return replace(self, files=files, skipped={**self.skipped, **busy}) if busy else self

    def covers(self, path: str) -> bool:
        """Return whether a file at this path would be listed.

        Only then does its absence mean that it was removed.
        """
        return find_exclusion(path, include_hidden=self.includes_hidden) is None and not any(
            path == skipped or path.startswith(f"{skipped}/") for skipped in self.skipped
        )


class Folder:
    """A folder on this machine; ``path`` is absolute, with links resolved.

    :param rules: the names that it can hold; by default those of its file system.
    """

    def __init__(self, path: Path, *, rules: NameRules | None = None) -> None:
        self.path = Path(os.path.realpath(path))
        self.rules = SYSTEMS.get(sys.platform, LINUX) if rules is None else rules
        self._has_known_rules = rules is not None

    def __str__(self) -> str:
        return str(self.path)

    def find_rules(self, paths: Collection[str]) -> NameRules:
        """Return the names that the folder can hold.

        Its file system may have other rules than this system, as a disk from Windows has. Only where these paths need it,
        that is tried out with a temporary folder.

        :param paths: of files, and of folders with a slash.
        """
        if not self._has_known_rules and needs_mapping(paths):
            self.rules = probe_rules(self.path)
            self._has_known_rules = True
        return self.rules

    def listing(self, *, include_hidden: bool = False) -> Listing:
        """List the files that a save includes.

        Excluded are system files, hidden folders, and the client's own unfinished files. A link is included as its target if
        that is a file in the same folder; other links are skipped, as are sockets, pipes and devices.

        :param include_hidden: list files in hidden folders.
        :raises FolderError: something cannot be read.
        """
        listing = Listing(includes_hidden=include_hidden)
        if not self.path.is_dir():
            raise FolderError(f"{self.path} is not a folder.")
        self._list(str(self.path), "", listing)
        return listing

    def _list(self, folder: str, prefix: str, listing: Listing) -> None:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._add_entry(entry, prefix, listing)
        except OSError as error:
            raise FolderError(f"{folder} cannot be read: {error.strerror or error}.") from error

    def _add_entry(self, entry: os.DirEntry[str], prefix: str, listing: Listing) -> None:
        name = entry.name
        path = prefix + name
        try:
            # On Windows, directory entries do not contain inodes.
            result = os.lstat(entry.path) if sys.platform == "win32" else entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # deleted since the directory was read
            return
        is_folder = stat.S_ISDIR(result.st_mode)
        if is_junction(result):
            listing.skipped[path] = LINK_REASON
        elif reason := exclude_name(
            name, is_folder=is_folder, is_at_root=not prefix, include_hidden=listing.includes_hidden
        ):
            listing.excluded.append(Exclusion(f"{path}/" if is_folder else path, reason))
        elif is_folder:
            listing.folders.append(path)
            self._list(entry.path, f"{path}/", listing)
        elif isinstance(file := self._file_at(entry.path, result), str):
            listing.skipped[path] = file
        else:
            _add_file(path, file, listing)

    def _file_at(self, place: str, result: os.stat_result) -> Stat | str:
        """Return a file's stat, or why it is skipped."""
        if stat.S_ISLNK(result.st_mode):
            target = Path(os.path.realpath(place))
            if not (target.is_file() and self.path in target.parents):
                return LINK_REASON
            return Stat.of(target.stat())
        return Stat.of(result) if stat.S_ISREG(result.st_mode) else "not a regular file"

    def place(self, path: str) -> Path:
        """Return the place of a path whose names this system can hold.

        :raises FolderError: it would be outside of the folder, or this system does not support the name.
        """
        try:
            check_saved_path(path)
        except PathError as error:
            raise FolderError(f"{error} It cannot be loaded.") from error
        if is_part_name(path.rpartition("/")[2]):
            raise FolderError(f"“{path}” has the name of an unfinished download. It cannot be loaded.")
        if not self.rules.can_hold(path):
            raise FolderError(f"“{path}” is not a valid name on this system. It cannot be loaded.")
        return self.path.joinpath(*path.split("/"))

    def is_inside(self, target: Path) -> bool:
        """Return whether no link leads out of the folder on the way to a place in it."""
        place = self.path
        for part in target.relative_to(self.path).parts[:-1]:
            place /= part
            try:
                result = os.lstat(place)
            except (FileNotFoundError, NotADirectoryError):
                return True
            if stat.S_ISLNK(result.st_mode) or is_junction(result):
                return False
        return True


def is_junction(result: os.stat_result) -> bool:
    """Return whether a folder of Windows is a link to another folder.

    Python does not count it among the symbolic links.
    """
    return getattr(result, "st_reparse_tag", 0) == MOUNT_POINT_TAG


def _add_file(path: str, file: Stat, listing: Listing) -> None:
    if _is_representable(path):
        listing.files[path] = file
    else:
        listing.unrepresentable.append(path)


def _is_representable(path: str) -> bool:
    # A path from a directory has neither empty parts nor NUL nor “..”.
    return (path.isascii() and len(path) <= COMPONENT_LIMIT) or not find_unrepresentable([path])


def total_size(stats: Iterable[Stat]) -> int:
    return sum(file.size for file in stats)
