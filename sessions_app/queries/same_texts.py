"""Files of a session with the same text, and those without any."""

from __future__ import annotations

import json
from typing import NamedTuple

from django.db.models import Min, Q, TextField
from django.db.models.functions import Cast, Coalesce

from dubbing_core.input_history import SameText
from dubbing_core.timeline.text_digests import digest_texts
from sessions_app.models import DubbingSession, Entry
from sessions_app.queries.timelines import TEXT_CATEGORIES, select_unreadable_texts


class TextOrigin(NamedTuple):
    """A file of a session with lines, and the earliest one with the same text."""

    blob_id: int
    sha256: str
    earliest: SameText


def find_same_texts(session: DubbingSession) -> dict[str, SameText]:
    """Return the earliest file of each text.

    By the SHA-256 of the others with the same text, and of all files with several texts.
    """
    return {
        sha256: earliest
        for _, sha256, earliest in find_text_origins(session)
        if earliest.sha256 != sha256 or earliest.own
    }


def find_text_origins(session: DubbingSession) -> list[TextOrigin]:
    """Return the files with lines in all versions of a session."""
    rows = (
        Entry.objects.filter(session=session)
        .exclude(blob__timeline__text_digest="")
        .filter(blob__timeline__isnull=False)
        .values_list("blob__timeline__text_digest", "blob__sha256", "blob_id")
        .annotate(
            since=Min(Coalesce("content_since", "added_in")),
            # Of files with several tracks only: there may be thousands of others.
            summary=Min(
                Cast("blob__timeline__summary", TextField()),
                filter=Q(blob__timeline__summary__1__isnull=False),
            ),
        )
        .order_by("since", "blob__sha256")
    )
    first: dict[str, SameText] = {}
    first_own: dict[tuple[str, str], SameText] = {}
    origins = []
    for digest, sha256, blob_id, since, summary in rows:
        this = SameText(sha256, since)
        earliest = first.setdefault(digest, this)
        if summary:
            own = {
                key: first_own.setdefault((key, text), this)
                for key, text in digest_texts(json.loads(summary)).items()
            }
            earliest = SameText(earliest.sha256, earliest.since, own)
        origins.append(TextOrigin(blob_id, sha256, earliest))
    return origins


def find_unreadable_texts(session: DubbingSession) -> set[str]:
    """Return the SHA-256 of the session's files that should contain lines and do not."""
    rows = Entry.objects.filter(select_unreadable_texts(), session=session, category__in=TEXT_CATEGORIES)
    return set(rows.values_list("blob__sha256", flat=True))
