"""Digests of spoken text, without times, speakers and layout.

Equal ones are equal work for a translator.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from dubbing_core.timeline.tracks import Track

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


def _digest(parts: Iterable[str], purpose: bytes) -> str:
    digest = hashlib.blake2b(digest_size=DIGEST_SIZE, person=purpose)
    for part in parts:
        data = part.encode(errors="replace")
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.hexdigest()
