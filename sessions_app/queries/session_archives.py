"""Versions of several sessions, for one ZIP."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F, QuerySet

from sessions_app.models import DubbingSession, SessionArchive, Version
from sessions_app.models.bulk import select_numbers

DEFERRED = ("document", "texts", "matrix", "input_history")


def get_current_versions(sessions: Collection[DubbingSession]) -> list[Version]:
    """Return the current versions, in the order of the sessions; some have none."""
    keys = [session.pk for session in sessions]
    rows = Version.objects.filter(session__in=select_numbers(keys), session__current=F("pk"))
    found = {row.session_id: row for row in rows.select_related("session").defer(*DEFERRED)}
    return [found[key] for key in keys if key in found]


def get_archived_versions(archive: SessionArchive, visible: QuerySet[Version]) -> list[Version]:
    """Return those of an archive's versions that are visible and not in the trash."""
    numbers = dict(archive.versions)
    rows = visible.filter(session__in=select_numbers(numbers), session__trashed_at__isnull=True)
    rows = rows.filter(number__in=set(numbers.values())).select_related("session", "created_by")
    return [row for row in rows.defer(*DEFERRED) if row.number == numbers[row.session_id]]
