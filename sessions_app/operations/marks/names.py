"""Names of tags and of saved filters."""

from __future__ import annotations

import unicodedata
from typing import Literal

from dubbing_core.paths import has_invisible_characters
from dubbing_core.sentences import sentence
from sessions_app.operations.errors import BadInputError


def normalize_mark_name(raw: str, *, kind: Literal["filter", "tag"], limit: int) -> str:
    """Return a typed name in its normal form: single spaces, composed (NFC).

    :param kind: what has the name, for messages.
    :param limit: in characters.
    :raises BadInputError: `name_empty`, `name_too_long` or `name_control`.
    """
    name = " ".join(unicodedata.normalize("NFC", raw).split())
    if not name:
        raise BadInputError(
            sentence("Give the filter a name.") if kind == "filter" else sentence("Give the tag a name."),
            code="name_empty",
        )
    if len(name) > limit:
        raise BadInputError(
            sentence(
                "The name of a filter has at most %(limit)s characters. Shorten “%(name)s…”.",
                limit=limit,
                name=name[:limit],
            )
            if kind == "filter"
            else sentence(
                "The name of a tag has at most %(limit)s characters. Shorten “%(name)s…”.",
                limit=limit,
                name=name[:limit],
            ),
            code="name_too_long",
        )
    if has_invisible_characters(name) or any(unicodedata.category(each) in {"Cc", "Cs"} for each in name):
        raise BadInputError(
            sentence("“%(name)s” contains an invisible character. Type the filter again.", name=name)
            if kind == "filter"
            else sentence("“%(name)s” contains an invisible character. Type the tag again.", name=name),
            code="name_control",
        )
    return name
