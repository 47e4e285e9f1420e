"""Files of a session with the same text, and those without any."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Min, Q, QuerySet, TextField
from django.db.models.functions import Cast, Coalesce

from dubbing_core.input_history import SameText
from dubbing_core.timeline.text_digests import digest_texts
from sessions_app.models import DubbingSession, Entry
from sessions_app.queries.timelines import TEXT_CATEGORIES, select_unreadable_texts

SINCE = Min(Coalesce("content_since", "added_in"))
SUMMARY = Cast("blob__timeline__summary", TextField())
"""Tracks of a file: of those with several only, because there may be thousands of others."""
HAS_SEVERAL_TEXTS = Q(blob__timeline__summary__1__isnull=False)


class TextOrigin(NamedTuple):
    """A file of a session with lines, and the earliest one with the same text."""

    blob_id: int
    sha256: str
    earliest: SameText


def get_same_texts(origins: Iterable[TextOrigin]) -> dict[str, SameText]:
    """Return the earliest file of each text.

    By the SHA-256 of the others with the same text, and of all files that have, or had, several texts.
    """
    return {sha256: earliest for _, sha256, earliest in origins if earliest.sha256 != sha256 or earliest.own}


def find_text_origins(session: DubbingSession) -> list[TextOrigin]:
    """Return the files with lines in all versions of a session."""
    rows = list(
        _select_texts(session)
        .values_list("blob__timeline__text_digest", "blob__sha256", "blob_id")
        .annotate(since=SINCE, summary=Min(SUMMARY, filter=HAS_SEVERAL_TEXTS))
        .order_by("since", "blob__sha256")
    )
    shared = {blob_id: summary for *_, blob_id, _, summary in rows if summary}
    shared |= _find_former_texts(session, shared)
    first: dict[str, SameText] = {}
    first_own: dict[tuple[str, str], SameText] = {}
    origins = []
    for digest, sha256, blob_id, since, summary in rows:
        earliest = first.setdefault(digest, SameText(sha256, since))
        if blob_id in shared:
            # The history has the only text of a file by the whole file.
            this = SameText(sha256, since) if summary else earliest
            own = {
                key: first_own.setdefault((key, text), this)
                for key, text in digest_texts(json.loads(shared[blob_id])).items()
            }
            earliest = SameText(earliest.sha256, earliest.since, own)
        origins.append(TextOrigin(blob_id, sha256, earliest))
    return origins


def _find_former_texts(session: DubbingSession, shared: Collection[int]) -> dict[int, str]:
    """Return the only text of files that had, or have, several in another version.

    :param shared: blobs of files with several.
    :returns: the tracks as JSON, by blob.
    """
    if not shared:
        return {}
    paths = Entry.objects.filter(session=session, blob__in=shared).values_list("path", flat=True)
    texts = _select_texts(session).filter(path__in=set(paths)).exclude(blob__in=shared)
    return dict(texts.values_list("blob_id").annotate(summary=Min(SUMMARY)).order_by("blob_id"))


def _select_texts(session: DubbingSession) -> QuerySet[Entry]:
    """Select the entries of files with lines."""
    return (
        Entry.objects.filter(session=session)
        .exclude(blob__timeline__text_digest="")
        .filter(blob__timeline__isnull=False)
    )


def find_unreadable_texts(session: DubbingSession) -> set[str]:
    """Return the SHA-256 of the session's files that should contain lines and do not."""
    rows = Entry.objects.filter(select_unreadable_texts(), session=session, category__in=TEXT_CATEGORIES)
    return set(rows.values_list("blob__sha256", flat=True))
