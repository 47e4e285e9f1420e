"""How much a session and its archives may hold."""

from __future__ import annotations

from django.conf import settings

from dubbing_core.zips.limits import ArchiveLimits
from sessions_app.operations.errors import BadInputError

ROOM = 1000
"""Entries beside the session's files: metadata.json, our own folder, folders that other tools list."""


def archive_limits() -> ArchiveLimits:
    """What an archive may declare: as many files as a session may hold, and what else a ZIP of such a session has."""
    return ArchiveLimits(
        max_entries=settings.MAX_FILES_IN_SESSION + ROOM,
        max_total_size=settings.MAX_UPLOAD_SIZE,
    )


def check_count(files: int) -> None:
    """Refuse a version that its own ZIP could not bring back.

    :raises BadInputError: it has too many files.
    """
    limit = settings.MAX_FILES_IN_SESSION
    if files > limit:
        raise BadInputError(
            f"A session may hold {limit} files, and this one would hold {files}. Split it, or pack what belongs together.",
            code="too_many_files",
        )
