"""Previews of text files: the beginning, as plain text in UTF-8."""

from __future__ import annotations

import codecs
from http import HTTPStatus
from posixpath import splitext

from django.http import HttpRequest, HttpResponse

from dubbing_core.timeline.encodings import detect_encoding
from sessions_app.http.downloads import UNREADABLE_MESSAGE, UNREADABLE_RETRY_SECONDS
from sessions_app.http.error_pages import temporary_error_page
from sessions_app.models import Entry
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreError
from sessions_app.storage.keys import blob_key

PREVIEW_BYTES = 128 * 1024
PREVIEWED = frozenset(
    [
        ".ass",
        ".cfg",
        ".csv",
        ".ini",
        ".json",
        ".jsonl",
        ".log",
        ".md",
        ".sbv",
        ".srt",
        ".ssa",
        ".toml",
        ".tsv",
        ".ttml",
        ".txt",
        ".vtt",
        ".xml",
        ".yaml",
        ".yml",
    ]
)
"""Extensions of files that are text."""


def is_previewed(path: str) -> bool:
    """Return whether the file is text by its extension."""
    return splitext(path)[1].lower() in PREVIEWED


def preview_text(request: HttpRequest, entry: Entry) -> HttpResponse:
    """Return the beginning of a text file; its blob must be loaded.

    Uploaded content is untrusted: it is plain text whatever it contains.
    """
    size = min(entry.blob.size, PREVIEW_BYTES)
    try:
        data = b"".join(get_store().read(blob_key(entry.blob.sha256), 0, size)) if size else b""
    except (OSError, StoreError):
        return temporary_error_page(
            request, HTTPStatus.SERVICE_UNAVAILABLE, UNREADABLE_MESSAGE, retry_after=UNREADABLE_RETRY_SECONDS
        )
    encoding, _ = detect_encoding(data, language=entry.language)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    # A character that the end of the preview cuts is left out.
    text = decoder.decode(data, final=size == entry.blob.size).removeprefix("\ufeff")
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
