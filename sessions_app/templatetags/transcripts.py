"""Template tags of transcripts: times, search results, names of tracks."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.template import Context
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from dubbing_core.languages import is_right_to_left
from dubbing_core.search.marks import mark_occurrences
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse
from sessions_app.templatetags.languages import language_and_tag

register = template.Library()

KEPT_PARAMETERS = {"show", "speaker", "q", "silent"}
"""Of a transcript's address."""


@register.filter
def clock(time_ms: int | None) -> str:
    """Return a time as ``0:38.2`` or ``1:02:03.4``; "" if there is none."""
    if time_ms is None:
        return ""
    tenths = time_ms // 100
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{tenths // 10:02}.{tenths % 10}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


@register.filter
def direction(language: str) -> str:
    """Return the value of `dir` for a text in a language.

    That of the text itself if the language is unknown.
    """
    if not language:
        return "auto"
    return "rtl" if is_right_to_left(language) else "ltr"


@register.filter
def mark(text: str, requested: str) -> SafeString:
    """Return an escaped text, with what a reader searched for marked."""
    if not requested:
        return conditional_escape(text)
    parts = (
        format_html("<mark>{}</mark>", part.text) if part.is_marked else conditional_escape(part.text)
        for part in mark_occurrences(text, requested)
    )
    return mark_safe("".join(parts))  # noqa: S308 (each part is escaped)


@register.simple_tag(takes_context=True)
def row_url(context: Context, number: int) -> str:
    """Return the address of a row, with the same columns and filters."""
    chosen = {name: values for name, values in context["request"].GET.lists() if name in KEPT_PARAMETERS}
    return f"{context['address']}?{urlencode([*chosen.items(), ('row', number)], doseq=True)}#row-{number}"


@register.simple_tag
def track_name(track: CatalogTrack) -> SafeString:
    """Return the use of a track and its language."""
    tag = track.language
    language = (
        conditional_escape(language_and_tag(tag))
        if tag
        else SafeString("" if track.use is TrackUse.SOURCE else gettext("Unknown language"))
    )
    if track.use is TrackUse.SOURCE:
        name = format_html(gettext("Original, {}"), language) if tag else SafeString(gettext("Original"))
    else:
        name = language
    number = track.key.rpartition(".")[2] if not track.is_first else ""
    return format_html("{} ({})", name, number) if number else name
