"""Preloading of the fonts of scripts that a page shows.

A browser finds a font of another script only when it lays out its first character; by then the text was drawn without it and moves.
"""

from __future__ import annotations

import re

from django import template
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from sessions_app.queries.transcripts import Transcript

register = template.Library()

FONTS = {
    "devanagari": re.compile("[\u0900-\u097f]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "hebrew": re.compile("[\u05d0-\u05ea]"),
    "thai": re.compile("[\u0e01-\u0e3a]"),
}
"""Files of frontend/css/fonts.css, and characters for which browsers load them."""


@register.simple_tag
def text_fonts(text: str) -> SafeString:
    """Return links that preload the fonts of a text that the page shows.

    No others: browsers report fonts that are preloaded and not used.
    """
    addresses = [static(f"dist/{name}.woff2") for name, pattern in FONTS.items() if pattern.search(text)]
    link = '<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin>'
    return format_html_join("\n", link, ((address,) for address in addresses))


@register.simple_tag
def transcript_fonts(transcript: Transcript) -> SafeString:
    """Return links that preload the fonts of the shown lines."""
    return text_fonts("\n".join(cell.text for row in transcript.page.items for cell in row.cells))
