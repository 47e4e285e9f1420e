"""What a search found, as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dubbing_core.paths import escape_lines
from dubbing_core.text_part import TextPart
from sessions_app.queries.search_results import FoundFile, FoundText, SearchResult

register = template.Library()


@register.filter
def marked(parts: Iterable[TextPart]) -> SafeString:
    """Return a text whose matched parts are marked."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<mark>{}</mark>", text) if part.is_marked else text,)
            for part in parts
            if (text := escape_lines(part.text))
        ),
    )


@register.filter
def time_of_line(start_ms: int) -> str:
    """Return a time as hours, minutes and seconds: 1:02:03, 2:03."""
    seconds = abs(start_ms) // 1000
    sign = "-" if start_ms < 0 else ""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{sign}{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{sign}{minutes}:{seconds % 60:02}"


@register.filter
def line_url(result: SearchResult, line: FoundText) -> str:
    """Return the address that leads to a line in the transcript of its session."""
    query = {"path": line.path, "track": line.track, "line": line.number}
    return f"{reverse('search-line', args=[result.code])}?{urlencode(query)}"


@register.filter
def file_url(result: SearchResult, file: FoundFile) -> str:
    """Return the address of the list of files that contains a file."""
    query = {"category": file.category} | ({"language": file.language} if file.language else {})
    return f"{reverse('session-detail', args=[result.code])}?{urlencode(query)}#files"
