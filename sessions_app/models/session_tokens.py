"""Tokens by which sessions are found."""

from __future__ import annotations

from django.db import models
from django.db.models.expressions import RawSQL

from dubbing_core.search.query import Query
from sessions_app.models.session_text import OWNER_SHIFT
from sessions_app.models.token_index import build_match, contains_sequences, is_postgresql


class SessionTokensQuerySet(models.QuerySet["SessionTokens"]):
    def write(self, *, session_id: int, owner_id: int, tokens: str) -> None:
        """Write the tokens of a session, unless they are the same."""
        key = owner_id << OWNER_SHIFT | session_id
        if self.filter(pk=key).values_list("tokens", flat=True).first() != tokens:
            self.update_or_create(pk=key, defaults={"session_id": session_id, "tokens": tokens})


class SessionTokens(models.Model):
    """Tokens of a session's names, owner, languages, messages and file names.

    Written in the background after each version.
    The key is that of `SessionText`, so that an owner's sessions are adjacent in the index.
    """

    id = models.BigIntegerField(primary_key=True)
    session = models.OneToOneField(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="tokens"
    )
    tokens = models.TextField()

    objects = SessionTokensQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "session tokens"

    def __str__(self) -> str:
        return f"tokens of session {self.session_id}"


def select_sessions_by_tokens(query: Query, owner_id: int) -> RawSQL:
    """Return a subquery of the sessions of an owner whose tokens contain all terms."""
    sequences, texts = contains_sequences("own.tokens", query)
    if is_postgresql():
        match = build_match(query, also=f"@{owner_id}")
        return RawSQL(_GIN + sequences, [match, *texts])  # noqa: S611 (constants of this code)
    first, last = owner_id << OWNER_SHIFT, (owner_id + 1 << OWNER_SHIFT) - 1
    return RawSQL(_FTS + sequences, [build_match(query), first, last, *texts])  # noqa: S611 (constants of this code)


_GIN = """
SELECT own.session_id FROM sessions_app_sessiontokens own
WHERE sessions_app_session_lexemes(own.id, own.tokens) @@ %s::tsquery
"""
_FTS = """
SELECT own.session_id FROM sessions_app_sessiontokens_index found
CROSS JOIN sessions_app_sessiontokens own ON own.id = found.rowid
WHERE found.sessions_app_sessiontokens_index MATCH %s AND found.rowid BETWEEN %s AND %s
"""
