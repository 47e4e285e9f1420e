"""Names of languages that users see, type and search.

They are English, in the language itself, and in each language of the portal.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.utils.translation import get_language

from dubbing_core import label_changes, language_names
from dubbing_core.label_changes import LabelError
from dubbing_core.languages import parse_language_code
from dubbing_core.search.folding import fold_text


def localize_language(tag: str) -> str:
    """Return the name of a language in that of the page; its tag without one."""
    locale = _get_locale(get_language() or settings.LANGUAGE_CODE)
    names = language_names.get_language_names(tag)
    return (_translate_name(tag, locale) if locale else "") or (names[0] if names else tag)


@lru_cache(maxsize=4096)
def get_language_names(tag: str) -> tuple[str, ...]:
    """Return the names of a language, its script and its region.

    The usual English one is the first.
    """
    names = dict.fromkeys(language_names.get_language_names(tag))
    language, *parts = tag.replace("_", "-").split("-")
    for locale in _list_locales():
        names[_translate_name(tag, locale)] = names[_translate_name(language, locale)] = None
        for part in parts:
            names[locale.scripts.get(part.title()) or locale.territories.get(part.upper()) or ""] = None
    names.pop("", None)
    return tuple(names)


def find_language(name: str) -> str:
    """Return the tag of the language with a name; "" for none."""
    return language_names.find_language(name) or _tags_by_translated_name().get(fold_text(name.strip()), "")


def check_language(text: str, *, languages: Iterable[str] = ()) -> str:
    """Return the tag of a language by its tag or name.

    :param languages: of the session, whose spelling is kept.
    :raises LabelError: it is none.
    """
    known = list(languages)
    try:
        return label_changes.check_language(text, languages=known)
    except LabelError:
        if not (tag := find_language(text)):
            raise
        return label_changes.check_language(tag, languages=known)


def read_language(text: str) -> str:
    """Return the tag of a language by its tag or name; other texts as they are."""
    return text if parse_language_code(text) else find_language(text) or text


@lru_cache(maxsize=1)
def _tags_by_translated_name() -> dict[str, str]:
    """Return the folded tags by folded name; the shortest of several."""
    found: dict[str, str] = {}
    for locale in _list_locales():
        for tag in sorted(language_names.list_named_languages(), key=lambda tag: (len(tag), tag)):
            if name := _translate_name(tag, locale):
                found.setdefault(fold_text(name), tag)
    return found


@lru_cache(maxsize=4096)
def _translate_name(tag: str, locale: Locale) -> str:
    """Return the name of a language in another; "" if it has none."""
    try:
        named = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return str(locale.languages.get(tag, ""))
    # Where the language has a name of its own in the region.
    return str(locale.languages.get(str(named)) or named.get_display_name(locale) or "")


@lru_cache(maxsize=1)
def _list_locales() -> list[Locale]:
    """Return the languages of the portal; the core knows the English names."""
    codes = [code for code, _ in settings.LANGUAGES]
    return [locale for code in codes if (locale := _get_locale(code)) is not None]


@lru_cache(maxsize=8)
def _get_locale(code: str) -> Locale | None:
    return None if code == settings.LANGUAGE_CODE else Locale.parse(code, sep="-")
