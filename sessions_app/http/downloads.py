"""Download responses: whole or in ranges, so that an interrupted download resumes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header, parse_etags

from dubbing_core.http_ranges import (
    ByteRange,
    RangeNotSatisfiableError,
    format_content_range,
    matches_if_range,
    parse_range,
)
from dubbing_core.name_mapping import ZIP
from dubbing_core.sentences import sentence
from dubbing_core.zips.layout import Layout
from sessions_app.exports.stream import stream_segments
from sessions_app.http.direct_media import get_media_origin, redirect_to_store
from sessions_app.http.error_pages import temporary_error_page
from sessions_app.http.transfers import SMALL_BODY, claim_transfer
from sessions_app.media.types import DERIVED_TYPES
from sessions_app.models import Derivative, Entry, Export, SessionArchive, Version
from sessions_app.operations.exports.session_archive import get_archive_layout
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreError
from sessions_app.storage.keys import blob_key

UNREADABLE_MESSAGE = sentence("The file cannot be read at the moment. Try again in a few minutes.")
UNREADABLE_RETRY_SECONDS = 5
MEDIA_PIECE = 1024 * 1024
"""Bytes of a response to a player. A browser reads some seconds ahead, then leaves the rest of a response unread: six such responses
take all of its connections to the portal, whose pages then stand still, and six threads of the web server. A piece fits into the
browser's buffers, and it asks for the next one when it needs it."""
MEDIA_ELEMENTS = {"audio", "video"}
IMMUTABLE = "private, max-age=31536000, immutable"


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
    """The local file with the bytes, if the store has one."""
    content_type: str = "application/octet-stream"
    inline: bool = False
    key: str = ""
    """Of the object in the store; empty if the bytes are not one."""
    is_immutable: bool = False
    """Whether the address contains the content's hash, so that browsers need not ask again."""


def object_download(
    key: str,
    *,
    size: int,
    etag: str,
    filename: str,
    content_type: str = "application/octet-stream",
    inline: bool = False,
) -> Download:
    """Return the download of an object in the store."""
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
        key=key,
    )


def layout_download(layout: Layout, *, filename: str) -> Download:
    """Return the download of a ZIP that is generated from its plan; nothing is stored."""
    store = get_store()
    return Download(
        size=layout.size,
        etag=layout.etag,
        filename=filename,
        read=lambda start, end: stream_segments(layout.cut(start, end), reader=store),
        content_type="application/zip",
    )


def session_archive_download(archive: SessionArchive, versions: Collection[Version]) -> Download:
    """Return the download of several sessions as one ZIP.

    :param versions: those of the archive that the user may see, with their sessions.
    :raises NotAllowedError: a session is not there any more.
    :raises BusyError: too many other ZIPs are being planned.
    """
    layout = get_archive_layout(archive, versions)
    moment = timezone.localtime(archive.created_at)
    filename = f"{len(archive.versions)}_sessions_{moment:%Y%m%d_%H%M%S}.zip"
    return layout_download(layout, filename=filename)


def export_download(export: Export) -> Download:
    """Return the download of a stored export."""
    return object_download(
        export.key,
        size=export.size,
        etag=export.etag,
        filename=export.filename,
        content_type="application/zip",
    )


def entry_download(
    entry: Entry, *, content_type: str = "application/octet-stream", inline: bool = False
) -> Download:
    """Return the download of a file of a version; its blob must be loaded."""
    return object_download(
        blob_key(entry.blob.sha256),
        size=entry.blob.size,
        etag=f'"{entry.blob.sha256}"',
        filename=ZIP.replace_name(entry.path.rpartition("/")[2]),
        content_type=content_type,
        inline=inline,
    )


def derivative_download(derivative: Derivative) -> Download:
    """Return the download of a derivative; its blob must be loaded."""
    etag, content_type = f'"{derivative.sha256}"', DERIVED_TYPES[derivative.extension]
    if derivative.blob is not None:
        download = object_download(
            blob_key(derivative.blob.sha256),
            size=derivative.size,
            etag=etag,
            filename=derivative.name,
            content_type=content_type,
            inline=True,
        )
        return replace(download, is_immutable=True)
    content = bytes(derivative.content or b"")
    return Download(
        size=len(content),
        etag=etag,
        filename=derivative.name,
        read=lambda start, end: iter([content[start:end]]),
        content_type=content_type,
        inline=True,
        is_immutable=True,
    )


def download_response(
    request: HttpRequest,
    download: Download,
    *,
    on_start: Callable[[], None] | None = None,
    link: int | None = None,
) -> HttpResponseBase:
    """Respond to GET and HEAD with Range, If-Range and If-None-Match.

    Source: RFC 9110, sections 13 and 14.

    :param on_start: called when a GET starts at the first byte, so once per download rather than per range.
    :param link: primary key of the shared link that is used instead of an account.
    :raises BusyError: the account or link, or the portal, has too many transfers.
    """
    if etag_matches(request, download.etag):
        return _with_headers(HttpResponse(status=HTTPStatus.NOT_MODIFIED), download)
    if (redirect := _redirect(request, download)) is not None:
        return redirect
    part: ByteRange | None = None
    if matches_if_range(request.headers.get("If-Range"), download.etag):
        try:
            part = _shorten(request, parse_range(request.headers.get("Range"), download.size))
        except RangeNotSatisfiableError:
            unsatisfied = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            unsatisfied["Content-Range"] = f"bytes */{download.size}"
            return _with_headers(unsatisfied, download)
    start, end = (part.start, part.end) if part else (0, download.size)
    if request.method == "GET" and end - start > SMALL_BODY:
        claim_transfer(request, link=link)
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


def _redirect(request: HttpRequest, download: Download) -> HttpResponse | None:
    """Return the redirect of a player to the store."""
    if not (download.inline and download.key):
        return None
    return redirect_to_store(
        request,
        key=download.key,
        size=download.size,
        content_type=download.content_type,
        filename=download.filename,
        is_immutable=download.is_immutable,
    )


def _shorten(request: HttpRequest, part: ByteRange | None) -> ByteRange | None:
    """Return the first piece of a range that a player asks for up to the end.

    A response may have less than what was requested (RFC 9110 section 15.3.7).
    """
    is_open = request.headers.get("Range", "").rstrip().endswith("-")
    if part is None or not is_open or request.headers.get("Sec-Fetch-Dest") not in MEDIA_ELEMENTS:
        return part
    return replace(part, end=min(part.end, part.start + MEDIA_PIECE))


def etag_matches(request: HttpRequest, etag: str) -> bool:
    """Return whether the client has this version already (If-None-Match).

    Weak comparison (RFC 9110 section 13.1.2): a compressing proxy turns our validator into a weak one.
    """
    tags = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
    return bool(tags & {etag, "*"})


def _body(request: HttpRequest, download: Download, start: int, end: int) -> HttpResponseBase:
    if request.method == "HEAD" or start == end:
        return HttpResponse()
    try:
        if end - start <= SMALL_BODY:
            # Like a page: no transfer, and the thread keeps its database connection.
            return HttpResponse(b"".join(download.read(start, end)))
        if download.path is not None:
            return FileResponse(FileRange(download.path, start, end))
        return StreamingHttpResponse(with_first_chunk(download.read(start, end)))
    except (OSError, StoreError):
        return temporary_error_page(
            request, HTTPStatus.SERVICE_UNAVAILABLE, UNREADABLE_MESSAGE, retry_after=UNREADABLE_RETRY_SECONDS
        )


class FileRange:
    """A range of a file, for FileResponse.

    A server with sendfile(2) sends Content-Length bytes from the descriptor's position; others call `read`.
    """

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._file.seek(start)
        self._remaining = end - start
        self.fileno = self._file.fileno
        self.close = self._file.close
        # For `socket.sendfile`, which begins again without sendfile(2) when the client has closed the connection.
        self.seek = self._file.seek

    def seekable(self) -> bool:
        """Return False: FileResponse would read to the end to learn the size."""
        return False

    def read(self, size: int = -1) -> bytes:
        count = self._remaining if size < 0 else min(size, self._remaining)
        data = self._file.read(count)
        self._remaining -= len(data)
        return data


def with_first_chunk(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first chunk at once, so that an error can still set the status."""
    first = next(chunks)

    def rest() -> Iterator[bytes]:
        yield first
        yield from chunks

    return rest()


def _with_headers(response: HttpResponseBase, download: Download) -> HttpResponseBase:
    response["ETag"] = download.etag
    response["Accept-Ranges"] = "bytes"
    response["Content-Type"] = download.content_type
    response["Cache-Control"] = IMMUTABLE if download.is_immutable else "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    sources = " ".join(filter(None, ("'self'", get_media_origin())))
    response["Content-Security-Policy"] = (
        f"sandbox; default-src 'none'; media-src {sources}; img-src {sources}"
    )
    if disposition := content_disposition_header(
        as_attachment=not download.inline, filename=download.filename
    ):
        response["Content-Disposition"] = disposition
    return response
