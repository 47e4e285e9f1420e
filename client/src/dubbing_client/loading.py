"""Loads a version into a folder, as `plan_load` decided: fetches what differs, and touches nothing else."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass

from dubbing_client.api import Api
from dubbing_client.errors import FolderError
from dubbing_client.events import SILENCE, Listener
from dubbing_client.load_plan import LoadPlan
from dubbing_client.parts import OLD, YOUNG, clear
from dubbing_client.receiving import Receiver, RemoteFile
from dubbing_client.state import Base, Hashed, State

CHECKPOINT = 2.0
"""Seconds after which fetched files are noted."""


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


def load(
    api: Api, plan: LoadPlan, state: State, *, overwrite: bool = False, listener: Listener = SILENCE
) -> Loaded:
    """Fetch what differs and put it in its place, file by file, each whole and verified.

    :param overwrite: lose local changes, and files that a plan with ``delete`` names.
    :raises LocalChangesError: something would be lost; nothing was written.
    :raises TransferError: the bytes that came are not the version's.
    """
    plan.check(overwrite=overwrite)
    arrivals = _Arrivals(plan, state)
    listener.begin("fetch", plan.size)
    try:
        if plan.fetch:
            with Receiver(
                api,
                session=plan.session["code"],
                version=plan.version,
                notes=state.notes,
                on_bytes=lambda count: listener.advance("fetch", count),
                on_placed=arrivals.note,
                may_place=arrivals.check,
            ) as receiver:
                receiver.fetch(plan.fetch)
    except BaseException:
        if arrivals.written:
            state.save()
        raise
    finally:
        listener.end("fetch")
    deleted = _delete(plan, state) if plan.delete else []
    _note_version(plan, state, {**plan.same, **{file.path: file.sha256 for file in plan.fetch}})
    # After a part of a version somebody may well come back for the rest.
    clear(plan.folder, notes=state.notes, before_ns=time.time_ns() - (OLD if plan.is_part else YOUNG))
    return Loaded(
        session=plan.session["code"],
        name=plan.session["name"],
        version=plan.version,
        written=tuple(sorted(arrivals.written)),
        deleted=tuple(deleted),
        unchanged=len(plan.same),
        bytes=plan.size,
    )


class _Arrivals:
    """Files that take their places, as the receiver's threads tell; noted now and then, so that a kill makes nobody hash them again."""

    def __init__(self, plan: LoadPlan, state: State) -> None:
        self._plan = plan
        self._state = state
        self._lock = threading.Lock()
        self._noted_at = time.monotonic()
        self.written: list[str] = []

    def check(self, file: RemoteFile) -> None:
        if not self._plan.folder.is_inside(file.path):
            raise FolderError(f"“{file.path}” would leave the folder by a link. It was not written.")

    def note(self, file: RemoteFile, hashed: Hashed) -> None:
        with self._lock:
            self._state.note(file.path, hashed)
            self._state.loaded[file.path] = hashed.sha256
            self.written.append(file.path)
            if time.monotonic() - self._noted_at > CHECKPOINT:
                self._state.save()
                self._noted_at = time.monotonic()


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
