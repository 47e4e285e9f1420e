"""Digests of spoken text, without times, speakers and layout.

Equal ones are equal work for a translator.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dubbing_core.input_history import ANY_LANGUAGE, TRANSCRIPT
from dubbing_core.languages import fold_language_tag
from dubbing_core.timeline.tracks import Track, TrackKind

DIGEST_SIZE = 16
"""In bytes."""
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Soft hyphens, zero-width spaces and marks of direction; joiners stay, because they change letters of Persian and Hindi."""


def normalize_line(text: str) -> str:
    """Return a line's text in the form in which equal lines are equal.

    Line breaks, runs of white space, invisible characters and Unicode's ways of composing letters do not count. Case and
    punctuation do: translators change them on purpose.
    """
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return " ".join(text.split())


def digest_track(track: Track) -> str:
    """Return the digest of a track's lines in their order."""
    return _digest(filter(None, (normalize_line(segment.text) for segment in track.segments)), b"track-v1")


def digest_file(tracks: Iterable[tuple[str, str, str]]) -> str:
    """Return the digest of all tracks of a file; "" if there are none.

    :param tracks: kind, language and digest of each.
    """
    parts = ["\0".join(track) for track in tracks]
    return _digest(parts, b"file-v1") if parts else ""


def digest_texts(tracks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the digest of each text of a file.

    By folded language, `ANY_LANGUAGE` or `TRANSCRIPT`. The only translation of a file has both the language that the file states and any:
    it stays the same text when others are added to it.

    :param tracks: kind, language and digest of each, as they are stored.
    """
    has_one_translation = sum(track["kind"] != TrackKind.TRANSCRIPT for track in tracks) == 1
    texts: dict[str, list[str]] = {}
    for track in tracks:
        if track["kind"] == TrackKind.TRANSCRIPT:
            keys = {TRANSCRIPT}
        else:
            keys = {fold_language_tag(track["language"]), *([ANY_LANGUAGE] if has_one_translation else [])}
        for key in keys:
            texts.setdefault(key, []).append(track["digest"])
    return {key: _digest(digests, b"text-v1") for key, digests in texts.items()}


def _digest(parts: Iterable[str], purpose: bytes) -> str:
    digest = hashlib.blake2b(digest_size=DIGEST_SIZE, person=purpose)
    for part in parts:
        data = part.encode(errors="replace")
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.hexdigest()
