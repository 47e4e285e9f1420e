"""Plan of a load: the files to fetch, overwrite and delete.

Files with content that no version contains are only overwritten on request; so are files deleted that the version does not contain.
Hidden files and names with invisible characters are only loaded on request, too, unless this folder had the same content before; the
same holds for empty folders.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dubbing_client.api import Api
from dubbing_client.commit import resolve_pending
from dubbing_client.disk_space import check_free_space
from dubbing_client.errors import (
    FolderError,
    LocalChangesError,
    NotFoundError,
    UnsafeNamesError,
    UsageError,
)
from dubbing_client.file_hashes import THREADS, hash_file
from dubbing_client.folder import Folder, Stat, is_junction
from dubbing_client.folder_session import session_of_folder
from dubbing_client.load_selection import read_selection
from dubbing_client.local_names import find_aliases, find_places, find_renamed, map_to_folder
from dubbing_client.objects import Manifest, Session
from dubbing_client.obstacles import find_obstacles
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.remote_file import RemoteFile
from dubbing_client.saved_paths import entries_by_saved_path, entries_by_session_path
from dubbing_client.state import SAVED, SESSION, FileHash, State
from dubbing_core.categories import METADATA_NAME, Category
from dubbing_core.concurrency import run_in_threads
from dubbing_core.hidden_files import find_hidden
from dubbing_core.paths import find_unrepresentable, fold_path, has_invisible_characters
from dubbing_core.selection import Selection

LAYOUTS = (SAVED, SESSION)

STAT_BLOCK_SIZE = 512
"""Bytes of a block of ``st_blocks``."""


@dataclass
class LoadPlan:
    """What a load will do to the folder."""

    folder: Folder
    session: Session
    version: int
    fetch: list[RemoteFile] = field(default_factory=list)
    unchanged: dict[str, str] = field(default_factory=dict)
    """Path -> SHA-256 of files that the folder already contains."""
    other_modes: list[RemoteFile] = field(default_factory=list)
    """Unchanged files that are executable and will not be, or the reverse."""
    overwritten: list[str] = field(default_factory=list)
    """Files that will be overwritten, and whose content is stored in a version."""
    unsaved: list[str] = field(default_factory=list)
    """Files that will be overwritten, and whose content is not stored in any known version."""
    obstacles: list[str] = field(default_factory=list)
    """Files that will be deleted because the version has a folder in their place, or a file in the place of their folder."""
    extra: list[str] = field(default_factory=list)
    """Files that the version does not contain and a load with ``delete`` deletes; only determined for such a load."""
    hidden: list[str] = field(default_factory=list)
    """Files to fetch that other programs may execute or obey without showing them; new empty folders have a slash."""
    invisible: list[str] = field(default_factory=list)
    """Files to fetch whose names contain invisible characters; new empty folders have a slash."""
    delete: bool = False
    is_partial: bool = False
    layout: str = SAVED
    aliases: dict[str, str] = field(default_factory=dict)
    """`State.aliases` after the load."""
    empty_folders: dict[str, str] = field(default_factory=dict)
    """Folders without files to create: path in the folder -> path in the portal."""

    @property
    def size(self) -> int:
        return sum(file.size for file in self.fetch)

    @property
    def renamed(self) -> dict[str, str]:
        """Files whose names this system cannot hold: path -> path as saved."""
        return find_renamed(self.aliases) if self.layout == SAVED else {}

    def check(self, *, overwrite: bool, allow_hidden: bool = False, allow_invisible: bool = False) -> None:
        """Raise if the load needs a permission that is not given.

        :raises UnsafeNamesError: to write hidden files, or names with invisible characters.
        :raises LocalChangesError: to lose local changes.
        """
        hidden = [] if allow_hidden else self.hidden
        invisible = [] if allow_invisible else self.invisible
        if hidden or invisible:
            raise UnsafeNamesError(hidden=hidden, invisible=invisible)
        if overwrite:
            return
        deleted = self.extra if self.delete else []
        if self.unsaved or deleted:
            raise LocalChangesError(self.unsaved, deleted=deleted)


def plan_load(
    api: Api,
    folder: Folder,
    state: State,
    *,
    name: str = "",
    version: int | None = None,
    only: Sequence[str] = (),
    paths: Sequence[str] = (),
    layout: str = SAVED,
    delete: bool = False,
    listener: ProgressListener = NO_PROGRESS,
) -> LoadPlan:
    """Compare a version with the folder. Changes nothing but the cache of hashes.

    :param name: the session; by default the folder's own.
    :param version: by default the current one.
    :param only: categories and languages.
    :param paths: single files, by their paths as saved; all of the categories and languages if empty.
    :raises NotFoundError: there is no such session or version.
    :raises FolderError: the version cannot be written to this folder, or does not fit on its disk.
    """
    if delete and (only or paths):
        raise UsageError("--delete and --only or --file cannot be combined.")
    if layout not in LAYOUTS:
        raise UsageError(f"There is no layout “{layout}”. Choose saved or session.")
    resolve_pending(api, state, listener=listener)
    session = _session(api, state, name)
    number = session["version"] if version is None else version
    if not number:
        raise NotFoundError(f"“{session['name']}” has no versions yet.", status=404, code="version_not_found")
    manifest = api.manifest(session["code"], number)
    selection = read_selection(api, session["code"], manifest, only)
    files = _choose(remote_files(folder, manifest, selection=selection, layout=layout), paths, number)
    is_partial = selection.is_partial or bool(paths)
    plan = LoadPlan(folder, session, number, delete=delete, is_partial=is_partial, layout=layout)
    saved_paths = {file.path: file.entry_path for file in files if file.entry_path}
    if layout == SESSION:
        plan.aliases = {path: saved for path, saved in saved_paths.items() if path != saved}
    else:
        plan.empty_folders = {} if is_partial else _find_empty_folders(folder, manifest)
        folders = {f"{path}/": f"{saved}/" for path, saved in plan.empty_folders.items()}
        plan.aliases = find_aliases({**saved_paths, **folders})
    # Before anything is read or written: a portal may name any size.
    _check_space(folder, files)
    _compare(plan, files, state, listener)
    _add_obstacles(plan, state)
    new_files = [file.path for file in plan.fetch if not state.is_stored(file.path, file.sha256)]
    new_folders = _find_new_folders(plan, state)
    hidden = set(find_hidden([file.path for file in files]))
    plan.hidden = [*(path for path in new_files if path in hidden), *find_hidden(new_folders)]
    plan.invisible = list(filter(has_invisible_characters, [*new_files, *new_folders]))
    if delete:
        plan.extra = [path for path in _extra_files(folder, files) if path not in plan.obstacles]
    return plan


def _choose(files: list[RemoteFile], paths: Sequence[str], version: int) -> list[RemoteFile]:
    """Return the files with these paths; all of them without paths."""
    if not paths:
        return files
    missing = sorted({*paths} - {file.entry_path for file in files})
    if missing:
        raise UsageError(f"Version {version} has no file “{missing[0]}” among those to load.")
    return [file for file in files if file.entry_path in paths]


def _check_space(folder: Folder, files: Sequence[RemoteFile]) -> None:
    """Raise if the files that are not there already do not fit on the disk.

    :raises FolderError: they do not.
    """
    size = count = 0
    for file in files:
        is_there = False
        with contextlib.suppress(OSError):
            is_there = os.lstat(file.target).st_size == file.size
        if not is_there:
            count += 1
            size += file.size
            with contextlib.suppress(OSError, AttributeError):  # Windows does not report blocks
                size -= min(file.size, os.lstat(file.part_file).st_blocks * STAT_BLOCK_SIZE)
    check_free_space(folder.path, size, files=count)


def _extra_files(folder: Folder, files: Sequence[RemoteFile]) -> list[str]:
    """Return the folder's files that the version does not contain."""
    paths = {file.path for file in files}
    folded = {fold_path(file.path): file for file in files}
    extra = []
    for path, place in folder.listing().places(folder.path):
        if path in paths:
            continue
        target = folded.get(fold_path(path))
        # Where case does not matter, a file of another spelling is the target itself.
        if target is None or not _is_same_file(target.target, place):
            extra.append(path)
    return sorted(extra)


def _is_same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except FileNotFoundError:
        return False


def remote_files(
    folder: Folder, manifest: Manifest, *, selection: Selection, layout: str = SAVED
) -> list[RemoteFile]:
    """Return a version's files with their places in a folder.

    Names that the folder's system cannot hold are mapped. In the session's tree metadata.json is last and has no entry.

    :raises FolderError: a file would be outside of the folder, or two would be the same.
    """
    if layout == SESSION:
        entries = entries_by_session_path(manifest)
        names = map_to_folder(folder, entries, taken=[METADATA_NAME])
    else:
        entries = entries_by_saved_path(manifest)
        names = map_to_folder(folder, [*entries, *_list_folders(manifest)])
    selected = {
        names[path]: entry
        for path, entry in entries.items()
        if selection.includes(Category(entry["category"]), entry["language"])
    }
    places = find_places(folder, selected)
    files = [
        RemoteFile(
            places[path].relative_to(folder.path).as_posix(),
            entry["path"],
            places[path],
            entry["size"],
            entry["sha256"],
            entry["executable"],
            entry["mtime_ns"],
        )
        for path, entry in selected.items()
    ]
    if layout == SESSION:
        metadata = manifest["metadata"]
        files.append(
            RemoteFile(METADATA_NAME, "", folder.place(METADATA_NAME), metadata["size"], metadata["sha256"])
        )
    return files


def _list_folders(manifest: Manifest) -> list[str]:
    """Return the empty folders with a slash, without impossible ones."""
    folders = manifest["empty_folders"]
    impossible = {error.path for error in find_unrepresentable(folders)}
    return [f"{folder}/" for folder in folders if folder not in impossible]


def _find_empty_folders(folder: Folder, manifest: Manifest) -> dict[str, str]:
    """Return `LoadPlan.empty_folders`."""
    folders = _list_folders(manifest)
    if not folders:
        return {}
    names = map_to_folder(folder, [*entries_by_saved_path(manifest), *folders])
    places = find_places(folder, [names[path] for path in folders])
    return {
        place.relative_to(folder.path).as_posix(): path.removesuffix("/")
        for path in folders
        if folder.is_inside((place := places[names[path]]) / "file")
    }


def _find_new_folders(plan: LoadPlan, state: State) -> list[str]:
    """Return the empty folders to create that this folder never had, with a slash."""
    return [
        f"{path}/"
        for path, saved in plan.empty_folders.items()
        if saved not in state.empty_folders and not os.path.lexists(plan.folder.path / path)
    ]


def _session(api: Api, state: State, name: str) -> Session:
    if name:
        return api.get_session(name)
    if state.base is None:
        raise UsageError("This folder does not belong to a session. Name one: dubs load NAME DIR")
    return session_of_folder(api, state.base)


def _compare(plan: LoadPlan, files: Sequence[RemoteFile], state: State, listener: ProgressListener) -> None:
    """Determine which of the version's files have to be fetched."""
    unread: list[tuple[RemoteFile, Stat]] = []
    for file in files:
        current = _stat_of(plan.folder, file)
        if current is None:
            plan.fetch.append(file)
        elif (sha256 := state.cached_hash(file.path, current)) is not None:
            _add(plan, file, current, sha256, state)
        else:
            unread.append((file, current))
    if not unread:
        return
    listener.begin("hash", sum(current.size for _, current in unread))

    def read(file: RemoteFile) -> FileHash:
        return hash_file(file.target, name=file.path, on_bytes=lambda count: listener.advance("hash", count))

    unread.sort(key=lambda pair: -pair[1].size)
    to_read = [file for file, _ in unread]
    for file, file_hash in zip(to_read, run_in_threads(read, to_read, threads=THREADS), strict=True):
        state.cache_hash(file.path, file_hash)
        _add(plan, file, file_hash.stat, file_hash.sha256, state)
    listener.end("hash")
    state.save_files()


def _stat_of(folder: Folder, file: RemoteFile) -> Stat | None:
    """Return the stat of a file's target, or None if there is none, or obstacles.

    :raises FolderError: the target is not a file that may be replaced.
    """
    if not folder.is_inside(file.target):
        raise FolderError(
            f"“{file.path}” cannot be written: one of its folders is a link. Move it, or load elsewhere."
        )
    try:
        result = os.lstat(file.target)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(result.st_mode) and not is_junction(result):
        return None
    if not stat.S_ISREG(result.st_mode):
        raise FolderError(f"“{file.path}” is a link or a special file here. Move it, or load elsewhere.")
    return Stat.of(result)


def _add_obstacles(plan: LoadPlan, state: State) -> None:
    """Determine which files are in the way of those to fetch."""
    obstacles = {path for file in plan.fetch for path in find_obstacles(plan.folder, file.target)}
    for path in sorted(obstacles):
        place = plan.folder.path.joinpath(*path.split("/"))
        sha256 = state.cached_hash(path, Stat.of(os.lstat(place))) or hash_file(place, name=path).sha256
        (plan.overwritten if state.is_stored(path, sha256) else plan.unsaved).append(path)
        plan.obstacles.append(path)


def _add(plan: LoadPlan, file: RemoteFile, current: Stat, sha256: str, state: State) -> None:
    if sha256 == file.sha256:
        plan.unchanged[file.path] = sha256
        if file.entry_path and file.is_executable != current.is_executable and sys.platform != "win32":
            plan.other_modes.append(file)
        return
    plan.fetch.append(file)
    if state.is_stored(file.path, sha256):
        plan.overwritten.append(file.path)
    else:
        plan.unsaved.append(file.path)
