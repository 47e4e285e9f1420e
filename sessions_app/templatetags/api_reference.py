"""Template filters for the reference of the API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

CODE = re.compile(r"`([^`]+)`")


class TypePart(Protocol):
    """A part of a type's description."""

    @property
    def text(self) -> str: ...
    @property
    def name(self) -> str: ...


@register.filter
def type_links(parts: Iterable[TypePart]) -> SafeString:
    """Return a type in words, with links to the types that it names."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<a href="#type-{}">{}</a>', part.name, part.text) if part.name else part.text,)
            for part in parts
        ),
    )


@register.filter
def breakable_path(path: str) -> SafeString:
    """Return a path as HTML whose lines end after slashes."""
    return format_html_join(mark_safe("/<wbr>"), "{}", ((part,) for part in path.split("/")))


@register.filter
def inline_code(text: str) -> SafeString:
    """Return a description as HTML: what is between backticks is code."""
    return SafeString(CODE.sub(r"<code>\1</code>", escape(text)))
