"""Sessions in a local folder, in the original's layout."""

from __future__ import annotations

import logging
import os
import secrets
import zipfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from dubbing_client.dropin.archives import SessionArchive, name_sessions, opened_archive
from dubbing_client.dropin.backend import OnProgress, no_progress
from dubbing_client.dropin.collector import conventional_files
from dubbing_client.dropin.document import (
    SESSION_FOLDERS,
    as_json,
    describe_files,
    find_progress,
    read_document,
    render,
    summary,
    with_existing_paths,
    with_local_paths,
)
from dubbing_client.dropin.errors import CLASS_OPTIONS, SessionError
from dubbing_client.dropin.names import clean_name
from dubbing_client.dropin.session_plan import SessionPlan, plan_session
from dubbing_client.dropin.session_progress import SessionProgress, describe_matrix
from dubbing_client.dropin.session_store import (
    CHUNK_SIZE,
    ProgressCounter,
    SessionStore,
    copy_verified,
    is_equal,
    link_or_copy,
    list_files,
    total_size,
    write_durably,
)
from dubbing_client.errors import UnsafeNamesError
from dubbing_core.categories import METADATA_NAME
from dubbing_core.hidden_files import find_hidden
from dubbing_core.metadata_reading import read_metadata
from dubbing_core.paths import escape_unprintable, has_invisible_characters
from dubbing_core.session_names import fold_session_name
from dubbing_core.timestamps import format_timestamp
from dubbing_core.zips.errors import ZipError

log = logging.getLogger("dubbing_client")

COMPRESSED = frozenset(
    [
        ".7z",
        ".aac",
        ".avi",
        ".flac",
        ".gz",
        ".jpeg",
        ".jpg",
        ".m4a",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp3",
        ".mp4",
        ".ogg",
        ".opus",
        ".png",
        ".webm",
        ".webp",
        ".wmv",
        ".zip",
    ]
)
"""Extensions of files that Deflate does not make smaller."""
ZIP64_SIZE = 2**31


class LocalBackend:
    def __init__(self, folder: Path, *, allow_hidden: bool = False, allow_invisible: bool = False) -> None:
        self.folder = folder
        self._allow_hidden = allow_hidden
        self._allow_invisible = allow_invisible

    @property
    def location(self) -> str:
        return f"in the folder “{self.folder}”"

    @property
    def deletion_notice(self) -> str:
        return "Its files are deleted for good."

    @property
    def _store(self) -> SessionStore:
        return SessionStore(self.folder)

    def names(self) -> list[str]:
        """Return all names, newest first by the dates in automatic names."""
        return sorted(
            (name for name in self._store.names() if (self.folder / name / METADATA_NAME).is_file()),
            reverse=True,
        )

    def prepare(self, name: str) -> Path:
        folder = self.folder / clean_name(name)
        for subfolder in SESSION_FOLDERS:
            (folder / subfolder).mkdir(parents=True, exist_ok=True)
        return folder

    def save(self, name: str, data: dict[str, Any], on_progress: OnProgress = no_progress) -> str:
        name = clean_name(name)
        with self._store.locked(), self._store.draft() as draft:
            folder = self.folder / name
            existing = _list_sizes(folder)
            plan = plan_session(
                {**conventional_files(Path()), **data},
                former=self._former_document(folder),
                existing=existing,
                folder=folder,
                now=datetime.now(),  # noqa: DTZ005 (the original stores local time)
            )
            for path in plan.missing:
                log.warning("“%s” was not saved: there is no such file.", escape_unprintable(path))
            self._write(draft, folder, plan, existing, on_progress)
            write_durably(draft / METADATA_NAME, render(plan.document, session_name=name))
            self._store.replace(name, draft)
        log.info("Saved the session “%s” %s.", name, self.location)
        return name

    def load(self, name: str, on_progress: OnProgress = no_progress) -> dict[str, Any]:  # noqa: ARG002 (nothing is transferred)
        folder = self._existing_folder(name)
        document = self._record_access(folder)
        present = set(list_files(folder)) - {METADATA_NAME}
        return with_local_paths(document, name=folder.name, folder=str(folder), present=present)

    def info(self, name: str) -> dict[str, Any]:
        folder = self._existing_folder(name)
        sizes = _list_sizes(folder)
        document = read_document(folder)
        progress = find_progress(with_existing_paths(document, sizes), sizes).progress
        return summary(document, name=folder.name, file_count=len(sizes) + 1, progress=progress)

    def progress(self, name: str) -> SessionProgress:
        folder = self._existing_folder(name)
        sizes = _list_sizes(folder)
        return describe_matrix(find_progress(with_existing_paths(read_document(folder), sizes), sizes))

    def export(self, name: str, target: Path, on_progress: OnProgress = no_progress) -> None:
        folder = self._existing_folder(name)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        paths = list(list_files(folder))
        counter = ProgressCounter(total_size(folder / path for path in paths), on_progress)
        try:
            with zipfile.ZipFile(draft, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
                for path in paths:
                    _add_to_zip(archive, folder / path, path, counter)
            draft.replace(target)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()

    def import_archive(
        self, archive: Path, name: str, on_progress: OnProgress = no_progress, *, reading: str = ""
    ) -> str:
        with self._store.locked(), opened_archive(archive, reading=reading) as sessions:
            names = name_sessions(sessions, archive, name)
            for session, chosen in zip(sessions, names, strict=True):
                self._check_is_free(chosen)
                self._check_names(session.members)
            size = sum(session.total_size for session in sessions)
            self._store.check_free_space(size)
            counter = ProgressCounter(size, on_progress)
            return self._import_sessions(sessions, names, counter)

    def _import_sessions(
        self, sessions: Sequence[SessionArchive], names: Sequence[str], counter: ProgressCounter
    ) -> str:
        """Import all sessions that are not damaged; return the first one's name.

        :raises ZipError: all are damaged.
        """
        problems = {
            name: self._import_if_intact(session, name, counter)
            for session, name in zip(sessions, names, strict=True)
        }
        imported = [name for name, problem in problems.items() if problem is None]
        for name, problem in problems.items():
            if problem is not None and not imported:
                raise problem
            if problem is not None:
                log.warning("“%s” was not imported: %s", name, problem)
        return imported[0]

    def _import_if_intact(
        self, session: SessionArchive, name: str, counter: ProgressCounter
    ) -> ZipError | None:
        """Import a session; return the error if it is damaged."""
        try:
            self._import_session(session, name, counter)
        except ZipError as error:
            return error
        return None

    def _import_session(self, session: SessionArchive, name: str, counter: ProgressCounter) -> None:
        present = set(session.members) - {METADATA_NAME}
        with self._store.draft() as draft:
            for path in session.members:
                session.extract(path, draft.joinpath(*path.split("/")), counter)
            document = session.document
            if document is None:
                sizes = {path: session.members[path].size for path in present}
                document = describe_files(sizes, now=datetime.now())  # noqa: DTZ005 (the original stores local time)
            document = with_existing_paths(document, present)
            write_durably(draft / METADATA_NAME, render(document, session_name=name))
            for subfolder in SESSION_FOLDERS:
                (draft / subfolder).mkdir(exist_ok=True)
            self._store.replace(name, draft)

    def delete(self, name: str) -> None:
        name = self._existing_folder(name).name
        with self._store.locked():
            self._store.delete(name)

    def _write(
        self, draft: Path, folder: Path, plan: SessionPlan, existing: Collection[str], on_progress: OnProgress
    ) -> None:
        """Fill the draft: link unchanged files, copy new and changed ones."""
        for subfolder in SESSION_FOLDERS:
            (draft / subfolder).mkdir()
        changed = {
            path: source
            for path, source in plan.files.items()
            if not (path in existing and _is_same(source, folder / path))
        }
        size = total_size(changed.values())
        self._store.check_free_space(size)
        for path in sorted(set(existing) - set(changed) - set(plan.written) - plan.removed):
            link_or_copy(folder / path, draft / path)
        counter = ProgressCounter(size, on_progress)
        for path, source in changed.items():
            copy_verified(source, draft / path, counter)
        for path, data in plan.written.items():
            (draft / path).write_bytes(data)

    def _record_access(self, folder: Path) -> dict[str, Any]:
        """Return the document with a new time of access, saved if possible."""
        document = read_document(folder)
        with suppress(OSError), self._store.locked():
            now = datetime.now()  # noqa: DTZ005 (the original stores local time)
            document = {**read_document(folder), "last_accessed": format_timestamp(now)}
            write_durably(folder / METADATA_NAME, as_json(document))
        return document

    def _former_document(self, folder: Path) -> dict[str, Any]:
        try:
            return read_document(folder)
        except FileNotFoundError:
            return {}
        except SessionError as error:
            log.warning("“%s”: %s It is replaced.", folder.name, error)
            return read_metadata((folder / METADATA_NAME).read_bytes()).document or {}

    def _existing_folder(self, name: str) -> Path:
        name = clean_name(name)
        folder = self.folder / name
        self._store.names()  # repairs an interrupted change
        if not folder.is_dir():
            raise SessionError(f"There is no session “{name}” {self.location}.")
        return folder

    def _check_names(self, paths: Collection[str]) -> None:
        """Raise if an archive contains names that need a permission that is not given.

        :raises UnsafeNamesError: it does.
        """
        hidden = [] if self._allow_hidden else find_hidden(paths)
        invisible = [] if self._allow_invisible else list(filter(has_invisible_characters, paths))
        if hidden or invisible:
            raise UnsafeNamesError(hidden=hidden, invisible=invisible, options=CLASS_OPTIONS)

    def _check_is_free(self, name: str) -> None:
        names = {fold_session_name(other): other for other in self._store.folder_names()}
        if fold_session_name(name) in names:
            raise SessionError(
                f"There is already a session “{names[fold_session_name(name)]}”. Give the import another name."
            )


def _list_sizes(folder: Path) -> dict[str, int]:
    """Return the sizes of a session's files by path, without metadata.json."""
    return {path: (folder / path).stat().st_size for path in list_files(folder) if path != METADATA_NAME}


def _is_same(source: Path, existing: Path) -> bool:
    """Return whether a copy would change nothing.

    Size and time are not enough: a pipeline writes files of one size within one tick of the clock.
    """
    return source.samefile(existing) or (
        source.stat().st_size == existing.stat().st_size and is_equal(source, existing)
    )


def _add_to_zip(archive: zipfile.ZipFile, source: Path, path: str, counter: ProgressCounter) -> None:
    info = zipfile.ZipInfo.from_file(source, path, strict_timestamps=False)
    is_compressed = PurePosixPath(path).suffix.lower() in COMPRESSED
    info.compress_type = zipfile.ZIP_STORED if is_compressed else zipfile.ZIP_DEFLATED
    with (
        source.open("rb") as reading,
        archive.open(info, "w", force_zip64=info.file_size >= ZIP64_SIZE) as writing,
    ):
        for chunk in iter(lambda: reading.read(CHUNK_SIZE), b""):
            writing.write(chunk)
            counter.add(len(chunk))


def count_files(folder: str) -> int:
    """Count all files in a folder and its subfolders, as the original does."""
    return sum(len(files) for _, _, files in os.walk(folder))
