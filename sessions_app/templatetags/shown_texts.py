"""Filters for texts of users, files and jobs.

Every character is seen, and sentences of the portal are translated.
"""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.functional import Promise

from dubbing_core.paths import escape_lines, escape_unprintable
from dubbing_core.project_edits import name_voice
from sessions_app.text_direction import isolate_quoted
from sessions_app.translation import localize, localize_facts, localize_message, localize_stored

register = template.Library()


@register.filter
def visible(text: str | Promise) -> str:
    """Return a text whose characters are all seen; its quoted names are isolated."""
    shown = localize(text) if isinstance(text, str) else str(text)
    return isolate_quoted(escape_unprintable(str(shown)))


@register.filter
def visible_list(texts: Iterable[str]) -> str:
    """Return texts in a row; `join` would escape them, and the next filter again."""
    return ", ".join(map(visible, texts))


register.filter("isolated", stringfilter(isolate_quoted))
register.filter("visible_lines", escape_lines)
register.filter("voice_name", name_voice)
register.filter("stored", localize_stored)
register.filter("version_message", localize_message)
register.filter("facts", localize_facts)
