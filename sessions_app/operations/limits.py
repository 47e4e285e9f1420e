"""Limits of sessions and archives."""

from __future__ import annotations

from django.conf import settings

from dubbing_core.sentences import sentence
from dubbing_core.zips.limits import ArchiveLimits
from sessions_app.operations.errors import BadInputError

EXTRA_ENTRIES = 1000
"""Entries of an archive beside the session's files: metadata.json, .dubbing, folders that other tools list."""


def archive_limits() -> ArchiveLimits:
    """Return the limits of an archive: a session's, plus extra entries of its ZIP."""
    return ArchiveLimits(
        max_entries=settings.MAX_FILES_IN_SESSION + EXTRA_ENTRIES,
        max_total_size=settings.MAX_UPLOAD_SIZE,
    )


def check_file_count(count: int) -> None:
    """Refuse a version that could not be imported from its own ZIP.

    :raises BadInputError: it has too many files.
    """
    limit = settings.MAX_FILES_IN_SESSION
    if count > limit:
        raise BadInputError(
            sentence(
                "A session may have %(limit)s files, and this one would have %(count)s. Split it, or "
                "archive files that belong together.",
                limit=limit,
                count=count,
            ),
            code="too_many_files",
        )
