"""Save of a folder as a session's next version, as planned by `plan_save`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from dubbing_client.api import Api
from dubbing_client.commit import commit
from dubbing_client.errors import FolderError
from dubbing_client.file_hashes import hash_folder
from dubbing_client.folder import total_size
from dubbing_client.folder_labels import find_source, label_folder
from dubbing_client.objects import Session
from dubbing_client.part_files import OLD_NS, delete_abandoned
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.rest import new_key
from dubbing_client.save_plan import SavePlan
from dubbing_client.save_preview import preview_save
from dubbing_client.state import Base, PendingSave, State
from dubbing_client.uploader import LocalFile, Uploader, group_into_uploads
from dubbing_core.exclusions import Exclusion
from dubbing_core.left_out import LeftOutFile, describe_reason
from dubbing_core.session_names import generate_session_name

SMALL_SIZE = 1024 * 1024
"""Bytes below which files are packed, where the portal was not asked."""
PACK_SIZE = 8 * 1024 * 1024
BATCH_COUNT = 64
"""Large files per call while others are still being hashed."""


@dataclass(frozen=True)
class SaveResult:
    session: str
    name: str
    version: int
    """The new version, or the current one if nothing had changed."""
    is_new: bool
    change_summary: str = ""
    """What the version changed, in words."""
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Path -> reason."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Path -> reason of files that a session cannot represent; the version records them."""
    excluded: tuple[Exclusion, ...] = ()
    """System files, hidden folders and others that the save did not include."""
    bytes_changed: int = 0
    bytes_sent: int = 0
    """Bytes sent by this run; fewer than changed if the portal had some of them."""


def save(
    api: Api,
    plan: SavePlan,
    state: State,
    *,
    message: str = "",
    skip_unrepresentable: bool = False,
    listener: ProgressListener = NO_PROGRESS,
) -> SaveResult:
    """Hash files, send missing ones, and commit the version.

    Sending starts while other files are still being hashed. After a kill, the same save resumes: received parts are not sent
    again, and a version is not created twice.

    :param skip_unrepresentable: leave out files that a session cannot represent; the version records them.
    :raises UnrepresentableError: there are such files; nothing was saved.
    :raises FolderError: there is nothing to save.
    :raises ConflictError: another user saved first.
    :raises ChangedError: a file changed in the meantime; nothing was saved.
    :raises JobFailedError: the portal could not create the version.
    """
    plan.check(skip_unrepresentable=skip_unrepresentable)
    if plan.session is None and not plan.listing.files:
        raise FolderError(f"There is nothing to save in {plan.folder}.")
    if plan.session is None and plan.name:
        api.check_name(plan.name)
    changes, hashes = _send_changes(api, plan, state, listener)
    state.drop_hashes_except(plan.listing.files)
    delete_abandoned(plan.folder, records=state.part_records, before_ns=time.time_ns() - OLD_NS)
    if plan.session is not None and not changes.files and not plan.removed and not plan.has_other_folders:
        return _unchanged(plan, plan.session, state, hashes)
    words = preview_save(plan, hashes).summary.words
    pending = PendingSave(
        session=plan.session["code"] if plan.session else "",
        key=new_key(),
        request=_build_request(plan, changes, message),
        synced=plan.synced_after(hashes),
        executables=plan.executables_after,
    )
    if plan.empty_folders is not None:
        state.empty_folders = plan.empty_folders
    saved = commit(api, state, pending, listener=listener)
    return SaveResult(
        session=saved.session,
        name=saved.name,
        version=saved.version,
        is_new=True,
        change_summary=words,
        changed=tuple(sorted(changes.files)),
        removed=tuple(sorted(plan.removed_local)),
        skipped=plan.listing.skipped,
        left_out=_describe_left_out(plan),
        excluded=tuple(plan.listing.excluded),
        bytes_changed=sum(file.size for file in changes.files.values()),
        bytes_sent=changes.bytes_sent,
    )


def _build_request(plan: SavePlan, changes: _Changes, message: str) -> dict[str, Any]:
    return {
        "parent": plan.parent,
        "message": message,
        "uploads": changes.uploads,
        "blobs": [file.as_json() for file in changes.stored],
        "removed": plan.removed,
        "empty_folders": plan.empty_folders,
        "left_out": [asdict(LeftOutFile.of(error.path, error.code)) for error in plan.unrepresentable],
        "name": plan.name or generate_session_name(_find_video(plan), datetime.now()),  # noqa: DTZ005 (names contain local time)
    }


def _send_changes(
    api: Api, plan: SavePlan, state: State, listener: ProgressListener
) -> tuple[_Changes, dict[str, str]]:
    """Hash the folder and send its changes.

    :returns: the changes, and path -> SHA-256 of all files.
    """
    limits = api.me() if _may_have_changes(plan, state) else None
    hashes: dict[str, str] = {}
    unread = total_size(
        stat for path, stat in plan.listing.files.items() if state.cached_hash(path, stat) is None
    )
    listener.begin("hash", unread)
    listener.begin("send", 0)
    try:
        with Uploader(api, on_bytes=lambda count: listener.advance("send", count)) as uploader:
            changes = _Changes(
                api,
                uploader,
                listener,
                small_size=limits["max_pack_file_size"] if limits else SMALL_SIZE,
                pack_size=limits["part_size"] if limits else PACK_SIZE,
            )
            for path, stat, sha256 in hash_folder(
                plan.folder, plan.listing, state, on_bytes=lambda count: listener.advance("hash", count)
            ):
                hashes[path] = sha256
                if plan.is_changed(path, sha256):
                    place = plan.folder.path / path
                    changes.add(path, LocalFile(plan.portal_path(path), place, stat, sha256))
            listener.end("hash")
            changes.finish()
    finally:
        listener.end("send")
    return changes, hashes


class _Changes:
    """Changed files of a folder, sent while others are still being hashed.

    Large files are sent as they come. Small ones wait for the last: the content of a pack must not depend on thread timing.
    """

    def __init__(
        self, api: Api, uploader: Uploader, listener: ProgressListener, *, small_size: int, pack_size: int
    ) -> None:
        self._api = api
        self._uploader = uploader
        self._listener = listener
        self._small_size = small_size
        self._pack_size = pack_size
        self._large: list[LocalFile] = []
        self._small: list[LocalFile] = []
        self.files: dict[str, LocalFile] = {}
        """By path in the folder."""
        self.stored: list[LocalFile] = []
        """Files whose bytes the portal already has."""
        self.uploads: list[str] = []
        """Codes of the uploads of the others, when they are complete."""

    @property
    def bytes_sent(self) -> int:
        return self._uploader.bytes_sent

    def add(self, path: str, file: LocalFile) -> None:
        self.files[path] = file
        (self._small if file.size < self._small_size else self._large).append(file)
        # Enough for a call, or enough to keep idle connections busy.
        waiting = sum(file.size for file in self._large)
        if len(self._large) >= BATCH_COUNT or (waiting >= self._pack_size and self._uploader.has_capacity()):
            self._send(self._large)
            self._large = []

    def finish(self) -> None:
        """Wait until the portal has all files."""
        if left := [*self._large, *self._small]:
            self._send(left)
        self.uploads = self._uploader.finish()

    def _send(self, files: list[LocalFile]) -> None:
        missing = self._api.missing_blobs([{"sha256": file.sha256, "size": file.size} for file in files])
        self.stored.extend(file for file in files if file.sha256 not in missing)
        to_send = [file for file in files if file.sha256 in missing]
        self._listener.begin("send", sum(file.size for file in to_send))
        self._uploader.add(
            group_into_uploads(to_send, small_size=self._small_size, pack_size=self._pack_size)
        )


def _find_video(plan: SavePlan) -> str:
    """Return the name of the folder's source video, or ""."""
    path = find_source(label_folder(plan.listing.files).labels) or ""
    return path.rpartition("/")[2]


# -- Nothing to save --------------------------------------------------------------------------------------------------


def _may_have_changes(plan: SavePlan, state: State) -> bool:
    """Return whether any file may have changed, from stats alone."""
    if plan.other_modes:
        return True
    hashes = (
        (plan.synced.get(path), state.cached_hash(path, stat)) for path, stat in plan.listing.files.items()
    )
    return any(local is None or local != synced for synced, local in hashes)


def _unchanged(plan: SavePlan, session: Session, state: State, hashes: Mapping[str, str]) -> SaveResult:
    base = Base(session=session["code"], name=session["name"], version=session["version"])
    synced = plan.synced_after(hashes)
    recorded = state.base, state.synced, state.executables
    if not plan.is_rebase and recorded != (base, synced, plan.executables_after):
        state.set_base(base, synced, executables=plan.executables_after)
        state.save()
    else:
        state.save_files()
    return SaveResult(
        session=session["code"],
        name=session["name"],
        version=session["version"],
        is_new=False,
        skipped=plan.listing.skipped,
        left_out=_describe_left_out(plan),
        excluded=tuple(plan.listing.excluded),
    )


def _describe_left_out(plan: SavePlan) -> dict[str, str]:
    return {error.path: describe_reason(error.code) for error in plan.unrepresentable}
