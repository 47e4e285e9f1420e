"""Saves a folder as a session's next version, as `plan_save` decided: sends what the portal has not got, and commits."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from dubbing_client.api import Api, new_key
from dubbing_client.committing import commit
from dubbing_client.events import SILENCE, Listener
from dubbing_client.folder import total
from dubbing_client.hashing import hashes
from dubbing_client.objects import Session
from dubbing_client.parts import OLD, clear
from dubbing_client.save_plan import SavePlan
from dubbing_client.sending import LocalFile, Sender, packed
from dubbing_client.state import Base, Pending, State

PACK_FILE_SIZE = 1024 * 1024
PACK_SIZE = 8 * 1024 * 1024
BATCH = 64
"""Large files that are announced in one call at most, while others are still being hashed."""


@dataclass(frozen=True)
class Saved:
    """How a save ended."""

    session: str
    name: str
    version: int
    """The new version, or the current one where nothing had changed."""
    is_new: bool
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    """What was left out of the folder, and why."""
    bytes_changed: int = 0
    bytes_sent: int = 0
    """What went over the wire in this run; less than changed where bytes were there already."""


def save(api: Api, plan: SavePlan, state: State, *, message: str = "", listener: Listener = SILENCE) -> Saved:
    """Hash what has to be, send what is not there, and commit the version.

    Sending begins while other files are still being hashed. Killed at any point, the same save goes on where this one was: parts
    that arrived are not sent again, and a version that was asked for is not made twice.

    :raises ConflictError: somebody else's save came first.
    :raises ChangedError: a file was written to meanwhile; nothing was saved.
    :raises JobFailedError: the portal could not make the version; its sentence says why.
    """
    session = plan.session or _create(api, plan, state)
    changes, now = _send(api, plan, state, listener)
    state.forget_all_but(plan.listing.files)
    clear(plan.folder, notes=state.notes, before_ns=time.time_ns() - OLD)
    if not changes.files and not plan.removed:
        return _unchanged(plan, session, state, now)
    pending = Pending(
        session=session["code"],
        key=new_key(),
        request={
            "parent": plan.parent,
            "message": message,
            "uploads": changes.uploads,
            "blobs": [file.described() for file in changes.here],
            "removed": plan.removed,
            "name": session["name"],
        },
        known=now,
    )
    version = commit(api, state, pending, listener=listener)
    return Saved(
        session=session["code"],
        name=session["name"],
        version=version,
        is_new=True,
        changed=tuple(sorted(changes.files)),
        removed=tuple(sorted(plan.vanished)),
        skipped=plan.listing.skipped,
        bytes_changed=sum(file.size for file in changes.files.values()),
        bytes_sent=changes.bytes_sent,
    )


def _send(api: Api, plan: SavePlan, state: State, listener: Listener) -> tuple[_Changes, dict[str, str]]:
    """Hash the folder and send what has changed; return that, and path -> SHA-256 of everything."""
    limits = api.me() if _may_send(plan, state) else None
    now: dict[str, str] = {}
    unread = total(stat for path, stat in plan.listing.files.items() if state.hash_of(path, stat) is None)
    listener.begin("hash", unread)
    listener.begin("send", 0)
    try:
        with Sender(api, on_bytes=lambda count: listener.advance("send", count)) as sender:
            changes = _Changes(
                api,
                sender,
                listener,
                small=limits["max_pack_file_size"] if limits else PACK_FILE_SIZE,
                pack_size=limits["part_size"] if limits else PACK_SIZE,
            )
            for path, stat, sha256 in hashes(
                plan.folder, plan.listing, state, on_bytes=lambda count: listener.advance("hash", count)
            ):
                now[path] = sha256
                if plan.is_changed(path, sha256):
                    place = plan.folder.path / plan.listing.names.get(path, path)
                    changes.add(path, LocalFile(plan.called(path), place, stat, sha256))
            listener.end("hash")
            changes.finish()
    finally:
        listener.end("send")
    return changes, now


class _Changes:
    """What has changed in the folder, on its way while the rest is still being hashed.

    Large files go as they come. Small ones wait for the last: what belongs into a pack must not depend on which thread was faster.
    """

    def __init__(self, api: Api, sender: Sender, listener: Listener, *, small: int, pack_size: int) -> None:
        self._api = api
        self._sender = sender
        self._listener = listener
        self._small_size = small
        self._pack_size = pack_size
        self._large: list[LocalFile] = []
        self._small: list[LocalFile] = []
        self.files: dict[str, LocalFile] = {}
        """By what the folder calls them."""
        self.here: list[LocalFile] = []
        """Those whose bytes the portal has already."""
        self.uploads: list[str] = []
        """The others, once they are there."""

    @property
    def bytes_sent(self) -> int:
        return self._sender.bytes_sent

    def add(self, path: str, file: LocalFile) -> None:
        self.files[path] = file
        (self._small if file.size < self._small_size else self._large).append(file)
        # Worth a call, or worth not to let the network wait for.
        ready = sum(file.size for file in self._large) if self._sender.is_hungry else 0
        if len(self._large) >= BATCH or ready >= self._pack_size:
            self._flush(self._large)
            self._large = []

    def finish(self) -> None:
        """Wait until everything is in the portal."""
        if left := [*self._large, *self._small]:
            self._flush(left)
        self.uploads = self._sender.finish()

    def _flush(self, files: list[LocalFile]) -> None:
        missing = self._api.missing([{"sha256": file.sha256, "size": file.size} for file in files])
        self.here.extend(file for file in files if file.sha256 not in missing)
        wanted = [file for file in files if file.sha256 in missing]
        self._listener.begin("send", sum(file.size for file in wanted))
        self._sender.add(packed(wanted, small=self._small_size, target=self._pack_size))


# -- A session that is not there yet ----------------------------------------------------------------------------------


def _create(api: Api, plan: SavePlan, state: State) -> Session:
    """Make the session. The key was written down before, so that a kill does not leave a second one."""
    if not state.creating:
        state.creating = new_key()
        state.save()
    video = "" if plan.name else _video_in(api, plan)
    session = api.create_session(
        plan.name, video_filename=video, key=_key_for(state.creating, plan.name, video)
    )
    state.creating = ""
    base = Base(session=session["code"], name=session["name"], version=session["version"])
    state.settle_at(base, {})
    state.save()
    return session


def _key_for(creating: str, name: str, video: str) -> str:
    """Another name is another request, which needs another key."""
    return f"{creating}-{hashlib.sha256(f'{name}/{video}'.encode()).hexdigest()[:16]}"


def _video_in(api: Api, plan: SavePlan) -> str:
    """Return the name of the folder's source video, as the portal's rules find it."""
    sorted_files = api.sort(sorted(plan.listing.files))["files"]
    for file in sorted_files:
        if file["category"] == "original_video":
            return str(file["source"]).rpartition("/")[2]
    return ""


# -- Nothing to save ------------------------------------------------------------------------------------------------


def _may_send(plan: SavePlan, state: State) -> bool:
    """Whether anything may have to be sent, as far as stats tell."""
    hashes_there = (
        (plan.against.get(path), state.hash_of(path, stat)) for path, stat in plan.listing.files.items()
    )
    return any(here is None or here != there for there, here in hashes_there)


def _unchanged(plan: SavePlan, session: Session, state: State, now: Mapping[str, str]) -> Saved:
    if plan.is_rebase:
        state.save_files()
    else:
        base = Base(session=session["code"], name=session["name"], version=session["version"])
        if (state.base, state.known) != (base, now):
            state.settle_at(base, now)
            state.save()
        else:
            state.save_files()
    return Saved(
        session=session["code"],
        name=session["name"],
        version=session["version"],
        is_new=False,
        skipped=plan.listing.skipped,
    )
