"""Files of a session with the same text, and those without any."""

from __future__ import annotations

from django.db.models import Min
from django.db.models.functions import Coalesce

from dubbing_core.input_history import SameText
from sessions_app.models import DubbingSession, Entry
from sessions_app.queries.timelines import EXPECTED_ROLES, TEXT_CATEGORIES


def find_same_texts(session: DubbingSession) -> dict[str, SameText]:
    """Return the earliest file of each text.

    By the SHA-256 of the others with the same text.
    """
    rows = (
        Entry.objects.filter(session=session)
        .exclude(blob__timeline__text_digest="")
        .filter(blob__timeline__isnull=False)
        .values_list("blob__timeline__text_digest", "blob__sha256")
        .annotate(since=Min(Coalesce("content_since", "added_in")))
        .order_by("since", "blob__sha256")
    )
    first: dict[str, SameText] = {}
    same: dict[str, SameText] = {}
    for digest, sha256, since in rows:
        earliest = first.setdefault(digest, SameText(sha256, since))
        if earliest.sha256 != sha256:
            same[sha256] = earliest
    return same


def find_unreadable_texts(session: DubbingSession) -> set[str]:
    """Return the SHA-256 of the session's files that should contain lines and do not."""
    rows = Entry.objects.filter(session=session, category__in=TEXT_CATEGORIES, role__in=EXPECTED_ROLES)
    rows = rows.filter(blob__timeline__isnull=False).exclude(blob__timeline__reason="")
    return set(rows.values_list("blob__sha256", flat=True))
