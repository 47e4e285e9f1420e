"""Languages of sessions outside the trash, for filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models

from sessions_app.models.statements import select

if TYPE_CHECKING:
    from collections.abc import Collection


TAG_LENGTH = 35
"""Longer tags of invalid metadata are in no filter."""


def fold_tags(tags: Collection[str]) -> dict[str, str]:
    """Return the tags that a session has rows for, by folded tag."""
    return {tag.casefold(): tag for tag in reversed(list(tags)) if len(tag) <= TAG_LENGTH}


class SessionLanguageQuerySet(models.QuerySet["SessionLanguage"]):
    def replace(self, *, session_id: int, owner_id: int, tags: Collection[str]) -> None:
        """Write the languages of a session outside the trash."""
        expected = fold_tags(tags)
        present = dict(select(_LANGUAGES_OF_SESSION, [session_id]))
        if present == expected:
            return
        if stale := [folded for folded, tag in present.items() if expected.get(folded) != tag]:
            self.filter(session_id=session_id, folded_tag__in=stale).delete()
        self.bulk_create(
            SessionLanguage(session_id=session_id, owner_id=owner_id, folded_tag=folded, tag=tag)
            for folded, tag in expected.items()
            if present.get(folded) != tag
        )

    def list_tags(self, owner_ids: Collection[int]) -> list[str]:
        """Return the languages of these owners' sessions, by folded tag.

        Jumps from one language to the next in the index, so that the number of sessions does not matter.
        """
        tags: dict[str, str] = {}
        for owner_id in owner_ids:
            with connection.cursor() as cursor:
                cursor.execute(LANGUAGES_OF_OWNER, [owner_id] * 3)
                tags |= dict(cursor.fetchall())
        return [tags[folded] for folded in sorted(tags)]


class SessionLanguage(models.Model):
    """A language of the current version of a session that is not in the trash."""

    session = models.ForeignKey(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="language_rows", db_index=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    folded_tag = models.CharField(max_length=3 * TAG_LENGTH, help_text="Tag in the form used for comparison.")
    tag = models.CharField(max_length=TAG_LENGTH, help_text="BCP 47 tag, as in the metadata.")

    objects = SessionLanguageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "folded_tag"], name="session_language_is_unique"),
        ]
        indexes = [
            # Used by the filters of the session list.
            models.Index(fields=["owner", "folded_tag", "session"], name="session_language_list"),
        ]

    def __str__(self) -> str:
        return f"{self.tag} of session {self.session_id}"


_LANGUAGES_OF_SESSION = "SELECT folded_tag, tag FROM sessions_app_sessionlanguage WHERE session_id = %s"
# DISTINCT reads every row of the owner on both databases; this reads one per language.
LANGUAGES_OF_OWNER = """
WITH RECURSIVE found(folded_tag) AS (
    SELECT (SELECT MIN(folded_tag) FROM sessions_app_sessionlanguage WHERE owner_id = %s)
    UNION ALL
    SELECT (SELECT MIN(folded_tag) FROM sessions_app_sessionlanguage WHERE owner_id = %s AND folded_tag > found.folded_tag)
    FROM found WHERE found.folded_tag IS NOT NULL
)
SELECT found.folded_tag, (
    SELECT tag FROM sessions_app_sessionlanguage WHERE owner_id = %s AND folded_tag = found.folded_tag LIMIT 1
) FROM found WHERE found.folded_tag IS NOT NULL
"""
