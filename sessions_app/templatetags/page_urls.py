"""``{% url %}`` without a search per call.

Django's own searches its patterns under locks that all threads of the process share; on a page with a link per row that took
almost half of the time under load. This one looks the pattern up once per process. What is unusual (namespaces, keyword
arguments, patterns of the same name, odd values) still goes through ``reverse``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django import template
from django.template import Context
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode, url as django_url
from django.urls import get_resolver, reverse
from django.urls.converters import IntConverter, PathConverter, StringConverter, UUIDConverter
from django.utils.html import conditional_escape
from django.utils.http import RFC3986_SUBDELIMS

register = template.Library()

SAFE = RFC3986_SUBDELIMS + "/~:@"
TYPES: dict[type, type] = {UUIDConverter: UUID, IntConverter: int, StringConverter: str, PathConverter: str}


@dataclass(frozen=True, kw_only=True)
class UrlPattern:
    text: str
    """With ``%(name)s`` for each argument."""
    names: tuple[str, ...]
    converters: tuple[type, ...]

    def build(self, arguments: Sequence[object]) -> str | None:
        """Return the path without the script's prefix, or None if an argument is unusual."""
        for argument, converter in zip(arguments, self.converters, strict=True):
            if type(argument) is not TYPES[converter]:
                return None
            if isinstance(argument, str) and not _is_usual(argument, converter):
                return None
            if isinstance(argument, int) and argument < 0:
                return None
        return quote(self.text % dict(zip(self.names, arguments, strict=True)), safe=SAFE)


def _is_usual(argument: str, converter: type) -> bool:
    return bool(argument) and "\n" not in argument and (converter is PathConverter or "/" not in argument)


@cache
def find_pattern(name: str, count: int) -> UrlPattern | None:
    """Return the only pattern of this name and number of arguments, or None."""
    found = [
        (text, names, converters)
        for possibilities, _, defaults, converters in get_resolver().reverse_dict.getlist(name)
        for text, names in possibilities
        if len(names) == count and not defaults
    ]
    if len(found) != 1:
        return None
    ((text, names, converters),) = found
    kinds = tuple(type(converters.get(name)) for name in names)
    if not all(kind in TYPES for kind in kinds):
        return None
    return UrlPattern(text=text, names=tuple(names), converters=kinds)


class PageUrlNode(URLNode):
    def render(self, context: Context) -> str:
        url = None if self.kwargs else self._build(context)
        if url is None:
            return super().render(context)
        if self.asvar:
            context[self.asvar] = url
            return ""
        return conditional_escape(url) if context.autoescape else url

    def _build(self, context: Context) -> str | None:
        return _build(context, self.view_name.resolve(context), [each.resolve(context) for each in self.args])


def _build(context: Context, name: str, arguments: Sequence[object]) -> str | None:
    request: Any = getattr(context, "request", None)
    pattern = find_pattern(name, len(arguments))
    if request is None or pattern is None:
        return None
    path = pattern.build(arguments)
    # A path that began with two slashes would be the address of another host.
    return None if path is None or path.startswith("/") else f"{request.META['SCRIPT_NAME']}/{path}"


def page_url(context: Context, name: str, *arguments: object) -> str:
    """Return what ``{% url %}`` does, unescaped."""
    return _build(context, name, arguments) or reverse(name, args=arguments)


@register.tag
def url(parser: Parser, token: Token) -> PageUrlNode:
    node = django_url(parser, token)
    return PageUrlNode(node.view_name, node.args, node.kwargs, node.asvar)
