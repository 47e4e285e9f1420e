"""Decides what a save of a folder compares with, and what it says is gone.

What counts as changed, and what as removed, is told by what folder and portal agreed on last (`State.known`), not by the newest
version: files that only somebody else's version has were never in this folder, so they cannot have been removed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dubbing_client.api import Api
from dubbing_client.committing import settle
from dubbing_client.errors import ConflictError, FolderError
from dubbing_client.events import SILENCE, Listener
from dubbing_client.folder import Folder, Listing
from dubbing_client.hashing import hashes
from dubbing_client.manifests import holdings, placed
from dubbing_client.objects import Session
from dubbing_client.state import State


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


def _session(api: Api, state: State, name: str) -> Session | None:
    if name:
        return api.session_named(name)
    return None if state.base is None else api.session_of(state.base)


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
