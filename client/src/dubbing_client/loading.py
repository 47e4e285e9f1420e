"""Loads a version into a folder: `plan_load` compares and decides, `load` fetches what differs, and nothing else is touched.

A file that holds work which no version has is never overwritten unasked; a file that the version does not know is never removed unless
that was asked for.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from dubbing_client.api import Api
from dubbing_client.errors import FolderError, LocalChangesError, NotFoundError, UsageError, named
from dubbing_client.events import SILENCE, Listener
from dubbing_client.folder import METADATA, Folder, Stat, fold
from dubbing_client.hashing import THREADS, hash_file
from dubbing_client.objects import Entry, Manifest, Session
from dubbing_client.receiving import Receiver, RemoteFile
from dubbing_client.saving import session_of, settle
from dubbing_client.state import Base, Hashed, State

CATEGORIES = (
    "original_video",
    "transcriptions",
    "translations",
    "voices",
    "audio",
    "custom_voices",
    "final_videos",
    "mixed_videos",
    "other",
)
SAVED, SESSION = "saved", "session"
LAYOUTS = (SAVED, SESSION)
"""`saved`: files lie where they lay in the folder they were saved from; `session`: in the session's own tree."""
CHECKPOINT = 2.0
"""Seconds after which fetched files are noted, so that a kill makes nobody hash them again."""


@dataclass(frozen=True)
class Selection:
    """What of a version is wanted; nothing named: all of it. Files of no language go with every language."""

    categories: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Sequence[str]) -> Selection:
        """Sort names into categories and languages."""
        wanted = frozenset(name.strip() for name in names if name.strip())
        categories = frozenset(name for name in wanted if name in CATEGORIES)
        return cls(categories=categories, languages=wanted - categories)

    def takes(self, entry: Entry) -> bool:
        return (not self.categories or entry["category"] in self.categories) and (
            not self.languages or not entry["language"] or entry["language"] in self.languages
        )

    def __bool__(self) -> bool:
        return bool(self.categories or self.languages)


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


@dataclass(frozen=True)
class Loaded:
    """How a load ended."""

    session: str
    name: str
    version: int
    written: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    bytes: int


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
    sources = {entry["path"]: entry["source"] for entry in manifest["entries"] if entry["source"]}
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


def load(
    api: Api, plan: LoadPlan, state: State, *, overwrite: bool = False, listener: Listener = SILENCE
) -> Loaded:
    """Fetch what differs and put it in its place, file by file, each whole and verified.

    :param overwrite: lose local changes, and files that a plan with ``delete`` names.
    :raises LocalChangesError: something would be lost; nothing was written.
    :raises TransferError: the bytes that came are not the version's.
    """
    plan.check(overwrite=overwrite)
    lock = threading.Lock()
    written: list[str] = []
    written_at = time.monotonic()
    shas = {file.path: file.sha256 for file in plan.fetch}

    def on_placed(file: RemoteFile, hashed: Hashed) -> None:
        nonlocal written_at
        with lock:
            state.note(file.path, hashed)
            state.loaded[file.path] = hashed.sha256
            written.append(file.path)
            if time.monotonic() - written_at > CHECKPOINT:
                state.save()
                written_at = time.monotonic()

    def may_place(file: RemoteFile) -> None:
        if not plan.folder.is_inside(file.path):
            raise FolderError(f"“{file.path}” would leave the folder by a link. It was not written.")

    listener.begin("fetch", plan.size)
    try:
        if plan.fetch:
            with Receiver(
                api,
                session=plan.session["code"],
                version=plan.version,
                notes=state.place / "parts",
                on_bytes=lambda count: listener.advance("fetch", count),
                on_placed=on_placed,
                may_place=may_place,
            ) as receiver:
                receiver.fetch([file for file in plan.fetch if file.path != METADATA or file.remote])
                _load_document(api, plan, receiver)
    finally:
        listener.end("fetch")
        if written:
            state.save()
    deleted = _delete(plan, state) if plan.delete else []
    _note_version(plan, state, {**plan.same, **shas})
    return Loaded(
        session=plan.session["code"],
        name=plan.session["name"],
        version=plan.version,
        written=tuple(sorted(written)),
        deleted=tuple(deleted),
        unchanged=len(plan.same),
        bytes=plan.size,
    )


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
        for path, entry in zip(paths, entries)
    ]
    document = manifest["metadata"]
    if METADATA not in paths:
        found.append(RemoteFile(METADATA, "", folder.place(METADATA), document["size"], document["sha256"]))
    return found


# -- Planning ---------------------------------------------------------------------------------------------------------


def _session(api: Api, state: State, name: str) -> Session:
    if name:
        return api.need_session(name)
    if state.base is None:
        raise UsageError("This folder is no session's yet. Say which one to load: dubs load NAME DIR")
    return session_of(api, state.base)


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
    paths = [entry["path"] if layout == SESSION else entry["source"] or entry["path"] for entry in entries]
    if layout == SAVED:
        count: dict[str, int] = {}
        for path in paths:
            count[fold(path)] = count.get(fold(path), 0) + 1
        paths = [entry["path"] if count[fold(path)] > 1 else path for path, entry in zip(paths, entries)]
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
        for (file, _), hashed in zip(unread, pool.map(read, unread)):
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


# -- Loading ----------------------------------------------------------------------------------------------------------


def _load_document(api: Api, plan: LoadPlan, receiver: Receiver) -> None:
    """Fetch metadata.json, which is made for the version and is none of its entries."""
    import hashlib  # noqa: PLC0415 (here alone)

    for file in plan.fetch:
        if file.path == METADATA and not file.remote:
            data = api.metadata(plan.session["code"], plan.version)
            file.place.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                file.part.unlink()
            with file.part.open("xb") as part:
                part.write(data)
            receiver.place(file, sha256=hashlib.sha256(data).hexdigest())


def _delete(plan: LoadPlan, state: State) -> list[str]:
    """Remove the files that the version does not know, and the folders that become empty by that."""
    deleted = []
    for path in plan.unknown:
        place = plan.folder.path.joinpath(*path.split("/"))
        with contextlib.suppress(FileNotFoundError):
            place.unlink()
            deleted.append(path)
        for parent in place.parents:
            if parent == plan.folder.path:
                break
            try:
                parent.rmdir()
            except OSError:
                break
    for path in deleted:
        state.known.pop(path, None)
        state.loaded.pop(path, None)
    return deleted


def _note_version(plan: LoadPlan, state: State, held: dict[str, str]) -> None:
    """Note what the folder is by now. A part of a version makes the folder that version only where it was nothing else."""
    base = Base(session=plan.session["code"], name=plan.session["name"], version=plan.version)
    if not plan.is_part:
        if state.base is not None and state.base.session == base.session:
            # What another version of the session had stays where it lies, and is no news: the next save does not bring it back.
            held = {**state.known, **held}
        state.base, state.known, state.loaded = base, held, {}
    elif state.base is None:
        state.base, state.known = base, held
    elif state.base == base:
        state.known.update(held)
    else:
        state.loaded.update(held)
    state.aliases = {**(state.aliases if plan.is_part else {}), **plan.aliases}
    state.save()
