"""A language in which every translated text is in brackets, and a search for visible text that is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils.translation.trans_real import DjangoTranslation

from sessions_app.translation import clear_texts

OPEN, CLOSE = "⟦", "⟧"
CONTEXT_SEPARATOR = "\x04"
SPOKEN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "data-confirm"}
UNSEEN = {"script", "style", "code", "kbd", "time", "bdi", "svg", "title"}
"""Elements whose text is not read, or is data. A page's title ends with the portal's name."""
VOID = {
    "area",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "use",
    "wbr",
    "path",
    "rect",
}
FILE_NAME = re.compile(r"\S+\.\w{2,4}\b|dubs_\S+")
WORD = re.compile(r"[A-Za-z]{3,}")


@contextmanager
def bracketed() -> Iterator[None]:
    """Put brackets around all texts that pages translate."""

    def gettext(_: DjangoTranslation, message: str) -> str:
        return f"{OPEN}{message.rpartition(CONTEXT_SEPARATOR)[2]}{CLOSE}"

    def ngettext(_: DjangoTranslation, singular: str, plural: str, number: int) -> str:
        return f"{OPEN}{singular.rpartition(CONTEXT_SEPARATOR)[2] if number == 1 else plural}{CLOSE}"

    def npgettext(_: DjangoTranslation, context: str, singular: str, plural: str, number: int) -> str:
        return f"{OPEN}{singular if number == 1 else plural}{CLOSE}"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DjangoTranslation, "gettext", gettext)
        patch.setattr(DjangoTranslation, "ngettext", ngettext)
        patch.setattr(DjangoTranslation, "npgettext", npgettext)
        clear_texts()
        yield
    clear_texts()


class VisibleText(HTMLParser):
    """The texts of a page that people see, or that are read out, without what is in brackets, and without data."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden: list[bool] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag != "time":  # its title is a date
            self.texts += [strip_brackets(values[name] or "") for name in SPOKEN_ATTRIBUTES & values.keys()]
        if tag not in VOID:
            is_data = values.get("dir") == "auto" or "lang" in values or "data-language" in values
            self._hidden.append(tag in UNSEEN or (is_data and tag != "html"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.texts += [strip_brackets(values[name] or "") for name in SPOKEN_ATTRIBUTES & values.keys()]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self._hidden:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        # Brackets may span elements: a translated sentence with a link.
        outside = []
        for character in data:
            self._depth += (character == OPEN) - (character == CLOSE)
            if self._depth == 0 and character != CLOSE:
                outside.append(character)
        if not any(self._hidden):
            self.texts.append("".join(outside).strip())


def strip_brackets(text: str) -> str:
    """Return what is outside of all brackets."""
    depth, outside = 0, []
    for character in text:
        depth += (character == OPEN) - (character == CLOSE)
        if depth == 0 and character != CLOSE:
            outside.append(character)
    return "".join(outside).strip()


def find_untranslated(html: str, *, data: Any = ()) -> set[str]:
    """Return the visible texts that are not translated.

    :param data: texts of users, which are removed.
    """
    page = VisibleText()
    page.feed(html)
    found = set()
    for text in page.texts:
        rest = FILE_NAME.sub("", text)
        for each in sorted(data, key=len, reverse=True):
            rest = rest.replace(each, "")
        if WORD.search(rest):
            found.add(" ".join(text.split()))
    return found
