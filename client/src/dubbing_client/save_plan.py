"""Plan of a save: the state to compare the folder with, and the removed files.

Changes and removals are relative to what folder and portal last agreed on (`State.synced`), not to the newest version: files
that only another user's version contains were never in this folder, so they cannot have been removed from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dubbing_client.api import Api
from dubbing_client.commit import resolve_pending
from dubbing_client.errors import ConflictError, FolderError, UnrepresentableError
from dubbing_client.file_hashes import hash_folder
from dubbing_client.folder import Folder, Listing
from dubbing_client.folder_labels import find_source, label_folder
from dubbing_client.folder_session import session_of_folder
from dubbing_client.local_names import find_saved_path
from dubbing_client.objects import Session
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.saved_paths import entries_by_saved_path, hashes_by_saved_path
from dubbing_client.spelling import adopt_spelling
from dubbing_client.state import SAVED, State
from dubbing_core.path_conflicts import find_path_conflicts
from dubbing_core.paths import PathError


@dataclass
class SavePlan:
    """State that a save compares the folder with, and the files that it removes."""

    folder: Folder
    listing: Listing
    session: Session | None
    """None if it is to be created."""
    name: str
    parent: int
    synced: Mapping[str, str]
    """Path -> SHA-256: files that differ from this were changed."""
    parent_hashes: Mapping[str, str]
    """Path -> SHA-256 of the parent version where it is known: the same content is not saved again."""
    removed: list[str] = field(default_factory=list)
    """Paths in the session that the new version will not contain."""
    removed_sizes: dict[str, int] = field(default_factory=dict)
    """In bytes, by path in the session."""
    removed_local: list[str] = field(default_factory=list)
    """The same files as paths of the folder."""
    is_rebase: bool = False
    """Whether the folder corresponds to an older version than the parent."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """As `State.aliases`."""
    layout: str = SAVED
    """As `State.layout`."""
    left_out: Collection[str] = ()
    """Files of the folder that stay in the session as they are."""
    synced_folders: Collection[str] = ()
    """As `State.empty_folders`."""
    executables: Collection[str] | None = None
    """As `State.executables`."""
    is_known: bool = True
    """Whether folder and session were in sync before; otherwise the folder may never have had the session's files."""
    other_modes: Collection[str] = frozenset()
    """Files that were made executable, or no longer are, since folder and session were in sync."""

    @cached_property
    def unrepresentable(self) -> list[PathError]:
        """Errors of the files and empty folders that a session cannot represent."""
        return self.listing.find_unrepresentable()

    def check(self, *, skip_unrepresentable: bool) -> None:
        """Raise if the save needs a permission that is not given.

        :raises UnrepresentableError: to leave out files.
        """
        if self.unrepresentable and not skip_unrepresentable:
            raise UnrepresentableError(self.unrepresentable)

    @cached_property
    def retained(self) -> list[str]:
        """Files that the session keeps as they are.

        They are left out, skipped, or in hidden folders that are not saved.
        """
        files = self.listing.files
        candidates = self.synced if self.is_known else self.left_out
        return [
            path
            for path in candidates
            if path in self.synced and path not in files and not self.listing.covers(path)
        ]

    def synced_after(self, hashes: Mapping[str, str]) -> dict[str, str]:
        """Return `State.synced` after a save of files with these hashes."""
        return {**{path: self.synced[path] for path in self.retained}, **hashes}

    @property
    def executables_after(self) -> list[str]:
        """Return `State.executables` after a save."""
        retained = set(self.executables or ()).intersection(self.retained)
        return sorted([*retained, *(path for path, stat in self.listing.files.items() if stat.is_executable)])

    def find_source(self) -> str | None:
        """Return the path of the source video that the session has."""
        return find_source(label_folder(self.synced).labels)

    @property
    def empty_folders(self) -> list[str] | None:
        """Folders without files to save; None to keep those of the session.

        They are unknown where the folder is the session's tree.
        """
        if self.layout != SAVED:
            return None
        folders = (f"{folder}/" for folder in self.listing.empty_folders)
        found = {find_saved_path(folder, self.aliases).removesuffix("/") for folder in folders}
        retained = {folder for folder in self.synced_folders if not self.listing.covers(f"{folder}/file")}
        return sorted(found | retained)

    @property
    def has_other_folders(self) -> bool:
        """Whether the folders without files are others than those of the session."""
        return self.empty_folders is not None and set(self.empty_folders) != set(self.synced_folders)

    def portal_path(self, path: str) -> str:
        """Return the path under which the portal has a file of the folder."""
        alias = find_saved_path(path, self.aliases)
        return path if alias in self.listing.files else alias

    def is_changed(self, path: str, sha256: str) -> bool:
        if path in self.other_modes:
            return True
        return sha256 not in {self.synced.get(path), self.parent_hashes.get(self.portal_path(path))}


def plan_save(
    api: Api,
    folder: Folder,
    state: State,
    *,
    name: str = "",
    on_top: bool = False,
    replace: bool = False,
    leave_out: Collection[str] = (),
    include_hidden: bool = False,
    listener: ProgressListener = NO_PROGRESS,
) -> SavePlan:
    """Compare folder and session.

    Sends nothing and changes nothing but the cache of hashes.

    :param name: the session; by default the folder's own, or a new one with an automatic name.
    :param on_top: save on the current version even if the folder corresponds to an older one.
    :param replace: the first save of a folder into an existing session removes all files that the folder does not contain.
    :param leave_out: files that are still being written; they stay in the session as they are.
    :param include_hidden: save hidden folders, too; otherwise their files stay in the session as they are.
    :raises ConflictError: another user saved in the meantime, and the folder has changes of its own.
    :raises NotFoundError: the folder's session was deleted.
    :raises FolderError: the folder cannot be read, or is empty.
    """
    resolve_pending(api, state, listener=listener)
    listing = folder.listing(include_hidden=include_hidden).without(leave_out)
    session = _session(api, state, name)
    if session is None:
        if not listing.files and not listing.unrepresentable:
            raise FolderError(f"There is nothing to save in {folder}.")
        return SavePlan(folder, listing, None, name, 0, synced={}, parent_hashes={}, left_out=leave_out)
    adopt_spelling(state, listing.files)
    base = state.base
    if base is None or base.session != session["code"]:
        return _plan_first_save(api, folder, listing, session, replace=replace, left_out=leave_out)
    removed = [path for path in state.synced if path not in listing.files and listing.covers(path)]
    plan = SavePlan(
        folder,
        listing,
        session,
        session["name"],
        session["version"],
        synced=state.synced,
        parent_hashes={},
        is_rebase=base.version != session["version"],
        aliases=state.aliases,
        layout=state.layout,
        left_out=leave_out,
        synced_folders=state.empty_folders,
        executables=state.executables,
        other_modes=state.find_other_modes(listing.files),
    )
    if plan.is_rebase:
        if not on_top:
            _check_no_conflict(api, plan, state, removed, listener)
        plan.parent_hashes = hashes_by_saved_path(api.manifest(session["code"], session["version"]))
    if removed:
        _plan_removal(api, plan, removed)
    return plan


def _session(api: Api, state: State, name: str) -> Session | None:
    if name:
        return api.find_session(name)
    return None if state.base is None else session_of_folder(api, state.base)


def _plan_first_save(
    api: Api,
    folder: Folder,
    listing: Listing,
    session: Session,
    *,
    replace: bool,
    left_out: Collection[str],
) -> SavePlan:
    """Plan a save of a folder that does not correspond to any version of the session."""
    plan = SavePlan(
        folder,
        listing,
        session,
        session["name"],
        session["version"],
        synced={},
        parent_hashes={},
        left_out=left_out,
        is_known=False,
    )
    if session["version"]:
        manifest = api.manifest(session["code"], session["version"])
        plan.synced = hashes_by_saved_path(manifest)
        if replace:
            entries = entries_by_saved_path(manifest)
            # Files that are left out are not covered, nor are hidden folders that are not saved.
            plan.removed_local = [
                path for path in entries if path not in listing.files and listing.covers(path)
            ]
            plan.removed = sorted(entries[path]["path"] for path in plan.removed_local)
            plan.removed_sizes = {entries[path]["path"]: entries[path]["size"] for path in plan.removed_local}
    return plan


def _plan_removal(api: Api, plan: SavePlan, removed: list[str]) -> None:
    """Add files that were removed from the folder, under their paths in the session."""
    assert plan.session is not None
    manifest = api.manifest(plan.session["code"], plan.parent)
    saved = entries_by_saved_path(manifest)
    for path in removed:
        entry = saved.get(find_saved_path(path, plan.aliases))
        # A file that another user has changed since stays.
        if entry is not None and (not plan.is_rebase or entry["sha256"] == plan.synced[path]):
            plan.removed_local.append(path)
            plan.removed.append(entry["path"])
            plan.removed_sizes[entry["path"]] = entry["size"]


def _has_same_files(api: Api, session: Session, base: int) -> bool:
    """Return whether the current version has the files of the folder's.

    Their labels do not matter.
    """
    old, new = (
        {(entry["path"], entry["sha256"]) for entry in api.manifest(session["code"], number)["entries"]}
        for number in (base, session["version"])
    )
    return old == new


def _check_no_conflict(
    api: Api, plan: SavePlan, state: State, removed: list[str], listener: ProgressListener
) -> None:
    """Raise if both folder and session have changed.

    If only the session has, there is nothing to save.
    """
    assert plan.session is not None
    session = plan.session
    assert state.base is not None
    saved: dict[str, str | None] = dict.fromkeys(removed)
    saved |= {
        path: sha256
        for path, _, sha256 in hash_folder(plan.folder, plan.listing, state)
        if path in plan.other_modes or state.synced.get(path) != sha256
    }
    if not saved:
        listener.notify(
            f"“{session['name']}” is at version {session['version']}, this folder at version {state.base.version}."
        )
        return
    if _has_same_files(api, session, state.base.version):
        return  # only labels, languages or voices were corrected
    version = api.version(session["code"], session["version"])
    other = hashes_by_saved_path(api.manifest(session["code"], session["version"]))
    paths = find_path_conflicts(
        base=state.synced,
        other={path: sha256 for path in saved if (sha256 := other.get(plan.portal_path(path)))},
        saved=saved,
    )
    author = version["created_by"] or "Another user"
    message = f" (“{version['message']}”)" if version["message"] else ""
    raise ConflictError(
        f"{author} saved version {version['number']} of “{session['name']}”{message} at {version['created_at']}, and this folder "
        f"is at version {state.base.version}. {paths.describe()} Load that version first, or save on top of it with --on-top.",
        status=409,
        code="conflict",
        extras={"current": session["version"], "base": state.base.version, "paths": list(paths.both)},
    )
