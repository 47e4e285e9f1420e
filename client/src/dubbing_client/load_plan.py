"""Compares a version with a folder, and decides what a load of it will do there.

A file that holds work which no version has is never overwritten unasked; a file that the version does not know is never removed unless
that was asked for.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from dubbing_client.api import Api
from dubbing_client.committing import settle
from dubbing_client.errors import FolderError, LocalChangesError, NotFoundError, UsageError, named
from dubbing_client.events import SILENCE, Listener
from dubbing_client.folder import METADATA, Folder, Stat, fold
from dubbing_client.hashing import THREADS, hash_file
from dubbing_client.objects import Entry, Manifest, Session
from dubbing_client.receiving import RemoteFile
from dubbing_client.selection import CATEGORIES, Selection
from dubbing_client.state import Hashed, State

SAVED, SESSION = "saved", "session"
LAYOUTS = (SAVED, SESSION)
"""`saved`: files lie where they lay in the folder they were saved from; `session`: in the session's own tree."""


@dataclass
class LoadPlan:
    """What a load will do to the folder."""

    folder: Folder
    session: Session
    version: int
    fetch: list[RemoteFile] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)
    """Path -> SHA-256 of what is there already."""
    overwritten: list[str] = field(default_factory=list)
    """Files of other bytes which will be overwritten, all of whose bytes some version has."""
    unsaved: list[str] = field(default_factory=list)
    """The same, but nothing else has them as they are."""
    unknown: list[str] = field(default_factory=list)
    """Files that the version does not know, which a load with ``delete`` removes; only looked for with that."""
    delete: bool = False
    is_part: bool = False
    aliases: dict[str, str] = field(default_factory=dict)
    """As `State.aliases` will be."""

    @property
    def size(self) -> int:
        return sum(file.size for file in self.fetch)

    def check(self, *, overwrite: bool) -> None:
        """Refuse to lose anything.

        :raises LocalChangesError: it would.
        """
        if overwrite:
            return
        deleted = self.unknown if self.delete else []
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
    listener: Listener = SILENCE,
) -> LoadPlan:
    """Compare a version with the folder. Writes nothing but the stat cache.

    :param name: the session; without one that which the folder is a version of.
    :param version: its number; the current one where there is none.
    :param only: categories and languages.
    :raises NotFoundError: there is no such session or version.
    :raises FolderError: the version cannot lie in this folder: a path that leaves it, something else in its way.
    """
    if delete and only:
        raise UsageError("--delete and --only do not go together: what was not asked for is not unknown.")
    if layout not in LAYOUTS:
        raise UsageError(f"There is no layout “{layout}”. Choose saved or session.")
    settle(api, state, listener=listener)
    session = _session(api, state, name)
    number = session["version"] if version is None else version
    if not number:
        raise NotFoundError(
            f"Nothing was saved in “{session['name']}” yet.", status=404, code="version_not_found"
        )
    manifest = api.manifest(session["code"], number)
    selection = _checked(Selection.of(only), manifest)
    wanted = files_of(folder, manifest, selection=selection, layout=layout)
    plan = LoadPlan(folder, session, number, delete=delete, is_part=bool(selection))
    sources = {entry["path"]: entry["origin"] for entry in manifest["entries"] if entry["origin"]}
    plan.aliases = {
        file.path: sources[file.remote]
        for file in wanted
        if file.remote in sources and sources[file.remote] != file.path
    }
    _compare(plan, wanted, state, listener)
    if delete:
        listing = folder.listing()
        targets = {file.path for file in wanted}
        plan.unknown = sorted(path for path in listing.files if path not in targets)
    return plan


def files_of(
    folder: Folder, manifest: Manifest, *, selection: Selection, layout: str = SAVED
) -> list[RemoteFile]:
    """Decide where each file of a version goes; metadata.json is the last, and has no path in the tree.

    :raises FolderError: one would leave the folder, or two would be one.
    """
    entries = [entry for entry in manifest["entries"] if selection.takes(entry)]
    paths = _paths(entries, layout)
    found = [
        RemoteFile(path, entry["path"], folder.place(path), entry["size"], entry["sha256"])
        for path, entry in zip(paths, entries, strict=True)
    ]
    document = manifest["metadata"]
    if METADATA not in paths:
        found.append(RemoteFile(METADATA, "", folder.place(METADATA), document["size"], document["sha256"]))
    return found


def _session(api: Api, state: State, name: str) -> Session:
    if name:
        return api.need_session(name)
    if state.base is None:
        raise UsageError("This folder is no session's yet. Say which one to load: dubs load NAME DIR")
    return api.session_of(state.base)


def _checked(selection: Selection, manifest: Manifest) -> Selection:
    known = {entry["language"] for entry in manifest["entries"]} - {""}
    strange = sorted(selection.languages - known)
    if strange:
        raise UsageError(
            f"“{strange[0]}” is no category, and no language of this version. Categories: {', '.join(CATEGORIES)}; "
            f"languages: {', '.join(sorted(known)) or 'none'}."
        )
    return selection


def _paths(entries: Sequence[Entry], layout: str) -> list[str]:
    """Where files go. Two that lay at one place, in folders of two people, lie as in the session's tree."""
    paths = [entry["path"] if layout == SESSION else entry["origin"] or entry["path"] for entry in entries]
    if layout == SAVED:
        count: dict[str, int] = {}
        for path in paths:
            count[fold(path)] = count.get(fold(path), 0) + 1
        paths = [
            entry["path"] if count[fold(path)] > 1 else path
            for path, entry in zip(paths, entries, strict=True)
        ]
    folded: dict[str, str] = {}
    for path in paths:
        if (other := folded.get(fold(path))) is not None:
            raise FolderError(f"{named([other, path])} would be one file. Load with --layout session.")
        folded[fold(path)] = path
    return paths


def _compare(plan: LoadPlan, wanted: Sequence[RemoteFile], state: State, listener: Listener) -> None:
    """Sort the version's files into what is there and what is not."""
    unread: list[tuple[RemoteFile, Stat]] = []
    for file in wanted:
        found = _look(plan.folder, file)
        if found is None:
            plan.fetch.append(file)
        elif (known := state.hash_of(file.path, found)) is not None:
            _sort_in(plan, file, known, state)
        else:
            unread.append((file, found))
    if not unread:
        return
    listener.begin("hash", sum(found.size for _, found in unread))

    def read(pair: tuple[RemoteFile, Stat]) -> Hashed:
        file, _ = pair
        return hash_file(file.place, shown=file.path, on_bytes=lambda count: listener.advance("hash", count))

    unread.sort(key=lambda pair: -pair[1].size)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="hash") as pool:
        for (file, _), hashed in zip(unread, pool.map(read, unread), strict=True):
            state.note(file.path, hashed)
            _sort_in(plan, file, hashed.sha256, state)
    listener.end("hash")
    state.save_files()


def _look(folder: Folder, file: RemoteFile) -> Stat | None:
    """Return what lies at a file's place, None where nothing does.

    :raises FolderError: something is there that no file of ours may replace.
    """
    if not folder.is_inside(file.path):
        raise FolderError(
            f"“{file.path}” cannot be written: a folder on its way is a file or a link. Move it away, or load elsewhere."
        )
    try:
        about = os.lstat(file.place)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(about.st_mode):
        raise FolderError(f"“{file.path}” is a folder here. Move it away, or load into another folder.")
    if not stat.S_ISREG(about.st_mode):
        raise FolderError(
            f"“{file.path}” is a link or no file here, which is not followed. Move it away, or load elsewhere."
        )
    return Stat.of(about)


def _sort_in(plan: LoadPlan, file: RemoteFile, sha256: str, state: State) -> None:
    if sha256 == file.sha256:
        plan.same[file.path] = sha256
        return
    plan.fetch.append(file)
    # What the portal writes itself is nobody's work.
    if state.is_saved(file.path, sha256):
        plan.overwritten.append(file.path)
    else:
        plan.unsaved.append(file.path)
