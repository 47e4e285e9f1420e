"""Downloads a file of the portal's that may take long: in one piece when nothing happens, else from where it broke off."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from dubbing_client.api import PREFIX, Api
from dubbing_client.errors import Problem, UnreachableError
from dubbing_client.folder import PART_SUFFIX
from dubbing_client.retries import attempt
from dubbing_client.sessions.backend import Progress
from dubbing_client.wire import BLOCK, Body, Wire

PARTIAL, BEYOND = 206, 416


def download(api: Api, path: str, target: Path, progress: Progress) -> None:
    """Fetch what lies below ``/api/v1`` at this path to ``target``, which is whole or not there.

    What has arrived when the portal stays away lies beside it, and the next call goes on with it.

    :raises UnreachableError: the portal stayed away.
    """
    wire = Wire(timeout=api.timeout)
    try:
        attempt(lambda: _Download(api, wire, path, target, progress).run(), retries=api.retries)
    finally:
        wire.close()


class _Download:
    def __init__(self, api: Api, wire: Wire, path: str, target: Path, progress: Progress) -> None:
        self._api = api
        self._wire = wire
        self._url = api.url + PREFIX + path
        self._target = target
        self._progress = progress
        name = hashlib.sha256(self._url.encode()).hexdigest()[:16]
        self._part = target.with_name(f".{target.name[:100]}.{name}{PART_SUFFIX}")
        self._etag = self._part.with_name(f"{self._part.name}.etag")

    def run(self) -> None:
        start = self._part.stat().st_size if self._part.is_file() and self._etag.is_file() else 0
        headers = dict(self._api.authorization)
        if start:
            headers.update({"Range": f"bytes={start}-", "If-Range": self._etag.read_text()})
        try:
            self._fetch(headers, start)
        except Problem as problem:
            if problem.status != BEYOND:
                raise
            # All of it had arrived, or nothing fits any more: once from the beginning.
            self._etag.unlink()
            self._fetch(dict(self._api.authorization), 0)
        self._part.replace(self._target)
        self._etag.unlink()

    def _fetch(self, headers: Mapping[str, str], start: int) -> None:
        with self._wire.get(self._url, headers=headers) as body:
            if body.status != PARTIAL:
                start = 0
                self._etag.write_text(body.headers.get("etag", ""))
            self._write(body, start)

    def _write(self, body: Body, start: int) -> None:
        size = start + (body.size or 0)
        view = memoryview(bytearray(BLOCK))
        with self._part.open("r+b" if start else "wb") as file:
            done = file.seek(start)
            self._progress(done, size)
            while count := body.readinto(view):
                file.write(view[:count])
                done += count
                self._progress(done, max(size, done))
        if body.size is not None and done != size:
            raise UnreachableError("The download broke off.")
