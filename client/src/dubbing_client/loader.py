"""Load of a version into a folder, as planned by `plan_load`."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dubbing_client.api import Api
from dubbing_client.downloader import Downloader, set_executable
from dubbing_client.errors import FolderError
from dubbing_client.folder import Stat
from dubbing_client.load_plan import LoadPlan
from dubbing_client.obstacles import delete_obstacles
from dubbing_client.part_files import OLD_NS, YOUNG_NS, delete_abandoned
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.remote_file import RemoteFile
from dubbing_client.state import Base, FileHash, State

CHECKPOINT_INTERVAL = 2.0
"""Seconds after which fetched files are saved in the state."""


@dataclass(frozen=True)
class LoadResult:
    session: str
    name: str
    version: int
    written: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    bytes: int
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Path -> path as saved, of files whose names this system cannot hold."""


def load(
    api: Api,
    plan: LoadPlan,
    state: State,
    *,
    overwrite: bool = False,
    allow_hidden: bool = False,
    allow_invisible: bool = False,
    listener: ProgressListener = NO_PROGRESS,
) -> LoadResult:
    """Fetch what differs; each file is verified and replaced atomically.

    :param overwrite: overwrite local changes, and delete files that the plan lists.
    :param allow_hidden: write hidden files that the plan lists.
    :param allow_invisible: write names with invisible characters that the plan lists.
    :raises LocalChangesError: local changes would be lost; nothing was written.
    :raises UnsafeNamesError: the plan contains such names; nothing was written.
    :raises TransferError: the received bytes are not the version's.
    """
    plan.check(overwrite=overwrite, allow_hidden=allow_hidden, allow_invisible=allow_invisible)
    if plan.obstacles:
        _delete_obstacles(plan, state)
    recorder = _Recorder(plan, state)
    listener.begin("fetch", plan.size)
    try:
        if plan.fetch:
            with Downloader(
                api,
                session=plan.session["code"],
                version=plan.version,
                records=state.part_records,
                on_bytes=lambda count: listener.advance("fetch", count),
                on_placed=recorder.add,
                check_target=recorder.check_target,
            ) as downloader:
                downloader.fetch(plan.fetch)
    except BaseException:
        if recorder.hashes:
            state.save()
        raise
    finally:
        listener.end("fetch")
    deleted = _delete_extra(plan, state) if plan.delete else []
    _change_modes(plan)
    _create_empty_folders(plan)
    _record_version(plan, state, recorder.hashes)
    # After a partial load the user may still resume an earlier whole one.
    age_ns = OLD_NS if plan.is_partial else YOUNG_NS
    delete_abandoned(plan.folder, records=state.part_records, before_ns=time.time_ns() - age_ns)
    return LoadResult(
        session=plan.session["code"],
        name=plan.session["name"],
        version=plan.version,
        written=tuple(sorted(recorder.hashes)),
        deleted=tuple(sorted([*plan.obstacles, *deleted])),
        unchanged=len(plan.unchanged),
        bytes=plan.size,
        renamed=plan.renamed,
    )


class _Recorder:
    """Recorder of written files in the state, which it saves at intervals.

    After a kill, these files are not hashed again.
    """

    def __init__(self, plan: LoadPlan, state: State) -> None:
        self._plan = plan
        self._state = state
        self._lock = threading.Lock()
        self._saved_at = time.monotonic()
        self.hashes: dict[str, str] = {}
        """Path -> SHA-256 of the files that were written."""

    def check_target(self, file: RemoteFile) -> None:
        if not self._plan.folder.is_inside(file.target):
            raise FolderError(f"“{file.path}” would leave the folder through a link. It was not written.")

    def add(self, file: RemoteFile, file_hash: FileHash) -> None:
        with self._lock:
            self._state.cache_hash(file.path, file_hash)
            self._state.loaded[file.path] = file_hash.sha256
            self.hashes[file.path] = file_hash.sha256
            if time.monotonic() - self._saved_at > CHECKPOINT_INTERVAL:
                self._state.save()
                self._saved_at = time.monotonic()


def _delete_extra(plan: LoadPlan, state: State) -> list[str]:
    """Delete files that the version does not contain, and folders that become empty."""
    deleted = []
    for path in plan.extra:
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
    _forget(deleted, state)
    return deleted


def _delete_obstacles(plan: LoadPlan, state: State) -> None:
    _forget(plan.obstacles, state)
    state.save()  # before: a load that is interrupted now has removed nothing from the session
    delete_obstacles(plan.folder, plan.obstacles, [file.target for file in plan.fetch])


def _forget(paths: Sequence[str], state: State) -> None:
    """Let deleted files not count as removed by the user."""
    for path in paths:
        state.synced.pop(path, None)
        state.loaded.pop(path, None)


def _create_empty_folders(plan: LoadPlan) -> None:
    for path in plan.empty_folders:
        place = plan.folder.path / path
        if plan.folder.is_inside(place / "file"):
            with contextlib.suppress(FileExistsError, NotADirectoryError):
                place.mkdir(parents=True, exist_ok=True)


def _change_modes(plan: LoadPlan) -> None:
    for file in plan.other_modes:
        # A disk that has no such bit keeps its own.
        with contextlib.suppress(OSError):
            if plan.folder.is_inside(file.target):
                set_executable(file.target, is_executable=file.is_executable)


def _find_executables(plan: LoadPlan, state: State, hashes: Mapping[str, str]) -> list[str]:
    """Return `State.executables` after a load of these files, as the disk holds them."""
    executables = [path for path in state.executables or () if path not in hashes]
    folder = str(plan.folder.path)
    for path in hashes:
        with contextlib.suppress(FileNotFoundError):
            if Stat.of(os.lstat(f"{folder}/{path}")).is_executable:
                executables.append(path)
    return sorted(executables)


def _record_version(plan: LoadPlan, state: State, fetched: Mapping[str, str]) -> None:
    """Record the folder's version.

    A partial load sets it only where the folder had none.
    """
    base = Base(session=plan.session["code"], name=plan.session["name"], version=plan.version)
    hashes = {**plan.unchanged, **fetched}
    is_recorded = not plan.is_partial or state.base in {None, base}
    if is_recorded and not (state.base == base and plan.is_partial and state.executables is None):
        state.executables = _find_executables(plan, state, hashes)
    if not plan.is_partial:
        if state.base is not None and state.base.session == base.session:
            # Files of the session's other versions stay in the folder; the next save does not add them again.
            hashes = {**state.synced, **hashes}
        state.base, state.synced, state.loaded = base, hashes, {}
        state.empty_folders, state.layout = list(plan.empty_folders.values()), plan.layout
    elif state.base is None:
        state.base, state.synced, state.layout = base, hashes, plan.layout
    elif state.base == base:
        state.synced.update(hashes)
    else:
        state.loaded.update(hashes)
    state.aliases = {**(state.aliases if plan.is_partial else {}), **plan.aliases}
    state.save()
