"""Names of languages, in English and in themselves, by which people search.

`language_names.json` is made by `scripts/language-names` from the Unicode CLDR.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pkgutil import get_data
from typing import TypedDict

from dubbing_core.languages import fold_language_tag


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
