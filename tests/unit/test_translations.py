"""Catalogs of translations: complete, with the strings of the sources, and with their placeholders."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from babel.messages.catalog import Message
from django.utils.translation import gettext, override, pgettext

from sessions_app.management.catalogs import (
    FUNCTIONS,
    SOURCES,
    Source,
    extract_code,
    list_languages,
    read_catalog,
)

CATALOGS = [(source, language) for source in SOURCES for language in list_languages()]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|<[^>]+>|\{\w+\}")


def name_of(value: object) -> str:
    return value.folder if isinstance(value, Source) else str(value)


def texts_of(value: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [value or ""] if isinstance(value, str | None) else list(value)


def placeholders_of(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def has_same_placeholders(message: Message) -> bool:
    """Compare each translated form with its English one; that of one thing may omit the number."""
    originals = texts_of(message.id)
    expected = [placeholders_of(text) for text in originals]
    translated = [placeholders_of(text) for text in texts_of(message.string)]
    return all(each in expected for each in translated)


@pytest.mark.parametrize(("source", "language"), CATALOGS, ids=name_of)
def test_the_catalog_has_the_strings_of_the_sources(source: Source, language: str):
    extracted = {(message.context, texts_of(message.id)[0]) for message in source.extract() if message.id}
    catalog = read_catalog(source.path(language), language)

    stored = {(message.context, texts_of(message.id)[0]) for message in catalog if message.id}
    assert stored == extracted, "Run `make messages`, and translate what is new."
    assert not catalog.obsolete


def test_strings_in_f_strings_are_found():
    code = b'text = f\'<p>{gettext("One")} {size(ngettext("%(count)s file", "%(count)s files", 2))}</p>\''

    found = [messages for _, _, messages, _ in extract_code(BytesIO(code), FUNCTIONS, (), {})]

    assert {"One", ("%(count)s file", "%(count)s files")} <= {
        messages if isinstance(messages, str) else messages[:2] for messages in found
    }


@pytest.mark.parametrize(("source", "language"), CATALOGS, ids=name_of)
def test_each_string_is_translated_with_its_placeholders(source: Source, language: str):
    messages = [message for message in read_catalog(source.path(language), language) if message.id]
    translated = [message for message in messages if all(texts_of(message.string))]

    assert not [message.id for message in messages if message.fuzzy]
    assert not [(message.id, message.string) for message in translated if not has_same_placeholders(message)]
    assert not [message.id for message in messages if message not in translated]


@pytest.mark.parametrize("language", list_languages())
def test_the_translations_of_the_portal_have_precedence_over_those_of_libraries(language: str):
    stored = {
        (message.context, message.id): message.string
        for source in SOURCES
        if source.domain == "django"
        for message in read_catalog(source.path(language), language)
        if message.id and isinstance(message.id, str)
    }

    with override(language):
        shown = {
            (context, text): pgettext(context, text) if context else gettext(text) for context, text in stored
        }

    assert shown
    assert {key for key in stored if shown[key] != stored[key]} == set()
