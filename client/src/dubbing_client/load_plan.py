"""Plan of a load: the files to fetch, overwrite and delete.

Files with content that no version contains are only overwritten on request; so are files deleted that the version does not contain.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dubbing_client.api import Api
from dubbing_client.commit import resolve_pending
from dubbing_client.errors import FolderError, LocalChangesError, NotFoundError, UsageError, quoted
from dubbing_client.file_hashes import THREADS, hash_file
from dubbing_client.folder import Folder, Stat
from dubbing_client.folder_session import session_of_folder
from dubbing_client.objects import Entry, Manifest, Session
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.remote_file import RemoteFile
from dubbing_client.state import FileHash, State
from dubbing_core.categories import METADATA_NAME, Category
from dubbing_core.concurrency import run_in_threads
from dubbing_core.paths import fold_path
from dubbing_core.selection import Selection

SAVED, SESSION = "saved", "session"
LAYOUTS = (SAVED, SESSION)
"""`saved`: the paths that files were saved from; `session`: the session's own tree."""


@dataclass
class LoadPlan:
    """What a load will do to the folder."""

    folder: Folder
    session: Session
    version: int
    fetch: list[RemoteFile] = field(default_factory=list)
    unchanged: dict[str, str] = field(default_factory=dict)
    """Path -> SHA-256 of files that the folder already contains."""
    overwritten: list[str] = field(default_factory=list)
    """Files that will be overwritten, and whose content is stored in a version."""
    unsaved: list[str] = field(default_factory=list)
    """Files that will be overwritten, and whose content is not stored in any known version."""
    extra: list[str] = field(default_factory=list)
    """Files that the version does not contain and a load with ``delete`` deletes; only determined for such a load."""
    delete: bool = False
    is_partial: bool = False
    aliases: dict[str, str] = field(default_factory=dict)
    """`State.aliases` after the load."""

    @property
    def size(self) -> int:
        return sum(file.size for file in self.fetch)

    def check(self, *, overwrite: bool) -> None:
        """Raise if the load would lose local changes.

        :raises LocalChangesError: it would, and ``overwrite`` is false.
        """
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
    layout: str = SAVED,
    delete: bool = False,
    listener: ProgressListener = NO_PROGRESS,
) -> LoadPlan:
    """Compare a version with the folder. Changes nothing but the cache of hashes.

    :param name: the session; by default the folder's own.
    :param version: by default the current one.
    :param only: categories and languages.
    :raises NotFoundError: there is no such session or version.
    :raises FolderError: the version cannot be written to this folder.
    """
    if delete and only:
        raise UsageError("--delete and --only cannot be combined.")
    if layout not in LAYOUTS:
        raise UsageError(f"There is no layout “{layout}”. Choose saved or session.")
    resolve_pending(api, state, listener=listener)
    session = _session(api, state, name)
    number = session["version"] if version is None else version
    if not number:
        raise NotFoundError(f"“{session['name']}” has no versions yet.", status=404, code="version_not_found")
    manifest = api.manifest(session["code"], number)
    selection = _checked(Selection.from_names(only), manifest)
    files = remote_files(folder, manifest, selection=selection, layout=layout)
    plan = LoadPlan(folder, session, number, delete=delete, is_partial=selection.is_partial)
    origins = {entry["path"]: entry["origin"] for entry in manifest["entries"] if entry["origin"]}
    plan.aliases = {
        file.path: origins[file.entry_path]
        for file in files
        if file.entry_path in origins and origins[file.entry_path] != file.path
    }
    _compare(plan, files, state, listener)
    if delete:
        listing = folder.listing()
        targets = {file.path for file in files}
        plan.extra = sorted(path for path in listing.files if path not in targets)
    return plan


def remote_files(
    folder: Folder, manifest: Manifest, *, selection: Selection, layout: str = SAVED
) -> list[RemoteFile]:
    """Return a version's files with their places in a folder.

    metadata.json is last and has no entry.

    :raises FolderError: a file would be outside of the folder, or two would be the same.
    """
    entries = [
        entry
        for entry in manifest["entries"]
        if selection.includes(Category(entry["category"]), entry["language"])
    ]
    paths = _local_paths(entries, layout)
    files = [
        RemoteFile(path, entry["path"], folder.place(path), entry["size"], entry["sha256"])
        for path, entry in zip(paths, entries, strict=True)
    ]
    metadata = manifest["metadata"]
    if METADATA_NAME not in paths:
        files.append(
            RemoteFile(METADATA_NAME, "", folder.place(METADATA_NAME), metadata["size"], metadata["sha256"])
        )
    return files


def _session(api: Api, state: State, name: str) -> Session:
    if name:
        return api.get_session(name)
    if state.base is None:
        raise UsageError("This folder does not belong to a session. Name one: dubs load NAME DIR")
    return session_of_folder(api, state.base)


def _checked(selection: Selection, manifest: Manifest) -> Selection:
    languages = {entry["language"] for entry in manifest["entries"]} - {""}
    unknown = sorted(set(selection.languages) - languages)
    if unknown:
        raise UsageError(
            f"“{unknown[0]}” is neither a category nor a language of this version. Categories: {', '.join(Category)}; "
            f"languages: {', '.join(sorted(languages)) or 'none'}."
        )
    return selection


def _local_paths(entries: Sequence[Entry], layout: str) -> list[str]:
    """Return each entry's path in the folder.

    Entries that were saved from the same path, by two users, get their paths in the session's tree.
    """
    paths = [entry["path"] if layout == SESSION else entry["origin"] or entry["path"] for entry in entries]
    if layout == SAVED:
        count = Counter(fold_path(path) for path in paths)
        paths = [
            entry["path"] if count[fold_path(path)] > 1 else path
            for path, entry in zip(paths, entries, strict=True)
        ]
    folded: dict[str, str] = {}
    for path in paths:
        if (other := folded.get(fold_path(path))) is not None:
            raise FolderError(f"{quoted([other, path])} would be one file. Load with --layout session.")
        folded[fold_path(path)] = path
    return paths


def _compare(plan: LoadPlan, files: Sequence[RemoteFile], state: State, listener: ProgressListener) -> None:
    """Determine which of the version's files have to be fetched."""
    unread: list[tuple[RemoteFile, Stat]] = []
    for file in files:
        current = _stat_of(plan.folder, file)
        if current is None:
            plan.fetch.append(file)
        elif (sha256 := state.cached_hash(file.path, current)) is not None:
            _add(plan, file, sha256, state)
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
        _add(plan, file, file_hash.sha256, state)
    listener.end("hash")
    state.save_files()


def _stat_of(folder: Folder, file: RemoteFile) -> Stat | None:
    """Return the stat of a file's target, or None if there is none.

    :raises FolderError: the target is not a file that may be replaced.
    """
    if not folder.is_inside(file.path):
        raise FolderError(
            f"“{file.path}” cannot be written: one of its folders is a file or a link. Move it, or load elsewhere."
        )
    try:
        result = os.lstat(file.target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(result.st_mode):
        raise FolderError(f"“{file.path}” is a folder here. Move it, or load into another folder.")
    if not stat.S_ISREG(result.st_mode):
        raise FolderError(f"“{file.path}” is a link or a special file here. Move it, or load elsewhere.")
    return Stat.of(result)


def _add(plan: LoadPlan, file: RemoteFile, sha256: str, state: State) -> None:
    if sha256 == file.sha256:
        plan.unchanged[file.path] = sha256
        return
    plan.fetch.append(file)
    if state.is_stored(file.path, sha256):
        plan.overwritten.append(file.path)
    else:
        plan.unsaved.append(file.path)
