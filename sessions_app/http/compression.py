"""Compression of pages: HTML, and JSON of pages' scripts, by gzip."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from zlib_ng import gzip_ng

LEVEL = 3
"""The page of a session: 139 kB become 15 kB in 0.3 ms; 14 kB take twice the time."""
SMALLEST = 1024
"""Bytes from which it is worth it: a smaller response fits in one packet."""
HTML = "text/html"
JSON = "application/json"
EXCLUDED = ("/account/", "/accounts/")
"""Pages whose contents may be a secret that stays the same."""
API = "/api/"
"""Its clients are programs; its page is compressed."""
MAX_PADDING = 100
REFUSED = {"q=0", "q=0.0", "q=0.00", "q=0.000"}
NAME_FOLLOWS = 8
"""Flag of the gzip header (RFC 1952)."""
HEADER_SIZE = 10


def compress_pages(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return a middleware that compresses pages for clients that accept gzip.

    Files, streams and responses with a validator stay as they are: their ranges and ETags are those of the bytes.

    A stranger who can make a user open addresses with guesses in them, and sees the lengths of the responses, could find out a secret
    on the page (BREACH). The CSRF token is masked differently in each response, new tokens and links are shown once, and a name of random
    length in the header hides single bytes. The address of a shared page is itself a secret: an attacker without it cannot make a user
    open the page. One with it could at most find out what the page shows of the signed-in viewer: name and session.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponse) and _is_compressible(request, response):
            patch_vary_headers(response, ("Accept-Encoding",))
            if accepts_gzip(request.headers.get("Accept-Encoding", "")):
                response.content = compress(response.content)
                response["Content-Encoding"] = "gzip"
                response["Content-Length"] = str(len(response.content))
        return response

    return middleware


def accepts_gzip(header: str) -> bool:
    """Return whether an Accept-Encoding header names gzip, without weight zero."""
    for part in header.lower().replace(" ", "").split(","):
        name, _, weight = part.partition(";")
        if name == "gzip":
            return weight not in REFUSED
    return False


def compress(data: bytes) -> bytes:
    """Return a gzip file with a name of random length."""
    compressed: bytes = gzip_ng.compress(data, compresslevel=LEVEL, mtime=0)  # type: ignore[no-untyped-call]  # it has no types
    header = bytearray(compressed[:HEADER_SIZE])
    header[3] = NAME_FOLLOWS
    name = b"x" * (1 + secrets.randbelow(MAX_PADDING)) + b"\0"
    return bytes(header) + name + compressed[HEADER_SIZE:]


def _is_compressible(request: HttpRequest, response: HttpResponse) -> bool:
    types = HTML if request.path_info.startswith(API) else (HTML, JSON)
    return (
        request.method in {"GET", "HEAD"}
        and response.status_code == HTTPStatus.OK
        and response.get("Content-Type", "").startswith(types)
        and len(response.content) >= SMALLEST
        and not response.has_header("Content-Encoding")
        and not response.has_header("ETag")
        and not request.path_info.startswith(EXCLUDED)
    )
