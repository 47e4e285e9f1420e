"""Template tags and filters: names of languages."""

from __future__ import annotations

from django import template
from django.conf import settings

from sessions_app.language_names import localize_language

register = template.Library()
register.filter("language_name", localize_language)


@register.filter
def language_and_tag(tag: str) -> str:
    """Return "Hindi (hi)", or the tag alone where it has no name."""
    name = localize_language(tag)
    return tag if name == tag else f"{name} ({tag})"


@register.simple_tag
def portal_languages() -> str:
    """Return the languages of the portal, for scripts."""
    return " ".join(code for code, _ in settings.LANGUAGES)
