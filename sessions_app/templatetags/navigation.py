"""The header's links: which one leads to the section of the current page."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html

register = template.Library()

SECTIONS = {
    "sessions/trash/": "session-trash-list",
    "sessions/": "session-list",
    "exports/": "session-list",
    "imports/": "import-new",
    "jobs/": "job-list",
}
"""Name of a section's first page by the start of the routes in it; a longer start comes before a shorter one."""


@register.simple_tag(takes_context=True)
def aria_current(context: dict[str, Any], name: str) -> str:
    """Return `aria-current` of the link to a section's first page, or ""."""
    match = getattr(context.get("request"), "resolver_match", None)
    if match is None:
        return ""
    if match.url_name == name:
        return format_html('aria-current="{}"', "page")
    section = next((page for start, page in SECTIONS.items() if match.route.startswith(start)), "")
    return format_html('aria-current="{}"', "true") if section == name else ""
