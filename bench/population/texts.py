# ruff: noqa: RUF001 (letters of many scripts)
"""A portal with a million lines of dialog in six languages.

``DATABASE_URL=... python -m bench.population.texts 0.01``: 1 is 1,000 sessions of two texts of 500 lines.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

import django

REVISION = 4
"""To be incremented with each change of the generated rows, and of the index."""
SESSIONS, LINES = 1000, 500
LINE_LENGTH = 60
"""In characters, at most."""
OWNERS = {"a-fifth": 0.2, "a-hundredth": 0.01}
"""Shares of the sessions; all others belong to `others`."""
WORDS = 20_000
QUERIES = 75
"""Per language."""
SEED = 12
UNSPACED = {"zh", "ja", "th"}


def _range(first: int, count: int) -> list[str]:
    return [chr(first + number) for number in range(count)]


SYLLABLES: dict[str, list[str]] = {
    "zh": _range(0x4E00, 3000),
    "ja": [*_range(0x3042, 80), *_range(0x30A2, 80), *_range(0x4E00, 1200)],
    "th": [
        f"{vowel}{consonant}{tone}"
        for consonant in _range(0x0E01, 40)
        for vowel in ("", "เ", "แ", "ไ")
        for tone in ("", "า", "ี", "้อ", "ั่น")
    ],
    "hi": [
        f"{consonant}{sign}"
        for consonant in _range(0x0915, 37)
        for sign in ("", "ा", "ि", "ी", "ु", "े", "ो", "्")
    ],
    "ar": [f"{consonant}{sign}" for consonant in _range(0x0628, 19) for sign in ("", "ا", "ي", "و", "َ", "ِ")],
    "de": [
        f"{onset}{vowel}{end}"
        for onset in ("b", "d", "f", "g", "h", "k", "l", "m", "n", "r", "s", "sch", "st", "t", "w", "z")
        for vowel in ("a", "e", "i", "o", "u", "ä", "ü", "ei")
        for end in ("", "n", "r", "s", "ch", "ß")
    ],
}


class Language:
    """Words of a language, drawn by frequency as in texts (Zipf's law)."""

    def __init__(self, tag: str, random: Random) -> None:
        self.tag = tag
        self._random = random
        syllables = SYLLABLES[tag]
        weights = list(accumulate(1 / (rank + 10) for rank in range(len(syllables))))
        longest = 3 if tag in UNSPACED else 4
        self._words = [
            "".join(random.choices(syllables, cum_weights=weights, k=random.randint(1, longest)))
            for _ in range(WORDS)
        ]
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(WORDS)))

    def write_lines(self, count: int) -> list[str]:
        separator = "" if self.tag in UNSPACED else " "
        lines = []
        words = iter(self._random.choices(self._words, cum_weights=self._weights, k=count * LINE_LENGTH))
        for _ in range(count):
            line = next(words)
            while len(line) + len(word := next(words)) < LINE_LENGTH:
                line += separator + word
            lines.append(line)
        return lines

    def choose_queries(self, lines: list[str]) -> Iterator[str]:
        """Yield what users type: two to four characters, or one or two words."""
        for number in range(QUERIES):
            line = self._random.choice(lines)
            if self.tag in UNSPACED:
                length = 2 + number % 3
                start = self._random.randint(0, max(0, len(line) - length))
                yield line[start : start + length]
            else:
                words = line.split()
                start = self._random.randint(0, max(0, len(words) - 2))
                yield words[start] if number % 2 else f'"{" ".join(words[start : start + 2])}"'


def list_queries(texts: dict[str, list[str]]) -> list[str]:
    """Return queries whose words are in the texts, drawn by frequency."""
    random = Random(SEED)  # noqa: S311 (for data)
    return [query for tag, lines in texts.items() for query in Language(tag, random).choose_queries(lines)]


def populate(factor: float, *, now: datetime) -> None:
    """Write owners, sessions and texts, and the rows of the index."""
    from django.contrib.auth.models import User  # noqa: PLC0415 (after django.setup)

    random = Random(SEED)  # noqa: S311 (for data)
    count = max(10, round(SESSIONS * factor))
    names = [name for name, share in OWNERS.items() for _ in range(max(1, round(count * share)))]
    names += ["others"] * (count - len(names))
    random.shuffle(names)
    owners = {name: User.objects.create_user(name) for name in {*names}}
    languages = [Language(tag, random) for tag in SYLLABLES]
    for number, name in enumerate(names):
        chosen = [
            languages[number % len(languages)],
            languages[(number + 1 + number // 6 % 5) % len(languages)],
        ]
        _write_session(owners[name], number, chosen, now=now - timedelta(minutes=count - number))


def _write_session(owner: Any, number: int, languages: list[Language], *, now: datetime) -> None:
    from dubbing_core.categories import Category  # noqa: PLC0415 (after django.setup)
    from dubbing_core.timeline.tracks import Segment, Timeline, Track, TrackKind  # noqa: PLC0415 (as above)
    from sessions_app.models import Blob, BlobTimeline, DubbingSession, Entry, Version  # noqa: PLC0415 (as above)
    from sessions_app.models.timeline import build_fields  # noqa: PLC0415 (as above)
    from sessions_app.operations.search import (  # noqa: PLC0415 (as above)
        write_session_tokens,
        write_text_lines,
    )

    name = f"episode {number:04}"
    session = DubbingSession(
        owner=owner, name=name, folded_name=name, created_at=now, last_updated=now, last_accessed=now
    )
    session.insert()
    version = Version.objects.create(
        session=session,
        number=1,
        created_at=now,
        document="{}",
        fingerprint="",
        file_count=2,
        total_size=0,
        stored_size=0,
        video_name=f"{name}.mp4",
        folded_video_name=f"{name}.mp4",
        language_tags=Version.join_tags([language.tag for language in languages]),
        stage="translated",
        has_transcription=True,
        has_translations=True,
        has_audio=False,
        has_videos=False,
    )
    for language in languages:
        lines = language.write_lines(LINES)
        segments = [Segment(4000 * place, 4000 * place + 3500, "", line) for place, line in enumerate(lines)]
        timeline = Timeline(
            format="SubRip", tracks=[Track(kind=TrackKind.TEXT, language=language.tag, segments=segments)]
        )
        digest = hashlib.sha256(f"{number} {language.tag}".encode()).hexdigest()
        blob = Blob.objects.create(sha256=digest, size=1, crc32=0, state=Blob.State.STORED, created_at=now)
        Entry.objects.create(
            session=session,
            path=f"translations/{language.tag}.srt",
            blob=blob,
            category=Category.TRANSLATIONS,
            language=language.tag,
            added_in=1,
        )
        BlobTimeline.objects.create(blob=blob, reader_version=1, read_at=now, **build_fields(timeline))
    session.advance(version, parent_id=None, stored_size=0, now=now)
    session.refresh_from_db()
    write_session_tokens(session)
    write_text_lines(session)


def main() -> int:
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 (after django.setup)
    from django.db import transaction  # noqa: PLC0415 (as above)
    from django.utils import timezone  # noqa: PLC0415 (as above)

    from bench.population.loader import finish_load  # noqa: PLC0415 (as above)

    call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        populate(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, now=timezone.now())
    finish_load()
    return 0


if __name__ == "__main__":
    sys.exit(main())
