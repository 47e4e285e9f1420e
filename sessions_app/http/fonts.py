"""Preloading of the fonts of scripts that a page shows.

A browser finds a font of another script only when it lays out its first character; by then the text was drawn without it and moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.templatetags.static import static
from django.utils.html import format_html_join

FONTS = {
    "devanagari": re.compile("[\u0900-\u097f]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "hebrew": re.compile("[\u05d0-\u05ea]"),
    "thai": re.compile("[\u0e01-\u0e3a]"),
}
"""Files of frontend/css/fonts.css, and characters for which browsers load them."""
FIRST_BYTES = (b"\xe0\xa4", b"\xe0\xa5", b"\xd7", b"\xd8", b"\xd9", b"\xda", b"\xdb", b"\xe0\xb8")
"""First bytes of these characters in UTF-8: most pages have none, which is found out in microseconds."""
HEAD_END = b"</head>"
CLOSED = re.compile(r"<details(?![^>]*\sopen)[^>]*>\s*(<summary.*?</summary>)?.*?</details>", re.DOTALL)
HIDDEN = re.compile(
    r"<(script|template|datalist|dialog)\b.*?</\1>|<option(?![^>]*\sselected)[^>]*>.*?</option>", re.DOTALL
)
VALUE = re.compile(r'<input(?![^>]*type="(?:hidden|checkbox|radio)")[^>]*?\svalue="([^"]*)"[^>]*>')
TAG = re.compile("<[^>]*>")
PRELOAD = '<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin>'


def preload_fonts(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return a middleware that adds links to pages with other scripts than Latin."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            content = response.content
            if HEAD_END in content and any(each in content for each in FIRST_BYTES):
                response.content = _add_links(content)
                if response.has_header("Content-Length"):
                    response["Content-Length"] = str(len(response.content))
        return response

    return middleware


def _add_links(content: bytes) -> bytes:
    head, end, body = content.partition(HEAD_END)
    links = format_html_join(
        "\n", PRELOAD, ((static(f"dist/{name}.woff2"),) for name in list_fonts(body.decode()))
    )
    return head + links.encode() + end + body


def list_fonts(body: str) -> list[str]:
    """Return the names of the fonts of a page's visible text.

    No others: browsers report fonts that are preloaded and not used.
    """
    shown = TAG.sub("", VALUE.sub(r"\1", CLOSED.sub(r"\1", HIDDEN.sub("", body))))
    return [name for name, pattern in FONTS.items() if pattern.search(shown)]
