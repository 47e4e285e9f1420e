"""Sessions in a folder of this machine, in the original's layout."""

from __future__ import annotations

import logging
import os
import secrets
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from dubbing_client.sessions import unzip
from dubbing_client.sessions.backend import Progress, silent
from dubbing_client.sessions.collecting import conventional_files
from dubbing_client.sessions.document import (
    FOLDERS,
    METADATA,
    as_json,
    located,
    made_true,
    moment,
    parse,
    rendered,
    summary,
)
from dubbing_client.sessions.errors import SessionError
from dubbing_client.sessions.names import clean_name, fold_name
from dubbing_client.sessions.places import (
    CHUNK,
    Place,
    Ticker,
    copy_verified,
    files_below,
    is_equal,
    keep,
    size_of,
    write_durably,
)
from dubbing_client.sessions.plan import Plan, plan_save

log = logging.getLogger("dubbing_client")

COMPRESSED = frozenset(
    [
        ".7z",
        ".aac",
        ".avi",
        ".flac",
        ".gz",
        ".jpg",
        ".jpeg",
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
"""What Deflate makes no smaller."""


class Local:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def where(self) -> str:
        return f"in the folder “{self.folder}”"

    @property
    def farewell(self) -> str:
        return "Its files are gone then."

    @property
    def _place(self) -> Place:
        return Place(self.folder)

    def names(self) -> list[str]:
        """Newest first, by the dates at the end of automatic names, as the original sorts them."""
        return sorted(
            (name for name in self._place.names() if (self.folder / name / METADATA).is_file()), reverse=True
        )

    def prepare(self, name: str) -> Path:
        home = self.folder / clean_name(name)
        for folder in FOLDERS:
            (home / folder).mkdir(parents=True, exist_ok=True)
        return home

    def save(self, name: str, data: dict[str, Any], progress: Progress = silent) -> str:
        name = clean_name(name)
        with self._place.changing(), self._place.draft() as draft:
            home = self.folder / name
            kept = set(files_below(home)) - {METADATA}
            plan = plan_save(
                {**conventional_files(Path()), **data},
                former=self._former(home),
                kept=kept,
                home=home,
                now=datetime.now(),  # noqa: DTZ005 (the original knows no zones)
            )
            for path in plan.missing:
                log.warning("“%s” was not saved: there is no such file.", path)
            self._write(draft, home, plan, kept, progress)
            write_durably(draft / METADATA, rendered(plan.document, session_name=name))
            self._place.put(draft, name)
        log.info("Saved the session “%s” %s.", name, self.where)
        return name

    def load(self, name: str, progress: Progress = silent) -> dict[str, Any]:  # noqa: ARG002 (it is at hand)
        home = self._home(name)
        document = self._touched(home)
        present = set(files_below(home)) - {METADATA}
        return located(document, name=home.name, folder=str(home), present=present)

    def info(self, name: str) -> dict[str, Any]:
        home = self._home(name)
        count = sum(1 for _ in files_below(home))
        return summary(self._document(home), name=home.name, file_count=count)

    def export(self, name: str, target: Path, progress: Progress = silent) -> None:
        home = self._home(name)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        paths = list(files_below(home))
        ticker = Ticker(size_of(home / path for path in paths), progress)
        try:
            with zipfile.ZipFile(draft, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
                for path in paths:
                    _pack(archive, home / path, path, ticker)
            draft.replace(target)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()

    def bring(self, archive: Path, name: str, progress: Progress = silent) -> str:
        name = clean_name(name)
        with self._place.changing(), unzip.opened(archive) as opened, self._place.draft() as draft:
            self._refuse_taken(name)
            members = unzip.members(opened)
            size = sum(info.file_size for info in members.values())
            self._place.check_room(size)
            ticker = Ticker(size, progress)
            for path, info in members.items():
                unzip.extract(opened, info, draft.joinpath(*path.split("/")), ticker)
            present = set(members) - {METADATA}
            document = made_true(parse((draft / METADATA).read_bytes()), present)
            write_durably(draft / METADATA, rendered(document, session_name=name))
            for folder in FOLDERS:
                (draft / folder).mkdir(exist_ok=True)
            self._place.put(draft, name)
        return name

    def delete(self, name: str) -> None:
        name = self._home(name).name
        with self._place.changing():
            self._place.remove(name)

    # -- What a session is on disk ----------------------------------------------------------------------------------

    def _write(self, draft: Path, home: Path, plan: Plan, kept: set[str], progress: Progress) -> None:
        """Fill the draft: what stays is linked, what is new or changed is copied."""
        for folder in FOLDERS:
            (draft / folder).mkdir()
        changed = {
            path: source
            for path, source in plan.files.items()
            if not (path in kept and _is_same(source, home / path))
        }
        size = size_of(changed.values())
        self._place.check_room(size)
        for path in sorted(kept - set(changed) - set(plan.written) - plan.removed):
            keep(home / path, draft / path)
        ticker = Ticker(size, progress)
        for path, source in changed.items():
            copy_verified(source, draft / path, ticker)
        for path, data in plan.written.items():
            (draft / path).write_bytes(data)

    def _touched(self, home: Path) -> dict[str, Any]:
        """The document, with a note in its file that somebody looked at it, where the file can be written."""
        document = self._document(home)
        with suppress(OSError), self._place.changing():
            document = {**self._document(home), "last_accessed": moment(datetime.now())}  # noqa: DTZ005 (as above)
            write_durably(home / METADATA, as_json(document))
        return document

    def _former(self, home: Path) -> dict[str, Any]:
        try:
            return self._document(home)
        except (SessionError, FileNotFoundError) as error:
            if home.exists() and not isinstance(error, FileNotFoundError):
                log.warning("“%s”: %s It is written anew.", home.name, error)
            return {}

    def _document(self, home: Path) -> dict[str, Any]:
        return parse((home / METADATA).read_bytes())

    def _home(self, name: str) -> Path:
        name = clean_name(name)
        home = self.folder / name
        self._place.names()  # puts right what was cut off
        if not home.is_dir():
            raise SessionError(f"There is no session “{name}” {self.where}.")
        return home

    def _refuse_taken(self, name: str) -> None:
        taken = {fold_name(other): other for other in self._place.present()}
        if fold_name(name) in taken:
            raise SessionError(
                f"There is a session “{taken[fold_name(name)]}” already. Give the import another name."
            )


def _is_same(source: Path, kept: Path) -> bool:
    """Whether a copy would change nothing. Size and time do not tell: a pipeline writes many files of one size in one moment."""
    return source.samefile(kept) or (source.stat().st_size == kept.stat().st_size and is_equal(source, kept))


def _pack(archive: zipfile.ZipFile, source: Path, path: str, ticker: Ticker) -> None:
    info = zipfile.ZipInfo.from_file(source, path, strict_timestamps=False)
    info.compress_type = (
        zipfile.ZIP_STORED if PurePosixPath(path).suffix.lower() in COMPRESSED else zipfile.ZIP_DEFLATED
    )
    with (
        source.open("rb") as reading,
        archive.open(info, "w", force_zip64=info.file_size >= 2**31) as writing,
    ):
        for chunk in iter(lambda: reading.read(CHUNK), b""):
            writing.write(chunk)
            ticker.tick(len(chunk))


def count_files(folder: str) -> int:
    """All files below a folder, as the original counts them."""
    return sum(len(files) for _, _, files in os.walk(folder))
