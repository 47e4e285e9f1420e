"""Voices of a language, in a form in which changed ones are found later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from dubbing_core.languages import fold_language_tag, parse_language_tag

SPEAKERS_LIMIT = 50
"""Speakers that are compared one by one; the voices of more count as one."""
KEY_LENGTH = 6
"""Of the digests of a speaker and its voice."""
LANGUAGE_LENGTH = 12


def digest_voices(voices: Mapping[str, Any], language: str) -> str:
    """Return a digest of the voices of a language; "" if there are none.

    These are the voice of the language and those of speakers, which all languages share.

    :param voices: of a metadata document, by language or speaker.
    """
    folded = fold_language_tag(language)
    assigned = {key: voice for key, voice in voices.items() if voice}
    own = [voice for key, voice in assigned.items() if fold_language_tag(key) == folded]
    speakers = {
        key: voice
        for key, voice in assigned.items()
        if fold_language_tag(key) != folded and not parse_language_tag(key)
    }
    parts = [_digest(repr(own[0]), LANGUAGE_LENGTH)] if own else []
    if len(speakers) > SPEAKERS_LIMIT:
        parts.append(f"all={_digest(repr(sorted(speakers.items())), LANGUAGE_LENGTH)}")
    else:
        parts += sorted(
            f"{_digest(key, KEY_LENGTH)}={_digest(repr(voice), KEY_LENGTH)}"
            for key, voice in speakers.items()
        )
    return " ".join(parts)


def has_changed_voice(before: str, after: str) -> bool:
    """Return whether a language or speaker had a voice and has another one.

    :param before: from `digest_voices`, as ``after``.
    """
    former = _split(before)
    return any(former.get(key, voice) != voice for key, voice in _split(after).items())


def _split(digest: str) -> dict[str, str]:
    """Return the digest of each voice, by key; that of the language has none."""
    return {key: voice for key, _, voice in (part.rpartition("=") for part in digest.split())}


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
