"""Download of a version as a ZIP, resuming after an interruption."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from dubbing_client.api import Api
from dubbing_client.disk_space import check_free_space
from dubbing_client.errors import FolderError, TransferError, UnreachableError
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.rest import PREFIX
from dubbing_client.retries import attempt
from dubbing_client.transport import BLOCK_SIZE, StreamedResponse, Transport
from dubbing_client.user_files import read_json, state_dir, write_private
from dubbing_core.selection import FolderLayout
from dubbing_core.session_names import sanitize_session_name


@dataclass(frozen=True)
class ExportResult:
    file: Path
    size: int
    resumed_at: int
    """Bytes that an earlier run had received."""


def export_version(
    api: Api,
    *,
    session: str,
    version: int,
    name: str,
    output: Path | None = None,
    categories: Sequence[str] = (),
    languages: Sequence[str] = (),
    cells: Sequence[str] = (),
    without_source: bool = False,
    history: bool = False,
    layout: FolderLayout = FolderLayout.SESSION,
    listener: ProgressListener = NO_PROGRESS,
) -> ExportResult:
    """Download the archive of a version to a file.

    The data is written to ``output.part``; an interrupted download resumes if the archive's ETag is unchanged. An existing
    ``output`` is only replaced by a complete archive.

    :param output: the file, or the folder for a file named by the portal, which does not replace another; by default the
        current folder.
    :raises FolderError: the file cannot be written.
    :raises TransferError: the received bytes are not those requested.
    """
    query: list[tuple[str, str]] = [
        *(("category", category) for category in categories),
        *(("language", language) for language in languages),
        *(("cell", cell) for cell in cells),
    ]
    if without_source:
        query.append(("without_source", "true"))
    if history:
        query.append(("history", "true"))
    if layout is not FolderLayout.SESSION:
        query.append(("layout", layout.value))
    url = f"{api.url}{PREFIX}/sessions/{session}/versions/{version}/archive.zip"
    if query:
        url = f"{url}?{urlencode(query)}"
    return _fetch(_Download(api, url, output or Path(), name, listener), api, listener)


def export_sessions(
    api: Api,
    sessions: Sequence[str],
    *,
    output: Path | None = None,
    listener: ProgressListener = NO_PROGRESS,
) -> ExportResult:
    """Download the current versions of several sessions as one ZIP.

    It resumes as `export_version` does.

    :param sessions: their codes.
    """
    archive = api.create_archive(sessions)
    if not archive["url"].startswith(f"{PREFIX}/"):
        raise TransferError("The portal sent an address that is not its own.")
    # Each run gets another address of the same bytes: their ETag decides whether a broken download resumes.
    key = " ".join(sessions)
    download = _Download(api, f"{api.url}{archive['url']}", output or Path(), "sessions", listener, key=key)
    return _fetch(download, api, listener)


def _fetch(download: _Download, api: Api, listener: ProgressListener) -> ExportResult:
    listener.begin("fetch", 0)
    try:
        return attempt(
            download.resume,
            retries=api.retries,
            on_retry=api.on_retry,
            progress=lambda: download.position,
        )
    except OSError as error:
        raise FolderError(f"{download.output} cannot be written: {error.strerror or error}.") from error
    finally:
        listener.end("fetch")
        download.close()


class _Download:
    def __init__(
        self, api: Api, url: str, output: Path, name: str, listener: ProgressListener, *, key: str = ""
    ) -> None:
        """Prepare it.

        :param key: what is downloaded, if not what its address names.
        """
        self._api = api
        self._url = url
        self._name = name
        self._listener = listener
        self._transport = Transport(timeout=api.timeout)
        self._resumed_at: int | None = None
        self.position = 0
        """Bytes received so far."""
        self.output = output
        self._has_name = bool(output.name) and not output.is_dir()
        """Whether the file's name is known; otherwise the portal's first response contains it."""
        place = os.fsencode(output.absolute()) + b"\0" + (key or url).encode()
        self._record = state_dir() / "exports" / f"{hashlib.sha256(place).hexdigest()[:24]}.json"

    def close(self) -> None:
        self._transport.close()

    def resume(self) -> ExportResult:
        """Fetch the rest; may be called again after an error."""
        headers = self._api.authorization
        start, etag = self._read_record()
        if etag:
            headers.update({"Range": f"bytes={start}-", "If-Range": etag})
        with self._transport.stream(self._url, headers=headers) as response:
            if response.status != HTTPStatus.PARTIAL_CONTENT:
                start = 0
            if not self._has_name:
                name = _filename(response.headers, default=f"{self._name}_export.zip")
                self.output = _free_place(self.output / name)
                self._has_name = True
            size = self._receive(response, start)
        self._part_file.replace(self.output)
        with contextlib.suppress(FileNotFoundError):
            self._record.unlink()
        return ExportResult(file=self.output, size=size, resumed_at=self._resumed_at or 0)

    @property
    def _part_file(self) -> Path:
        return self.output.with_name(f"{self.output.name}.part")

    def _read_record(self) -> tuple[int, str]:
        """Return where to resume, and the archive's ETag.

        The last byte is requested again, so that the range is never empty.
        """
        record = read_json(self._record) or {}
        name, etag = record.get("file"), record.get("etag")
        if not isinstance(name, str) or not isinstance(etag, str) or not etag:
            return 0, ""
        if not self._has_name:
            self.output /= _safe_filename(name)
            self._has_name = True
        with contextlib.suppress(OSError):
            if size := self._part_file.stat().st_size:
                return size - 1, etag
        return 0, ""

    def _receive(self, response: StreamedResponse, start: int) -> int:
        if response.size is None:
            raise TransferError("The portal did not send the size of the archive.")
        total = start + response.size
        check_free_space(self.output.absolute().parent, response.size)
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            content_range = response.headers.get("content-range", "")
            match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", content_range)
            if match is None or [int(number) for number in match.groups()] != [start, total - 1, total]:
                raise TransferError("The portal sent another range than requested.")
        if self._resumed_at is None:
            self._resumed_at = start
            self._listener.begin("fetch", total)
            self._listener.advance("fetch", start)
        etag = response.headers.get("etag", "")
        if not etag.startswith('"'):
            etag = ""  # a weak ETag does not identify bytes
        write_private(self._record, json.dumps({"file": self.output.name, "etag": etag}).encode())
        if self._part_file.is_symlink():
            raise FolderError(f"{self._part_file} is a link. Delete it, and run the command again.")
        with self._part_file.open("r+b" if start else "wb") as part_file:
            part_file.seek(start)
            part_file.truncate()
            while block := response.read(BLOCK_SIZE):
                part_file.write(block)
                self.position = part_file.tell()
                self._listener.advance("fetch", len(block))
            size = part_file.tell()
        if size < total:
            raise UnreachableError("The download was interrupted.")
        if size > total:
            raise TransferError("The portal sent more bytes than declared.")
        return size


def _filename(headers: Mapping[str, str], *, default: str) -> str:
    """Return the file name in a response, in a form valid on every file system."""
    message = Message()
    message["Content-Disposition"] = headers.get("content-disposition", "")
    return _safe_filename(message.get_filename() or default)


def _safe_filename(name: str) -> str:
    """Return a name for an archive that a portal has named.

    It ends in ``.zip``: a portal must not create other kinds of files.
    """
    name = sanitize_session_name(name.replace("\\", "/").rpartition("/")[2])
    name = "".join(character for character in name if character.isprintable())
    if not name.casefold().endswith(".zip"):
        name = f"{name or 'export'}.zip"
    return name


def _free_place(place: Path) -> Path:
    """Return the place, numbered if there is a file: `talk_export (1).zip`."""
    candidate, number = place, 1
    while os.path.lexists(candidate):
        candidate = place.with_name(f"{place.stem} ({number}){place.suffix}")
        number += 1
    return candidate
