"""Sends stored bytes: whole or in ranges, so that a broken download goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags

from dubbing_core.http_ranges import (
    ByteRange,
    RangeNotSatisfiableError,
    format_content_range,
    matches_if_range,
    parse_range,
)
from dubbing_core.zips.layout import Layout
from sessions_app.exports.stream import stream
from sessions_app.models import Entry, Export
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import StoreError

PLAYABLE = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
"""The only types a browser may show in place; everything else is saved, never opened (DESIGN: uploaded content is hostile)."""


@dataclass(frozen=True, kw_only=True)
class Download:
    size: int
    """In bytes."""
    etag: str
    """Strong, in quotes."""
    filename: str
    read: Callable[[int, int], Iterator[bytes]]
    """Yields the bytes of the half-open range."""
    path: Path | None = None
    """Where the bytes lie on this machine, if they lie in a file."""
    content_type: str = "application/octet-stream"
    inline: bool = False


def stored(
    key: str,
    *,
    size: int,
    etag: str,
    filename: str,
    content_type: str = "application/octet-stream",
    inline: bool = False,
) -> Download:
    """An object of the store."""
    store = get_store()
    files = store.capabilities.local_files
    return Download(
        size=size,
        etag=etag,
        filename=filename,
        read=lambda start, end: store.read(key, start, end),
        path=files.local_path(key) if files is not None else None,
        content_type=content_type,
        inline=inline,
    )


def planned(layout: Layout, *, filename: str) -> Download:
    """A ZIP straight from its plan: nothing is stored, and it resumes as if it were."""
    store = get_store()
    return Download(
        size=layout.size,
        etag=layout.etag,
        filename=filename,
        read=lambda start, end: stream(layout.cut(start, end), reader=store),
        content_type="application/zip",
    )


def exported(export: Export) -> Download:
    """The ZIP of an export whose bytes are kept."""
    return stored(
        export.key,
        size=export.size,
        etag=export.etag,
        filename=export.filename,
        content_type="application/zip",
    )


def filed(entry: Entry, *, content_type: str = "application/octet-stream", inline: bool = False) -> Download:
    """A file of a version; its blob is at hand."""
    return stored(
        blob_key(entry.blob.sha256),
        size=entry.blob.size,
        etag=f'"{entry.blob.sha256}"',
        filename=entry.path.rsplit("/", 1)[-1],
        content_type=content_type,
        inline=inline,
    )


def playable_type(path: str) -> str | None:
    return PLAYABLE.get(PurePosixPath(path).suffix.lower())


def send(
    request: HttpRequest, download: Download, *, on_start: Callable[[], None] | None = None
) -> HttpResponseBase:
    """Answer GET and HEAD with Range, If-Range and If-None-Match (RFC 9110 sections 13 and 14).

    :param on_start: called when bytes are sent from the start, once a download rather than once a range.
    """
    if is_known(request, download.etag):
        return _with_headers(HttpResponse(status=HTTPStatus.NOT_MODIFIED), download)
    part: ByteRange | None = None
    if matches_if_range(request.headers.get("If-Range"), download.etag):
        try:
            part = parse_range(request.headers.get("Range"), download.size)
        except RangeNotSatisfiableError:
            unsatisfied = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            unsatisfied["Content-Range"] = f"bytes */{download.size}"
            return _with_headers(unsatisfied, download)
    start, end = (part.start, part.end) if part else (0, download.size)
    response = _body(request, download, start, end)
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        return response
    if on_start is not None and start == 0 and request.method == "GET":
        on_start()
    if part is not None:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = format_content_range(part, download.size)
    response["Content-Length"] = str(end - start)
    return _with_headers(response, download)


def is_known(request: HttpRequest, etag: str) -> bool:
    """Whether who asks has it already (If-None-Match).

    Compared weakly (RFC 9110 section 13.1.2): a proxy that compresses makes our validator a weak one.
    """
    known = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
    return bool(known & {etag, "*"})


def _body(request: HttpRequest, download: Download, start: int, end: int) -> HttpResponseBase:
    if request.method == "HEAD" or start == end:
        return HttpResponse()
    try:
        if download.path is not None:
            return FileResponse(_FileRange(download.path, start, end))
        return StreamingHttpResponse(started(download.read(start, end)))
    except (OSError, StoreError):
        return HttpResponse(
            "The file cannot be read right now. Try again in a few minutes.",
            content_type="text/plain; charset=utf-8",
            status=HTTPStatus.SERVICE_UNAVAILABLE,
        )


class _FileRange:
    """A range of a file, for FileResponse.

    A web server that has sendfile(2) sends Content-Length bytes from where the descriptor stands; any other one reads. It cannot
    seek, because FileResponse would then read it to its end to learn its size.
    """

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._file.seek(start)
        self._left = end - start
        self.fileno = self._file.fileno
        self.close = self._file.close

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        return data


def started(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first chunk now, while the answer can still be an error."""
    first = next(chunks)

    def rest() -> Iterator[bytes]:
        yield first
        yield from chunks

    return rest()


def _with_headers(response: HttpResponseBase, download: Download) -> HttpResponseBase:
    response["ETag"] = download.etag
    response["Accept-Ranges"] = "bytes"
    response["Content-Type"] = download.content_type
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; media-src 'self'; img-src 'self'"
    if disposition := content_disposition_header(
        as_attachment=not download.inline, filename=download.filename
    ):
        response["Content-Disposition"] = disposition
    return response
