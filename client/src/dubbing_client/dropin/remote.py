"""Sessions on a portal, where each save is a version."""

from __future__ import annotations

import logging
import tempfile
import threading
import weakref
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dubbing_client import loader
from dubbing_client.api import Api
from dubbing_client.archive_export import export_version
from dubbing_client.archive_import import import_archive
from dubbing_client.commit import commit, resolve_pending
from dubbing_client.dropin.archives import name_sessions, opened_archive
from dubbing_client.dropin.backend import OnProgress, no_progress
from dubbing_client.dropin.collector import conventional_files
from dubbing_client.dropin.document import (
    SESSION_FOLDERS,
    parse,
    read_document,
    render,
    summary,
    with_existing_paths,
    with_local_paths,
)
from dubbing_client.dropin.errors import CLASS_OPTIONS, SessionError
from dubbing_client.dropin.names import clean_name
from dubbing_client.dropin.session_plan import SessionPlan, plan_session
from dubbing_client.dropin.session_progress import NO_PROGRESS, SessionProgress, read_progress
from dubbing_client.dropin.session_store import total_size
from dubbing_client.errors import (
    LocalChangesError,
    NotFoundError,
    Problem,
    UnsafeNamesError,
    quoted,
)
from dubbing_client.file_hashes import hash_file
from dubbing_client.folder import Folder, Stat
from dubbing_client.load_plan import plan_load
from dubbing_client.locks import locked
from dubbing_client.new_folder import new_folder
from dubbing_client.objects import Entry, Session
from dubbing_client.progress import NullListener
from dubbing_client.rest import new_key
from dubbing_client.retries import Retries
from dubbing_client.saved_paths import entries_by_session_path
from dubbing_client.state import SESSION, Base, FileHash, PendingSave, State
from dubbing_client.uploader import LocalFile, Uploader, group_into_uploads
from dubbing_core.categories import METADATA_NAME
from dubbing_core.manifest import TIMESTAMPS
from dubbing_core.paths import escape_unprintable
from dubbing_core.progress import Progress

log = logging.getLogger("dubbing_client")

QUICK_ATTEMPTS = 3


class RemoteBackend:
    def __init__(
        self, folder: Path, api: Api, *, allow_hidden: bool = False, allow_invisible: bool = False
    ) -> None:
        self.folder = folder
        self._allow_hidden = allow_hidden
        self._allow_invisible = allow_invisible
        self._api = api
        self._quick_api = Api(api.url, api.token, retries=Retries(QUICK_ATTEMPTS))
        """For queries while the user waits: fails early if the portal is unavailable."""
        for api_client in (self._api, self._quick_api):
            weakref.finalize(self, api_client.close)
        self._versions: dict[str, int] = {}
        """The version of each session that was last loaded or saved here, which is the parent of a save."""
        self._hashes: dict[str, FileHash] = {}

    @property
    def location(self) -> str:
        return f"on the portal {self._api.url}"

    @property
    def deletion_notice(self) -> str:
        return "It stays in the portal's trash for a while."

    def names(self) -> list[str]:
        return [session["name"] for session in self._quick_api.sessions()]

    def prepare(self, name: str) -> Path:
        """Create the folder that the session is loaded to.

        In the portal, the first save creates the session.
        """
        folder = self.folder / clean_name(name)
        for subfolder in SESSION_FOLDERS:
            (folder / subfolder).mkdir(parents=True, exist_ok=True)
        return folder

    def save(self, name: str, data: dict[str, Any], on_progress: OnProgress = no_progress) -> str:
        """Save a version on top of the last one loaded or saved here.

        :raises ConflictError: another user saved in the meantime.
        """
        folder = Folder(self.folder / clean_name(name))
        with locked(folder):
            state = State.read(self._api.url, folder)
            self._resolve_pending(state)
            return self._save(name, data, state, on_progress)

    def load(self, name: str, on_progress: OnProgress = no_progress) -> dict[str, Any]:
        session = self._session(name)
        path = self.folder / clean_name(session["name"])
        listener = _StepListener(on_progress, "fetch")
        with new_folder(path), locked(folder := Folder(path)):
            state = State.read(self._api.url, folder)
            plan = plan_load(
                self._api, folder, state, name=session["code"], layout=SESSION, listener=listener
            )
            try:
                loader.load(
                    self._api,
                    plan,
                    state,
                    allow_hidden=self._allow_hidden,
                    allow_invisible=self._allow_invisible,
                    listener=listener,
                )
            except UnsafeNamesError as error:
                raise UnsafeNamesError(
                    hidden=error.hidden, invisible=error.invisible, options=CLASS_OPTIONS
                ) from error
            except LocalChangesError as error:
                raise SessionError(
                    f"{quoted(error.paths)} in “{path}” would be overwritten, and no version contains the current content. "
                    "Save it, or move it away; nothing was loaded."
                ) from error
        self._versions[session["code"]] = plan.version
        present = {*plan.unchanged, *(file.path for file in plan.fetch)} - {METADATA_NAME}
        document = read_document(path)
        return with_local_paths(document, name=session["name"], folder=str(path), present=present)

    def info(self, name: str) -> dict[str, Any]:
        session = self._session(name)
        if not session["version"]:
            return summary(session, name=session["name"], file_count=0, progress=_progress(session))
        document = parse(self._api.metadata(session["code"], session["version"]))
        # The original counts metadata.json, too.
        count = session["file_count"] + 1
        return summary(document, name=session["name"], file_count=count, progress=_progress(session))

    def progress(self, name: str) -> SessionProgress:
        session = self._session(name)
        if not session["version"]:
            return NO_PROGRESS
        version = self._api.version(session["code"], session["version"])
        return read_progress(version.get("progress_by_language"))

    def export(self, name: str, target: Path, on_progress: OnProgress = no_progress) -> None:
        """Download the current version as a ZIP; an interrupted download resumes."""
        session = self._session(name)
        if not session["version"]:
            raise SessionError(f"“{session['name']}” has no versions yet.")
        export_version(
            self._api,
            session=session["code"],
            version=session["version"],
            name=session["name"],
            output=target,
            listener=_StepListener(on_progress, "fetch"),
        )

    def import_archive(
        self, archive: Path, name: str, on_progress: OnProgress = no_progress, *, reading: str = ""
    ) -> str:
        with opened_archive(archive, reading=reading) as sessions:
            names = name_sessions(sessions, archive, name)
        for each in names:
            if self._api.find_session(each) is not None:
                raise SessionError(f"There is already a session “{each}”. Give the import another name.")
        # The portal names several sessions after their folders, too.
        chosen = names[0] if len(names) == 1 else ""
        job = import_archive(
            self._api, archive, name=chosen, reading=reading, listener=_StepListener(on_progress, "send")
        )
        results = job["result"].get("sessions") or [job["result"]]
        return str(results[0]["name"])

    def delete(self, name: str) -> None:
        session = self._session(name)
        self._api.delete_session(session["code"])
        self._versions.pop(session["code"], None)

    # -- Saving -------------------------------------------------------------------------------------------------------

    def _resolve_pending(self, state: State) -> None:
        """Find out the outcome of an interrupted save; its version counts as saved here."""
        saved = resolve_pending(self._api, state)
        if saved is not None:
            self._versions[saved.session] = saved.version

    def _save(self, name: str, data: dict[str, Any], state: State, on_progress: OnProgress) -> str:
        session = find_session(self._api, name)
        name = clean_name(name)
        parent = self._versions.get(session["code"], session["version"]) if session else 0
        entries, former = self._version(session, parent)
        hashes = {path: entry["sha256"] for path, entry in entries.items()}
        plan = plan_session(
            {**conventional_files(Path()), **data},
            former=former,
            existing={path: entry["size"] for path, entry in entries.items()},
            folder=self.folder / name,
            now=datetime.now(timezone.utc),
        )
        for path in plan.missing:
            log.warning("“%s” was not saved: there is no such file.", escape_unprintable(path))
        with tempfile.TemporaryDirectory(prefix="dubbing-session-") as drafts:
            files = self._local_files(plan, name, Path(drafts), on_progress)
            changed = [file for file in files if hashes.get(file.path) != file.sha256]
            has_changes = plan.removed or {file.path for file in changed} - {METADATA_NAME}
            if (
                session is not None
                and parent
                and not has_changes
                and _is_same_document(plan.document, with_existing_paths(former, hashes))
            ):
                self._versions[session["code"]] = parent
                return session["name"]
            saved = {path: entry["path"] for path, entry in entries.items()}
            return self._commit(
                session,
                name,
                state,
                parent=parent,
                changed=[replace(file, path=saved.get(file.path, file.path)) for file in changed],
                removed=sorted(saved[path] for path in plan.removed & saved.keys()),
                on_progress=on_progress,
            )

    def _session(self, name: str) -> Session:
        session = find_session(self._quick_api, name)
        if session is None:
            raise SessionError(f"There is no session “{clean_name(name)}” {self.location}.")
        return session

    def _version(self, session: Session | None, number: int) -> tuple[dict[str, Entry], dict[str, Any]]:
        """Return a version's files by path in the session's tree, and its document.

        Both are empty if there is no such version.
        """
        if session is None or not number:
            return {}, {}
        try:
            manifest = self._api.manifest(session["code"], number)
            metadata = self._api.metadata(session["code"], number)
        except NotFoundError:
            raise SessionError(
                f"Version {number} of “{session['name']}”, which was loaded here, was deleted. Load it again."
            ) from None
        return entries_by_session_path(manifest), parse(metadata)

    def _local_files(
        self, plan: SessionPlan, name: str, drafts: Path, on_progress: OnProgress
    ) -> list[LocalFile]:
        """Return all files of the save, hashed; generated ones are written to ``drafts``."""
        places = dict(plan.files)
        written = {**plan.written, METADATA_NAME: render(plan.document, session_name=name)}
        for number, (path, data) in enumerate(written.items()):
            places[path] = drafts / str(number)
            places[path].write_bytes(data)
        listener = _StepListener(on_progress, "hash")
        listener.begin("hash", total_size(places.values()))
        files = []
        for path, place in places.items():
            file_hash = self._hash(place, listener)
            files.append(LocalFile(path, place, file_hash.stat, file_hash.sha256))
        return files

    def _hash(self, place: Path, listener: _StepListener) -> FileHash:
        """Hash a file unless its stat is unchanged."""
        key = str(place.resolve())
        file_hash = self._hashes.get(key)
        if file_hash is None or not file_hash.is_valid_for(Stat.of(place.stat())):
            file_hash = hash_file(
                place, name=str(place), on_bytes=lambda count: listener.advance("hash", count)
            )
            self._hashes[key] = file_hash
        else:
            listener.advance("hash", file_hash.stat.size)
        return file_hash

    def _commit(
        self,
        session: Session | None,
        name: str,
        state: State,
        *,
        parent: int,
        changed: list[LocalFile],
        removed: list[str],
        on_progress: OnProgress,
    ) -> str:
        """Send files and commit a version; return the session's name.

        :param session: None creates one with this name.
        """
        me = self._api.me()
        missing = self._api.missing_blobs([{"sha256": file.sha256, "size": file.size} for file in changed])
        to_send = [file for file in changed if file.sha256 in missing]
        stored = [file.as_json() for file in changed if file.sha256 not in missing]
        listener = _StepListener(on_progress, "send")
        listener.begin("send", sum(file.size for file in to_send))
        with Uploader(self._api, on_bytes=lambda count: listener.advance("send", count)) as uploader:
            uploader.add(
                group_into_uploads(to_send, small_size=me["max_pack_file_size"], pack_size=me["part_size"])
            )
            uploads = uploader.finish()
        pending = PendingSave(
            session=session["code"] if session else "",
            key=new_key(),
            request={
                "parent": parent,
                "message": "",
                "uploads": uploads,
                "blobs": stored,
                "removed": removed,
                "name": session["name"] if session else name,
            },
            synced=None,
        )
        try:
            saved = commit(self._api, state, pending)
        except Problem as problem:
            if session is None or problem.code != "unchanged":
                raise
            saved = Base(session["code"], session["name"], parent)
        self._versions[saved.session] = saved.version
        return saved.name


class _StepListener(NullListener):
    """Listener that reports one step as progress; called from several threads."""

    def __init__(self, on_progress: OnProgress, step: str) -> None:
        self._on_progress = on_progress
        self._step = step
        self._lock = threading.Lock()
        self._done = self._total = 0

    def begin(self, step: str, total: int) -> None:
        if step == self._step:
            self._total += total
            self.advance(step, 0)

    def advance(self, step: str, count: int) -> None:
        if step == self._step:
            with self._lock:
                self._done += count
                self._on_progress(self._done, self._total)

    def notify(self, message: str) -> None:
        log.info("%s", escape_unprintable(message))


def _progress(session: Session) -> Progress:
    facts = session["progress"]
    return Progress(
        has_transcription=facts["transcription"],
        has_translations=facts["translations"],
        has_audio=facts["audio"],
        has_videos=facts["videos"],
    )


def _is_same_document(document: Mapping[str, Any], former: Mapping[str, Any]) -> bool:
    """Return whether two documents differ only in times and generated values."""
    keys: set[str] = (document.keys() | former.keys()) - {*TIMESTAMPS, "session_name", "session_metadata"}
    return all(document.get(key) == former.get(key) for key in keys)


def find_session(api: Api, name: str) -> Session | None:
    """Return the session with this name, or with the cleaned one.

    :raises SessionError: nothing is left of the name.
    """
    cleaned = clean_name(name)
    return api.find_session(str(name).strip()) or (api.find_session(cleaned) if cleaned != name else None)
