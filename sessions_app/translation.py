"""Sentences, sizes and numbers in the language of the page.

Operations and the core make sentences without a language: they may run in a worker, and jobs store them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import get_language, gettext, ngettext

from dubbing_core.sentences import Number, Sentence, Size
from dubbing_core.sizes import format_size

ENGLISH = {"en", None}
"""Languages in which dates and sizes are written as in the core; None is active where there is no page."""
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
WORD = re.compile(r"[^\W\d]{2,}")
MIN_WORDS = 2
VERSION_MESSAGES = [
    re.compile(pattern)
    for pattern in (
        r"Restored .*from version \d+$",
        "(Imported from|Shared by) ",
        "(Corrected the label|Edited the voice|Withdrew the check) of |Corrected the labels of ",
        "(Added|Excluded|Reset) the target language |Set the spoken language to |Reset the spoken language$",
        "Marked .* as checked",
    )
]
"""Beginnings of the messages that the portal writes itself."""
JOINT = re.compile(r"(?<=[.?!”)]) |; ")
"""Between sentences or clauses that were joined."""
CLAUSE_END = "; "
FRACTION = re.compile(r"(?<=\d)\.(?=\d)")
QUOTED = re.compile(r"“%\((\w+)\)s”")
"""A value that is a name."""
DECIMAL = re.compile(r"(\d+)\.(\d+) (\w{1,3})")
"""A size, or a duration in seconds."""
NUMBER = re.compile(r"\d{1,3}(,\d{3})+")
NBSP = "\N{NO-BREAK SPACE}"
FORMS = 1000
"""Numbers below it have plural forms of their own; those above, the forms of their last three digits."""


def localize(text: str) -> str:
    """Return a sentence in the active language; other texts as they are."""
    if isinstance(text, Sentence):
        return text.render(_translate, ngettext, _show)
    return text


def localize_size(count: int) -> str:
    """Return a size such as 12.3 MiB with the decimal separator of the language."""
    text = format_size(count)
    return text if get_language() in ENGLISH else text.replace(".", get_decimal_separator())


def get_decimal_separator() -> str:
    return number_format(0.5, 1)[1]


def localize_facts(text: str) -> str:
    """Return facts of media, or a stored sentence, as the language writes them."""
    if get_language() in ENGLISH:
        return text
    shown = localize_stored(text)
    return FRACTION.sub(get_decimal_separator(), shown) if shown == text else shown


def localize_number(number: int) -> str:
    """Return a number with separators of thousands."""
    separator = _find_separator(get_language())
    return (
        number_format(int(number), force_grouping=True)
        if separator is None
        else f"{number:,}".replace(",", separator)
    )


@lru_cache(maxsize=64)
def _find_separator(language: str | None) -> str | None:
    """Return the separator of thousands; None for other groups of digits."""
    is_by_thousands = get_format("NUMBER_GROUPING", language) == len("000")
    return str(get_format("THOUSAND_SEPARATOR", language)) if is_by_thousands else None


def localize_stored(text: str) -> str:
    """Return a stored English sentence in the active language.

    Jobs, texts and media store the English text of sentences, so that programs and logs show it; the catalog finds their
    templates again. A text that no template matches stays as it is.
    """
    language = get_language()
    if not text or language in ENGLISH:
        return text
    return _localize_stored(text, language or "en")


def localize_message(text: str) -> str:
    """Return the message of a version in the active language if the portal wrote it.

    Messages of users stay as they are, also those that look like another sentence of the portal.
    """
    if get_language() in ENGLISH or not any(pattern.match(text) for pattern in VERSION_MESSAGES):
        return text
    return localize_stored(text)


@lru_cache(maxsize=4096)
def _localize_stored(text: str, language: str) -> str:
    clauses = [_match_template(clause) for clause in text.split(CLAUSE_END)]
    if all(clauses):
        return CLAUSE_END.join(filter(None, clauses))
    whole = _match_template(text)
    if whole is not None:
        return whole
    # Several sentences: the longest beginning that is known, then the rest.
    for end in reversed(list(JOINT.finditer(text))):
        first = _match_template(text[: end.start()])
        if first is not None:
            return f"{first}{end.group()}{_localize_stored(text[end.end() :], language)}"
    return text


def _match_template(text: str, *, words: int = MIN_WORDS) -> str | None:
    """Return the translation of the template that has most of the text.

    :param words: that the template has at least.
    """
    translated = gettext(text) if text else text
    if translated != text:
        return translated
    found = [
        (template, match)
        for template in list_templates(get_language() or "en")
        if template.words >= words
        and text.startswith(template.beginning)
        and (match := template.pattern.fullmatch(text))
    ]
    if not found:
        return None
    template, match = max(found, key=lambda each: each[0].weight)
    values = {
        name: _match_template(value, words=1)
        or (value if name in template.quoted else _localize_numbers(value))
        for name, value in match.groupdict().items()
    }
    return template.translation % values


def _localize_numbers(value: str) -> str:
    """Return a size or number as the language writes it, other values as they are."""
    if decimal := DECIMAL.fullmatch(value):
        whole, digits, unit = decimal.groups()
        return f"{whole}{get_decimal_separator()}{digits} {unit}"
    if NUMBER.fullmatch(value):
        return localize_number(int(value.replace(",", "")))
    return value


@dataclass(frozen=True)
class StoredTemplate:
    """A template of the catalog with values, as a pattern of its English texts."""

    beginning: str
    pattern: re.Pattern[str]
    translation: str
    weight: int
    """Number of characters outside of values."""
    words: int
    quoted: frozenset[str]
    """Values in quotation marks: names."""


@lru_cache(maxsize=8)
def list_templates(language: str) -> tuple[StoredTemplate, ...]:
    """Return the templates with values and words."""
    path = Path(__file__).parent / "locale" / language / "LC_MESSAGES" / "django.mo"
    if not path.is_file():
        return ()
    with path.open("rb") as file:
        catalog = read_mo(file)
    found = []
    for text, translation in (pair for message in catalog for pair in _pairs(message)):
        names = PLACEHOLDER.findall(text)
        literal = PLACEHOLDER.sub("", text)
        if not names or len(names) != len(set(names)) or not WORD.search(literal):
            continue
        pattern = "".join(
            f"(?P<{part}>.+?)" if index % 2 else re.escape(part.replace("%%", "%"))
            for index, part in enumerate(PLACEHOLDER.split(text))
        )
        beginning = PLACEHOLDER.split(text)[0].replace("%%", "%")
        found.append(
            StoredTemplate(
                beginning=beginning,
                pattern=re.compile(pattern, re.DOTALL),
                translation=translation,
                weight=len(literal),
                words=len(WORD.findall(literal)),
                quoted=frozenset(QUOTED.findall(text)),
            )
        )
    return tuple(found)


def _pairs(message: Message) -> list[tuple[str, str]]:
    """Return the English and translated forms of a message."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string or (), strict=False))


def localize_error(error: Exception) -> str:
    """Return the sentence of an exception in the active language."""
    return localize(error.args[0]) if error.args and isinstance(error.args[0], str) else str(error)


def localize_date(local: datetime) -> str:
    """Return a date such as 29 Nov 2026, or 29.11.2026 in German."""
    if get_language() in ENGLISH:
        return f"{local.day}{NBSP}{local:%b}{NBSP}{local.year}"
    return date_format(local, "SHORT_DATE_FORMAT")


def localize_iso_date(stored: str) -> str:
    """Return the date of a stored time: as it is in English."""
    if get_language() in ENGLISH:
        return stored[:10]
    return localize_date(datetime.fromisoformat(stored))


def _translate(template: str) -> str:
    # Gettext returns the header of the catalog for an empty text.
    return gettext_once(template) if template else ""


def gettext_once(text: str) -> str:
    """Return what `gettext` does, for texts of rows: looked up once per language.

    On the page of a session 800 look-ups took a third of its processor time.
    """
    return look_up(get_language(), text)


class RowTexts:
    """Texts of rows in the language of the page, which is looked up once for all rows.

    Looking it up takes longer than finding a text in the cache, and rows have a dozen texts each.
    """

    def __init__(self) -> None:
        self._language = get_language()

    def gettext(self, text: str) -> str:
        """Return what `gettext` does; a sentence without values is a text, too."""
        return look_up(self._language, text)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return what `ngettext` does, with the number as the value `count`."""
        # The form depends on the last digits, and on whether the number is one of millions.
        kind = number if number < FORMS or not number % 1_000_000 else FORMS + number % FORMS
        return _look_up_plural(self._language, singular, plural, kind) % {"count": localize_number(number)}


@lru_cache(maxsize=10_000)
def look_up(_language: str | None, text: str) -> str:
    """Return a text in the language in use, a part of the key of its cache."""
    return gettext(text)


@lru_cache(maxsize=10_000)
def _look_up_plural(_language: str | None, singular: str, plural: str, number: int) -> str:
    """Return a text about a number in the language in use, part of the key."""
    return ngettext(singular, plural, number)


def clear_texts() -> None:
    """Forget what was looked up, after a change of the translations."""
    look_up.cache_clear()
    _look_up_plural.cache_clear()


def _show(value: Any) -> Any:
    match value:
        case Size():
            return localize_size(value)
        case Number():
            return localize_number(value)
        case str():
            return localize(value)
        case Exception(args=(str(text), *_)):
            return localize(text)
        case _:
            return value
