"""Sentences that can be translated where they are shown.

A `Sentence` is English text, and also contains the template and the values that it was made of: programs without
translations, such as the client, use it as text; the portal renders it in the language of a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, ClassVar

from dubbing_core.sizes import format_size


class Size(int):
    """A number of bytes in a sentence, shown as 12.3 MiB."""

    def __str__(self) -> str:
        return format_size(self)


class Number(int):
    """A number in a sentence, shown with separators of thousands."""

    def __str__(self) -> str:
        return f"{int(self):,}"


class Sentence(str):
    """English text with its template and values."""

    __slots__ = ("number", "plural", "template", "values")

    template: str
    """With `%(name)s` for each value. Without values it is the text: a percent sign is not doubled."""
    plural: str
    """Template for numbers other than 1, or ""."""
    number: int
    values: Mapping[str, Any]
    localize: ClassVar[Callable[[Sentence], str]] = str.__str__
    """Set by a program that has translations."""

    def render(
        self,
        translate: Callable[[str], str],
        translate_plural: Callable[[str, str, int], str],
        show: Callable[[Any], Any],
    ) -> str:
        """Return the sentence in another language; `show` formats each value in it."""
        template = (
            translate_plural(self.template, self.plural, self.number)
            if self.plural
            else translate(self.template)
        )
        if not self.values:
            return template
        return template % {name: show(value) for name, value in self.values.items()}

    def __html__(self) -> str:
        """Return the text for a page, in its language if the program has one."""
        return escape(type(self).localize(self))


def sentence(template: str, **values: Any) -> Sentence:
    """Return a sentence; the values are texts, numbers, or sentences."""
    return _build(template, "", 0, values)


def plural(singular: str, plural: str, *, count: int, **values: Any) -> Sentence:
    """Return a sentence about a number, which is its value `count`."""
    return _build(singular, plural, count, {"count": Number(count), **values})


def template(text: str) -> str:
    """Mark a template for translation; `sentence` uses it."""
    return text


def plural_forms(singular: str, plural: str) -> tuple[str, str]:
    """Mark two templates for translation; `plural` uses them."""
    return singular, plural


def join(parts: Sequence[str], separator: str = " ") -> Sentence:
    """Return several sentences as one."""
    names = {f"part{index}": part for index, part in enumerate(parts)}
    return _build(separator.join(f"%({name})s" for name in names), "", 0, names)


def join_with_and(parts: Sequence[str]) -> Sentence:
    """Return an enumeration: a, b and c."""
    *first, last = parts
    return sentence("%(first)s and %(last)s", first=join(first, ", "), last=last) if first else join([last])


def _build(template: str, plural: str, count: int, values: Mapping[str, Any]) -> Sentence:
    chosen = plural if plural and count != 1 else template
    made = Sentence(chosen % values if values else chosen)
    made.template, made.plural, made.number, made.values = template, plural, count, values
    return made
