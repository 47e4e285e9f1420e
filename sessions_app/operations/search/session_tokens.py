"""Tokens of what is known about a session."""

from __future__ import annotations

from collections.abc import Iterator

from dubbing_core.language_names import get_language_names
from dubbing_core.search.tokens import SEPARATOR, join_tokens, tokenize
from sessions_app.models import DubbingSession, Entry, SessionTokens, Version
from sessions_app.models.commits import deferred_sync

MAX_MESSAGES = 500
"""Of the newest versions."""
MAX_TOKENS = 20_000
"""More than the names of 5,000 files in folders."""


def write_session_tokens(session: DubbingSession) -> None:
    """Write the tokens of a session.

    Those of its current version, and of the messages of all versions.
    """
    tokens: list[str] = []
    for text in _find_texts(session):
        tokens += [*tokenize(text), SEPARATOR]
        if len(tokens) > MAX_TOKENS:
            break
    with deferred_sync():
        SessionTokens.objects.write(
            session_id=session.pk, owner_id=session.owner_id, tokens=join_tokens(tokens[:MAX_TOKENS])
        )


def _find_texts(session: DubbingSession) -> Iterator[str]:
    """Yield the texts by which a session is found, the most important first."""
    yield session.name
    yield session.owner.get_username()
    yield session.owner.get_full_name()
    current = Version.objects.filter(pk=session.current_id or 0).only("video_name", "language_tags").first()
    if current is None:
        return
    yield current.video_name
    for tag in current.languages:
        yield tag
        yield from get_language_names(tag)
    versions = Version.objects.filter(session=session).exclude(message="").order_by("-number")
    yield from versions.values_list("message", flat=True)[:MAX_MESSAGES]
    seen: set[str] = set()
    paths = Entry.objects.filter(session=session, removed_in__isnull=True).files().order_by("path")
    for path in paths.values_list("path", flat=True).iterator():
        for part in path.split("/"):
            if part not in seen:
                seen.add(part)
                yield part
