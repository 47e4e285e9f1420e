"""Downloads a version as a ZIP; a download that broke off goes on where it stopped."""

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
from dubbing_client.errors import FolderError, TransferError, UnreachableError
from dubbing_client.events import SILENCE, Listener
from dubbing_client.homes import read_json, state_home, write_private
from dubbing_client.portal import PREFIX
from dubbing_client.retries import attempt
from dubbing_client.transport import BLOCK_SIZE, StreamedResponse, Transport


@dataclass(frozen=True)
class Exported:
    file: Path
    size: int
    resumed_at: int
    """Bytes that an earlier run had fetched."""


def export(
    api: Api,
    *,
    session: str,
    version: int,
    name: str,
    output: Path | None = None,
    categories: Sequence[str] = (),
    languages: Sequence[str] = (),
    without_source: bool = False,
    history: bool = False,
    listener: Listener = SILENCE,
) -> Exported:
    """Download the archive of a version into ``output``, or into a file of the portal's naming in the current folder.

    It is collected in ``output.part``. What a run that was killed left there is gone on with if the archive is still the same: the
    portal says so by its ETag. An existing ``output`` is only replaced by a whole archive.

    :raises FolderError: the disk does not take it.
    :raises TransferError: it did not come whole.
    """
    query: list[tuple[str, str]] = [
        *(("category", each) for each in categories),
        *(("language", each) for each in languages),
    ]
    if without_source:
        query.append(("without_source", "true"))
    if history:
        query.append(("history", "true"))
    url = f"{api.url}{PREFIX}/sessions/{session}/versions/{version}/archive.zip"
    if query:
        url = f"{url}?{urlencode(query)}"
    download = _Download(api, url, output or Path(), name, listener)
    listener.begin("fetch", 0)
    try:
        return attempt(
            download.go_on, retries=api.retries, on_trouble=api.on_trouble, progress=lambda: download.position
        )
    except OSError as error:
        raise FolderError(f"{download.output} cannot be written: {error.strerror or error}.") from error
    finally:
        listener.end("fetch")
        download.close()


class _Download:
    def __init__(self, api: Api, url: str, output: Path, name: str, listener: Listener) -> None:
        self._api = api
        self._url = url
        self._name = name
        self._listener = listener
        self._transport = Transport(timeout=api.timeout)
        self._resumed_at: int | None = None
        self.position = 0
        """How far it has come."""
        self.output = output
        self._is_named = bool(output.name) and not output.is_dir()
        """Whether the file's name is known: where it is not, the portal's first answer tells it."""
        asked = os.fsencode(output.absolute()) + b"\0" + url.encode()
        self._note = state_home() / "exports" / f"{hashlib.sha256(asked).hexdigest()[:24]}.json"

    def close(self) -> None:
        self._transport.close()

    def go_on(self) -> Exported:
        """Fetch what is missing; may be called again after an error."""
        headers = {**self._api.authorization}
        start, etag = self._left()
        if etag:
            headers.update({"Range": f"bytes={start}-", "If-Range": etag})
        with self._transport.stream(self._url, headers=headers) as body:
            if body.status != HTTPStatus.PARTIAL_CONTENT:
                start = 0
            if not self._is_named:
                self.output /= _filename(body.headers, default=f"{self._name}_export.zip")
                self._is_named = True
            size = self._receive(body, start)
        self._part.replace(self.output)
        with contextlib.suppress(FileNotFoundError):
            self._note.unlink()
        return Exported(file=self.output, size=size, resumed_at=self._resumed_at or 0)

    @property
    def _part(self) -> Path:
        return self.output.with_name(f"{self.output.name}.part")

    def _left(self) -> tuple[int, str]:
        """Return where to go on, and in which archive. The last byte is asked for again, so that there is always something to ask for."""
        noted = read_json(self._note) or {}
        name, etag = noted.get("file"), noted.get("etag")
        if not isinstance(name, str) or not isinstance(etag, str) or not etag:
            return 0, ""
        if not self._is_named:
            self.output /= _safe(name)
            self._is_named = True
        with contextlib.suppress(OSError):
            if size := self._part.stat().st_size:
                return size - 1, etag
        return 0, ""

    def _receive(self, body: StreamedResponse, start: int) -> int:
        if body.size is None:
            raise TransferError("The portal does not say how large the archive is.")
        total = start + body.size
        if body.status == HTTPStatus.PARTIAL_CONTENT:
            told = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", body.headers.get("content-range", ""))
            if told is None or [int(number) for number in told.groups()] != [start, total - 1, total]:
                raise TransferError("The portal answered another range than was asked for.")
        if self._resumed_at is None:
            self._resumed_at = start
            self._listener.begin("fetch", total)
            self._listener.advance("fetch", start)
        etag = body.headers.get("etag", "")
        if not etag.startswith('"'):
            etag = ""  # a weak one says nothing about bytes
        write_private(self._note, json.dumps({"file": self.output.name, "etag": etag}).encode())
        with self._part.open("r+b" if start else "wb") as part:
            part.seek(start)
            part.truncate()
            while block := body.read(BLOCK_SIZE):
                part.write(block)
                self.position = part.tell()
                self._listener.advance("fetch", len(block))
            size = part.tell()
        if size < total:
            raise UnreachableError("The download broke off.")
        if size > total:
            raise TransferError("More came than the portal had announced.")
        return size


def _filename(headers: Mapping[str, str], *, default: str) -> str:
    """Return the name that an answer gives its file, as one that may lie in the current folder."""
    message = Message()
    message["Content-Disposition"] = headers.get("content-disposition", "")
    return _safe(message.get_filename() or default)


def _safe(name: str) -> str:
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in name if character.isprintable() and character not in '<>:"|?*')
    return name.lstrip(".") or "export.zip"
