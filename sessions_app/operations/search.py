"""Search: the index of sessions and of the lines of their texts.

Owns the rows of `SessionTokens`, `TextChunk` and `CurrentText`, those of the current version of each session. Calls no other use case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import IntegrityError

from dubbing_core.search.tokens import SEPARATOR, TOKENIZER_VERSION, join_tokens, tokenize
from sessions_app.language_names import get_language_names
from sessions_app.models import (
    BlobTimeline,
    CurrentText,
    DubbingSession,
    Entry,
    SessionTokens,
    TextChunk,
    Version,
)
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.models.commits import deferred_sync

MAX_MESSAGES = 500
"""Of the newest versions."""
MAX_TOKENS = 20_000
"""More than the names of 5,000 files in folders."""


@dataclass(kw_only=True)
class RebuildReport:
    """Numbers of sessions, and of files whose lines were written."""

    sessions: int = 0
    texts: int = 0


def rebuild_search(
    *, everything: bool, on_session: Callable[[RebuildReport], None] = lambda _: None
) -> RebuildReport:
    """Write what is missing in the index, from texts that were read.

    It can be interrupted: what was written stays, and the next run writes the rest. Searches find what was written before.

    :param everything: write the lines again that are in the index already.
    :param on_session: is called after each session.
    """
    if everything:
        BlobTimeline.objects.exclude(search_version=0).update(search_version=0)
    report = RebuildReport()
    for session in _iterate_sessions():
        write_session_tokens(session)
        report.texts += write_text_lines(session)
        report.sessions += 1
        on_session(report)
    return report


def _iterate_sessions() -> Iterator[DubbingSession]:
    last = 0
    sessions = DubbingSession.objects.filter(deleted_at__isnull=True).select_related("owner").order_by("pk")
    while batch := list(sessions.filter(pk__gt=last)[:ROWS_PER_STATEMENT]):
        yield from batch
        last = batch[-1].pk


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


def index_owner_again(owner_id: int) -> None:
    """Let the worker write the tokens of an owner's sessions.

    They contain the owner's names.
    """
    DubbingSession.objects.filter(owner_id=owner_id, deleted_at__isnull=True).update(has_unread_texts=True)


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


def write_text_lines(session: DubbingSession) -> int:
    """Write the lines of a session's current texts that are not in the index.

    :returns: the number of texts whose lines were written.
    """
    texts = list(
        Entry.objects.filter(session=session, removed_in__isnull=True, blob__timeline__reason="")
        .order_by("path")
        .values_list("pk", "blob_id", "blob__timeline__search_version")
    )
    # One row per blob: a version may contain it several times.
    current = {blob_id: entry_id for entry_id, blob_id, _ in reversed(texts)}
    _write_current(session, current)
    outdated = dict.fromkeys(blob_id for _, blob_id, version in texts if version != TOKENIZER_VERSION)
    return sum(_write_lines(blob_id) for blob_id in outdated)


def _write_current(session: DubbingSession, current: dict[int, int]) -> None:
    """Write which blobs the session currently has, and in which entries."""
    present = dict(CurrentText.objects.filter(session=session).values_list("blob_id", "entry_id"))
    if present == current:
        return
    stale = [entry_id for blob_id, entry_id in present.items() if current.get(blob_id) != entry_id]
    new = [
        CurrentText(entry_id=entry_id, session=session, blob_id=blob_id)
        for blob_id, entry_id in current.items()
        if present.get(blob_id) != entry_id
    ]
    with deferred_sync():
        CurrentText.objects.filter(pk__in=stale).delete()
        CurrentText.objects.bulk_create(new, ignore_conflicts=True)


def _write_lines(blob_id: int) -> bool:
    """Write the lines of a blob; return False if it was deleted in the meantime."""
    timeline = BlobTimeline.objects.filter(pk=blob_id).first()
    if timeline is None:
        return False
    unchanged = BlobTimeline.objects.filter(pk=blob_id, read_at=timeline.read_at)
    try:
        TextChunk.objects.replace(blob_id, timeline.get_tracks())
    except IntegrityError:
        return False
    return unchanged.update(search_version=TOKENIZER_VERSION) == 1
