"""Names of languages, in English and in themselves, by which people search.

`language_names.json` is made by `scripts/language-names` from the Unicode CLDR.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pkgutil import get_data
from typing import TypedDict

from dubbing_core.languages import fold_language_tag, parse_language_code
from dubbing_core.search.folding import fold_text


class _Names(TypedDict):
    languages: dict[str, list[str]]
    """By folded tag, with script or region where the language has a name of its own there."""
    scripts: dict[str, str]
    regions: dict[str, str]


@lru_cache(maxsize=1)
def _read_names() -> _Names:
    # A constant: part of the package, like its source.
    data = get_data("dubbing_core", "language_names.json")
    assert data is not None
    names: _Names = json.loads(data)
    return names


@lru_cache(maxsize=1024)
def get_language_names(tag: str) -> tuple[str, ...]:
    """Return the names of a language.

    Those of the tag itself, then those of its language, script and region:

    `pt-BR` -> Brazilian Portuguese, português (Brasil), Portuguese, português, Brazil.
    """
    names = _read_names()
    folded = fold_language_tag(tag)
    language, *parts = folded.split("-")
    found: dict[str, None] = {}
    for end in range(len(parts), -1, -1):
        found |= dict.fromkeys(names["languages"].get("-".join([language, *parts[:end]]), ()))
    for part in parts:
        if name := names["scripts"].get(part) or names["regions"].get(part):
            found[name] = None
    return tuple(found)


def find_language(name: str) -> str:
    """Return the tag of the language with a name; "" for none.

    The name is English or in the language itself, in any case and without accents: `hindi`, `हिन्दी` -> `hi`, `Brazilian Portuguese` -> `pt-BR`.
    """
    tag = _tags_by_name().get(fold_text(name.strip()), "")
    return parse_language_code(tag) or tag


def list_named_languages() -> Iterable[str]:
    """Return the folded tags of all languages with a name."""
    return _read_names()["languages"].keys()


@lru_cache(maxsize=1)
def _tags_by_name() -> dict[str, str]:
    """Return the folded tags by folded name.

    Several languages may have a name: those with short codes come first, then the one whose first name it is.
    """
    named = sorted(
        (len(tag.partition("-")[0]), at > 0, len(tag), tag, name)
        for tag, names in _read_names()["languages"].items()
        for at, name in enumerate(names)
    )
    found: dict[str, str] = {}
    for *_, tag, name in named:
        found.setdefault(fold_text(name), tag)
    return found
