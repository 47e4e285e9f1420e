"""Sessions on a portal, where each save is a version."""

from __future__ import annotations

import logging
import tempfile
import threading
import weakref
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dubbing_client import exporting, importing, loading
from dubbing_client.api import Api, new_key
from dubbing_client.committing import commit, settle
from dubbing_client.errors import LocalChangesError, NotFoundError, Problem, named
from dubbing_client.events import Silence
from dubbing_client.folder import Folder, Stat
from dubbing_client.hashing import hash_file
from dubbing_client.load_plan import SESSION, plan_load
from dubbing_client.locks import locked
from dubbing_client.objects import Session
from dubbing_client.retries import Retries
from dubbing_client.sending import LocalFile, Sender, packed
from dubbing_client.sessions.backend import Progress, silent
from dubbing_client.sessions.collecting import conventional_files
from dubbing_client.sessions.document import (
    FOLDERS,
    METADATA,
    located,
    made_true,
    parse,
    rendered,
    summary,
)
from dubbing_client.sessions.errors import SessionError
from dubbing_client.sessions.names import clean_name
from dubbing_client.sessions.places import size_of
from dubbing_client.sessions.plan import Plan, plan_save
from dubbing_client.state import Hashed, Pending, State

log = logging.getLogger("dubbing_client")

TIMES = frozenset({"created_at", "last_updated", "last_accessed"})


class Remote:
    def __init__(self, folder: Path, api: Api) -> None:
        self.folder = folder
        self._api = api
        self._quick = Api(api.url, api.token, retries=Retries(tries=3))
        """For questions that somebody waits for: an answer that it is away is better than none."""
        for each in (self._api, self._quick):
            weakref.finalize(self, each.close)
        self._seen: dict[str, int] = {}
        """The version of each session that was loaded or saved here last: what a save of it is made on."""
        self._hashed: dict[str, Hashed] = {}

    @property
    def where(self) -> str:
        return f"on the portal {self._api.url}"

    @property
    def farewell(self) -> str:
        return "It waits in the portal's trash for a while."

    def names(self) -> list[str]:
        return [session["name"] for session in self._quick.sessions()]

    def prepare(self, name: str) -> Path:
        """The folder that the session will be loaded to; on the portal it begins with its first save."""
        home = self.folder / clean_name(name)
        for folder in FOLDERS:
            (home / folder).mkdir(parents=True, exist_ok=True)
        return home

    def save(self, name: str, data: dict[str, Any], progress: Progress = silent) -> str:
        """Save a version on top of that which was loaded or saved here last, else of the current one.

        :raises ConflictError: somebody else saved meanwhile.
        """
        name = clean_name(name)
        folder = Folder(self.folder / name)
        with locked(folder):
            state = State.read(self._api.url, folder)
            self._settle(state)
            return self._save(name, data, state, progress)

    def _settle(self, state: State) -> None:
        """Find out what became of a save that was cut off; what it made counts as saved here."""
        pending = state.pending
        version = settle(self._api, state)
        if pending is not None and version is not None:
            self._seen[pending.session] = version

    def _save(self, name: str, data: dict[str, Any], state: State, progress: Progress) -> str:
        session = self._api.session_named(name)
        parent = self._seen.get(session["code"], session["version"]) if session else 0
        there, former = self._version(session, parent)
        plan = plan_save(
            {**conventional_files(Path()), **data},
            former=former,
            kept=there.keys(),
            home=self.folder / name,
            now=datetime.now(timezone.utc),
        )
        for path in plan.missing:
            log.warning("“%s” was not saved: there is no such file.", path)
        with tempfile.TemporaryDirectory(prefix="dubbing-session-") as drafts:
            files = self._files(plan, name, Path(drafts), progress)
            changed = [file for file in files if there.get(file.path) != file.sha256]
            is_new = plan.removed or {file.path for file in changed} - {METADATA}
            if (
                session is not None
                and parent
                and not is_new
                and _says_the_same(plan.document, made_true(former, there))
            ):
                self._seen[session["code"]] = parent
                return session["name"]
            if session is None:
                session = self._api.create_session(name)
            removed = sorted(plan.removed & there.keys())
            self._commit(session, state, parent=parent, changed=changed, removed=removed, progress=progress)
        return session["name"]

    def load(self, name: str, progress: Progress = silent) -> dict[str, Any]:
        session = self._session(name)
        home = self.folder / clean_name(session["name"])
        home.mkdir(parents=True, exist_ok=True)
        folder = Folder(home)
        listener = _Listener(progress, "fetch")
        with locked(folder):
            state = State.read(self._api.url, folder)
            plan = plan_load(
                self._api, folder, state, name=session["code"], layout=SESSION, listener=listener
            )
            try:
                loading.load(self._api, plan, state, listener=listener)
            except LocalChangesError as error:
                raise SessionError(
                    f"{named(error.paths)} in “{home}” would be overwritten, and no version holds what is there. "
                    "Save it, or move it away; nothing was loaded."
                ) from error
        self._seen[session["code"]] = plan.version
        present = {*plan.same, *(file.path for file in plan.fetch)} - {METADATA}
        document = parse((home / METADATA).read_bytes())
        return located(document, name=session["name"], folder=str(home), present=present)

    def info(self, name: str) -> dict[str, Any]:
        session = self._session(name)
        if not session["version"]:
            return summary(session, name=session["name"], file_count=0)
        document = parse(self._api.metadata(session["code"], session["version"]))
        # The original counts metadata.json, too.
        return summary(document, name=session["name"], file_count=session["file_count"] + 1)

    def export(self, name: str, target: Path, progress: Progress = silent) -> None:
        """Download the current version as a ZIP. A download that broke off goes on when it is asked for again."""
        session = self._session(name)
        if not session["version"]:
            raise SessionError(f"Nothing was saved in “{session['name']}” yet.")
        exporting.export(
            self._api,
            session=session["code"],
            version=session["version"],
            name=session["name"],
            output=target,
            listener=_Listener(progress, "fetch"),
        )

    def bring(self, archive: Path, name: str, progress: Progress = silent) -> str:
        name = clean_name(name)
        if not archive.is_file():
            raise SessionError(f"There is no file “{archive}”.")
        if self._api.session_named(name) is not None:
            raise SessionError(f"There is a session “{name}” already. Give the import another name.")
        job = importing.import_(self._api, archive, name=name, listener=_Listener(progress, "send"))
        brought = job["result"].get("sessions") or [{"name": name}]
        return str(brought[0]["name"])

    def delete(self, name: str) -> None:
        session = self._session(name)
        self._api.delete_session(session["code"])
        self._seen.pop(session["code"], None)

    # -- Parts of these -----------------------------------------------------------------------------------------------

    def _session(self, name: str) -> Session:
        name = clean_name(name)
        session = self._quick.session_named(name)
        if session is None:
            raise SessionError(f"There is no session “{name}” {self.where}.")
        return session

    def _version(self, session: Session | None, number: int) -> tuple[dict[str, str], dict[str, Any]]:
        """The files of a version as path -> SHA-256, and its document; both empty where there is none."""
        if session is None or not number:
            return {}, {}
        try:
            manifest = self._api.manifest(session["code"], number)
            metadata = self._api.metadata(session["code"], number)
        except NotFoundError:
            raise SessionError(
                f"Version {number} of “{session['name']}”, which was loaded here, is not there any more. Load it again."
            ) from None
        return {entry["path"]: entry["sha256"] for entry in manifest["entries"]}, parse(metadata)

    def _files(self, plan: Plan, name: str, drafts: Path, progress: Progress) -> list[LocalFile]:
        """Everything that the version is to hold by this save, hashed."""
        places = dict(plan.files)
        written = {**plan.written, METADATA: rendered(plan.document, session_name=name)}
        for number, (path, data) in enumerate(written.items()):
            places[path] = drafts / str(number)
            places[path].write_bytes(data)
        listener = _Listener(progress, "hash")
        listener.begin("hash", size_of(places.values()))
        files = []
        for path, place in places.items():
            hashed = self._hash(place, listener)
            files.append(LocalFile(path, place, hashed.stat, hashed.sha256))
        return files

    def _hash(self, place: Path, listener: _Listener) -> Hashed:
        """Read a file through, unless it looks as it did when it was read last."""
        key = str(place.resolve())
        hashed = self._hashed.get(key)
        if hashed is None or not hashed.holds_for(Stat.of(place.stat())):
            hashed = hash_file(
                place, shown=str(place), on_bytes=lambda count: listener.advance("hash", count)
            )
            self._hashed[key] = hashed
        else:
            listener.advance("hash", hashed.stat.size)
        return hashed

    def _commit(
        self,
        session: Session,
        state: State,
        *,
        parent: int,
        changed: list[LocalFile],
        removed: list[str],
        progress: Progress,
    ) -> None:
        me = self._api.me()
        missing = self._api.missing([{"sha256": file.sha256, "size": file.size} for file in changed])
        wanted = [file for file in changed if file.sha256 in missing]
        here = [file.described() for file in changed if file.sha256 not in missing]
        listener = _Listener(progress, "send")
        listener.begin("send", sum(file.size for file in wanted))
        with Sender(self._api, on_bytes=lambda count: listener.advance("send", count)) as sender:
            sender.add(packed(wanted, small=me["max_pack_file_size"], target=me["part_size"]))
            uploads = sender.finish()
        pending = Pending(
            session=session["code"],
            key=new_key(),
            request={
                "parent": parent,
                "message": "",
                "uploads": uploads,
                "blobs": here,
                "removed": removed,
                "name": session["name"],
            },
            known=None,
        )
        try:
            version = commit(self._api, state, pending)
        except Problem as problem:
            if problem.code != "unchanged":
                raise
            version = parent
        self._seen[session["code"]] = version


class _Listener(Silence):
    """Hands one step on as progress; the core's threads call it."""

    def __init__(self, progress: Progress, step: str) -> None:
        self._progress = progress
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
                self._progress(self._done, self._total)

    def tell(self, sentence: str) -> None:
        log.info("%s", sentence)


def _says_the_same(document: Mapping[str, Any], former: Mapping[str, Any]) -> bool:
    keys: set[str] = (document.keys() | former.keys()) - TIMES - {"session_name", "session_metadata"}
    return all(document.get(key) == former.get(key) for key in keys)
