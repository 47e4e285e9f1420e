"""Saves a folder as a session's next version: `plan_save` looks and decides, `save` sends and commits.

What counts as changed, and what as removed, is told by what folder and portal agreed on last (`State.known`), not by the newest
version: files that only somebody else's version has were never in this folder, so they cannot have been removed from it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dubbing_client import jobs
from dubbing_client.api import Api, new_key
from dubbing_client.errors import (
    ConflictError,
    FolderError,
    JobFailedError,
    NotFoundError,
    Problem,
    UnavailableError,
    UnreachableError,
)
from dubbing_client.events import SILENCE, Listener
from dubbing_client.folder import METADATA, Folder, Listing, total
from dubbing_client.hashing import hashes
from dubbing_client.objects import Job, Manifest, Session
from dubbing_client.sending import LocalFile, Sender, packed
from dubbing_client.state import Base, Pending, State

PACK_FILE_SIZE = 1024 * 1024
PACK_SIZE = 8 * 1024 * 1024
BATCH = 64
"""Large files that are announced in one call at most, while others are still being hashed."""


@dataclass
class SavePlan:
    """What a save will compare with, and what it will say is gone."""

    folder: Folder
    listing: Listing
    session: Session | None
    """None: one is made."""
    name: str
    parent: int
    against: Mapping[str, str]
    """Path -> SHA-256: what differs from this has changed."""
    there: Mapping[str, str]
    """Path -> SHA-256 of the parent version where it is known: what is there already is not saved again."""
    removed: list[str] = field(default_factory=list)
    """Paths in the session's tree that the new version will not have."""
    vanished: list[str] = field(default_factory=list)
    """The same, as the folder called them."""
    is_rebase: bool = False
    """Whether the folder was at an older version than the one it is saved on."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """As `State.aliases`."""

    def called(self, path: str) -> str:
        """What the portal knows a file of the folder by."""
        alias = self.aliases.get(path, path)
        return path if alias in self.listing.files else alias

    def is_changed(self, path: str, sha256: str) -> bool:
        return sha256 not in {self.against.get(path), self.there.get(self.called(path))}


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


def plan_save(
    api: Api,
    folder: Folder,
    state: State,
    *,
    name: str = "",
    on_top: bool = False,
    replace: bool = False,
    listener: Listener = SILENCE,
) -> SavePlan:
    """Look at folder and session, and decide what a save compares with. Sends nothing and changes nothing but the stat cache.

    :param name: the session to save to; without one the folder's own, or a new one with a name of the portal's making.
    :param on_top: save on the current version even where the folder is at an older one.
    :param replace: a folder that never was a version of this session says what the session holds: all else is removed.
    :raises ConflictError: somebody saved since, and the folder has changes of its own.
    :raises NotFoundError: the folder's session is gone.
    :raises FolderError: the folder cannot be read, or holds nothing.
    """
    settle(api, state, listener=listener)
    listing = folder.listing()
    session = _session(api, state, name)
    if session is None:
        if not listing.files:
            raise FolderError(f"There is nothing to save in {folder}.")
        return SavePlan(folder, listing, None, name, 0, against={}, there={})
    base = state.base
    if base is None or base.session != session["code"]:
        return _plan_unknown(api, folder, listing, session, replace=replace)
    vanished = [path for path in state.known if path not in listing.files and listing.covers(path)]
    plan = SavePlan(
        folder,
        listing,
        session,
        session["name"],
        session["version"],
        against=state.known,
        there={},
        is_rebase=base.version != session["version"],
        aliases=state.aliases,
    )
    if plan.is_rebase:
        if not on_top:
            _refuse_conflict(api, plan, state, vanished, listener)
        plan.there = holdings(api.manifest(session["code"], session["version"]))
    if vanished:
        _remove(api, plan, vanished)
    return plan


def save(api: Api, plan: SavePlan, state: State, *, message: str = "", listener: Listener = SILENCE) -> Saved:
    """Hash what has to be, send what is not there, and commit the version.

    Sending begins while other files are still being hashed. Killed at any point, the same save goes on where this one was: parts
    that arrived are not sent again, and a version that was asked for is not made twice.

    :raises ConflictError: somebody else's save came first.
    :raises ChangedError: a file was written to meanwhile; nothing was saved.
    :raises JobFailedError: the portal could not make the version; its sentence says why.
    """
    session = plan.session or _create(api, plan, state)
    me = api.me() if _may_send(plan, state) else None
    small = me["pack_file_size"] if me else PACK_FILE_SIZE
    pack_size = me["part_size"] if me else PACK_SIZE
    now: dict[str, str] = {}
    changed: list[LocalFile] = []
    paths: list[str] = []
    here: list[LocalFile] = []
    unread = total(stat for path, stat in plan.listing.files.items() if state.hash_of(path, stat) is None)
    listener.begin("hash", unread)
    listener.begin("send", 0)
    try:
        with Sender(api, on_bytes=lambda count: listener.advance("send", count)) as sender:

            def flush(files: list[LocalFile]) -> None:
                missing = api.missing([{"sha256": file.sha256, "size": file.size} for file in files])
                here.extend(file for file in files if file.sha256 not in missing)
                wanted = [file for file in files if file.sha256 in missing]
                listener.begin("send", sum(file.size for file in wanted))
                sender.add(packed(wanted, small=small, target=pack_size))
                files.clear()

            large: list[LocalFile] = []
            little: list[LocalFile] = []

            def on_hashed(count: int) -> None:
                listener.advance("hash", count)

            for path, stat, sha256 in hashes(plan.folder, plan.listing, state, on_bytes=on_hashed):
                now[path] = sha256
                if not plan.is_changed(path, sha256):
                    continue
                place = plan.folder.path / plan.listing.names.get(path, path)
                file = LocalFile(plan.called(path), place, stat, sha256)
                changed.append(file)
                paths.append(path)
                (little if stat.size < small else large).append(file)
                # Worth a call, or worth not to let the network wait for.
                ready = sum(file.size for file in large) if sender.is_hungry else 0
                if len(large) >= BATCH or ready >= pack_size:
                    flush(large)
            listener.end("hash")
            if large or little:
                flush([*large, *little])
            uploads = sender.finish()
            sent = sender.bytes_sent
    finally:
        listener.end("send")
    state.forget_all_but(plan.listing.files)
    if not changed and not plan.removed:
        return _unchanged(plan, session, state, now)
    pending = Pending(
        session=session["code"],
        key=new_key(),
        request={
            "parent": plan.parent,
            "message": message,
            "uploads": uploads,
            "blobs": [file.described() for file in here],
            "removed": plan.removed,
            "name": session["name"],
        },
        known=now,
    )
    state.pending = pending
    state.save()
    version = _commit(api, state, listener=listener)
    return Saved(
        session=session["code"],
        name=session["name"],
        version=version,
        is_new=True,
        changed=tuple(sorted(paths)),
        removed=tuple(sorted(plan.vanished)),
        skipped=plan.listing.skipped,
        bytes_changed=sum(file.size for file in changed),
        bytes_sent=sent,
    )


def settle(api: Api, state: State, *, listener: Listener = SILENCE) -> None:
    """Find out what became of a save whose end nobody has seen, and note it. Does nothing where there is none."""
    if state.pending is None:
        return
    with contextlib.suppress(Problem, JobFailedError):
        _commit(api, state, listener=listener)
    if state.pending is not None:
        raise UnreachableError(
            "The portal does not say yet what became of the last save. Try again in a while."
        )


def holdings(manifest: Manifest) -> dict[str, str]:
    """Path -> SHA-256 of a version, by where its files lay when they were saved."""
    found = {where: entry["sha256"] for where, entry in placed(manifest).items()}
    found[METADATA] = manifest["metadata"]["sha256"]
    return found


def placed(manifest: Manifest) -> dict[str, Any]:
    """Path as saved -> entry."""
    return {entry["source"] or entry["path"]: entry for entry in manifest["entries"]}


# -- Planning ---------------------------------------------------------------------------------------------------------


def _session(api: Api, state: State, name: str) -> Session | None:
    if name:
        return api.session_named(name)
    return None if state.base is None else session_of(api, state.base)


def session_of(api: Api, base: Base) -> Session:
    """Return the session that a folder belongs to.

    :raises NotFoundError: it is gone, or in the trash.
    """
    where = "is not there any more"
    with contextlib.suppress(NotFoundError):
        session = api.session(base.session)
        if session["trashed_at"] is None:
            return session
        where = "is in the trash"
    raise NotFoundError(
        f"The session that this folder belongs to, “{base.name}”, {where}. Restore it in the portal, or name another one.",
        status=404,
        code="session_not_found",
    )


def _plan_unknown(api: Api, folder: Folder, listing: Listing, session: Session, *, replace: bool) -> SavePlan:
    """Plan a save of a folder that never was a version of this session, as far as anybody knows."""
    plan = SavePlan(folder, listing, session, session["name"], session["version"], against={}, there={})
    if session["version"]:
        manifest = api.manifest(session["code"], session["version"])
        plan.against = holdings(manifest)
        if replace:
            entries = placed(manifest)
            plan.vanished = [path for path in entries if path not in listing.files]
            plan.removed = sorted(entries[path]["path"] for path in plan.vanished)
    return plan


def _remove(api: Api, plan: SavePlan, vanished: list[str]) -> None:
    """Look up what the session calls the files that vanished from the folder."""
    assert plan.session is not None
    manifest = api.manifest(plan.session["code"], plan.parent)
    as_saved = placed(manifest)
    in_tree = {entry["path"]: entry for entry in manifest["entries"]}
    for path in vanished:
        entry = as_saved.get(plan.aliases.get(path, path)) or in_tree.get(path)
        # Where somebody changed since what vanished here, theirs stays.
        if entry is not None and (not plan.is_rebase or entry["sha256"] == plan.against[path]):
            plan.vanished.append(path)
            plan.removed.append(entry["path"])


def _refuse_conflict(api: Api, plan: SavePlan, state: State, vanished: list[str], listener: Listener) -> None:
    """Stop if both folder and session changed. Where only the session did, there is nothing to save."""
    assert plan.session is not None
    session = plan.session
    assert state.base is not None
    changed = [
        path
        for path, _, sha256 in hashes(plan.folder, plan.listing, state)
        if state.known.get(path) != sha256
    ]
    if not changed and not vanished:
        listener.tell(
            f"“{session['name']}” is at version {session['version']} by now, this folder at version {state.base.version}."
        )
        return
    version = api.version(session["code"], session["version"])
    who = version["created_by"] or "Somebody"
    what = f" (“{version['message']}”)" if version["message"] else ""
    raise ConflictError(
        f"{who} saved version {version['number']} of “{session['name']}”{what} at {version['created_at']}, and this folder is at "
        f"version {state.base.version}. Load that version first, or save on top of it with --on-top.",
        status=409,
        code="conflict",
        extras={"current": session["version"], "base": state.base.version},
    )


# -- Saving -----------------------------------------------------------------------------------------------------------


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
    import hashlib  # noqa: PLC0415 (here alone)

    return f"{creating}-{hashlib.sha256(f'{name}/{video}'.encode()).hexdigest()[:16]}"


def _video_in(api: Api, plan: SavePlan) -> str:
    """Return the name of the folder's source video, as the portal's rules find it."""
    sorted_files = api.sort(sorted(plan.listing.files))["files"]
    for file in sorted_files:
        if file["category"] == "original_video":
            return str(file["source"]).rpartition("/")[2]
    return ""


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


def _commit(api: Api, state: State, *, listener: Listener) -> int:
    """Ask for the version that is pending, or what became of it, and note it."""
    pending = state.pending
    assert pending is not None
    request = pending.request
    try:
        job = api.save(
            pending.session,
            parent=request["parent"],
            message=request["message"],
            uploads=request["uploads"],
            blobs=request["blobs"],
            removed=request["removed"],
            key=pending.key,
        )
        version = _result(api, job, listener)
    except UnavailableError:
        raise  # and nobody knows yet
    except (Problem, JobFailedError):
        # It was not made, and is not going to be: what is to be saved will be found again.
        state.pending = None
        state.save()
        raise
    state.settle_at(Base(session=pending.session, name=str(request["name"]), version=version), pending.known)
    state.pending = None
    state.save()
    return version


def _result(api: Api, job: Job, listener: Listener) -> int:
    done = 0
    listener.begin("store", job["total_bytes"])

    def on_job(job: Job) -> None:
        nonlocal done
        listener.advance("store", job["done_bytes"] - done)
        done = job["done_bytes"]

    try:
        return int(jobs.wait_for(api, job, on_job=on_job)["result"]["version"])
    finally:
        listener.end("store")
