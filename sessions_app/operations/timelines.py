"""Timelines: lines of subtitles, transcripts and translations, read from blobs.

Owns the rows of `BlobTimeline`. May call `search` and `versions`. Each file is read once, by the first of its entries, in the background, after
the version that it came with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Exists, OuterRef, Q

from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Role
from dubbing_core.sentences import sentence
from dubbing_core.timeline.reader import READER_VERSION, can_read, read_timeline
from dubbing_core.timeline.tracks import Timeline
from sessions_app.models import BlobTimeline, DubbingSession, Entry, Job, Version
from sessions_app.models.commits import deferred_sync
from sessions_app.models.timeline import build_fields
from sessions_app.operations.search import write_session_tokens, write_text_lines
from sessions_app.operations.versions.fill_texts import fill_versions
from sessions_app.queries.timelines import READ_CATEGORIES, TEXT_CATEGORIES, UNREAD_ROLES
from sessions_app.queue import postpone_reading
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreError
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader

logger = logging.getLogger(__name__)

SESSIONS_PER_QUERY = 100
MAX_POSTPONED = 5
"""How often a reading is postponed: with more jobs than the workers can do, texts are read nevertheless."""
POSTPONED_BY = timedelta(seconds=2)
INTERNAL_ERROR = sentence("could not be read because of an error in the portal; its log has the details")


@dataclass(kw_only=True)
class ReadingReport:
    """Numbers of sessions and files of a run."""

    sessions: int = 0
    files: int = 0
    unreadable: int = 0
    left: int = 0
    """Sessions whose files the storage did not return; they are read later."""


def read_pending_texts(
    *,
    clock: Callable[[], datetime],
    limit: timedelta | None = None,
    on_session: Callable[[ReadingReport], None] = lambda _: None,
) -> ReadingReport:
    """Read the texts of all sessions with unread ones.

    It can be interrupted at any time: what was read is stored.

    :param limit: time after which no further session is begun.
    :param on_session: is called after each session.
    """
    report = ReadingReport()
    began, last = clock(), 0
    pending = DubbingSession.objects.filter(has_unread_texts=True, deleted_at__isnull=True).order_by("pk")
    while ids := list(pending.filter(pk__gt=last).values_list("pk", flat=True)[:SESSIONS_PER_QUERY]):
        for session_id in ids:
            if limit is not None and clock() - began > limit:
                return report
            read_session_texts(session_id=session_id, clock=clock, report=report)
            on_session(report)
        last = ids[-1]
    return report


def read_saved_texts(*, session_id: int, clock: Callable[[], datetime], postponed: int = 0) -> None:
    """Read the texts of a session that was saved; later if jobs wait for a worker.

    Users wait for jobs, and one reading after several saves is enough.

    :param postponed: how often the reading was postponed already.
    """
    if not DubbingSession.objects.filter(pk=session_id, has_unread_texts=True).exists():
        return
    if postponed < MAX_POSTPONED and Job.objects.filter(state=Job.State.QUEUED).exists():
        postpone_reading(session_id, postponed=postponed + 1, delay=POSTPONED_BY)
        return
    read_session_texts(session_id=session_id, clock=clock)


def read_session_texts(
    *, session_id: int, clock: Callable[[], datetime], report: ReadingReport | None = None
) -> ReadingReport:
    """Read the texts of a session that have not been read, of all its versions.

    Afterwards the session is found by its current contents.
    """
    report = report if report is not None else ReadingReport()
    session = (
        DubbingSession.objects.select_related("current")
        .defer("current__document", "current__texts")
        .filter(pk=session_id, deleted_at__isnull=True)
        .first()
    )
    if session is None:
        return report
    write_session_tokens(session)
    store = get_store()
    seen: set[int] = set()
    for path, language, blob_id, sha256, size in _find_unread(session):
        if blob_id in seen:
            continue
        seen.add(blob_id)
        try:
            timeline = _read_blob(store, path, language, sha256, size)
        except StoreError as error:
            logger.warning("The text %s of blob %s was not read: %s", path, sha256, error)
            if error.is_retryable:
                report.left += 1
                return report
            continue
        if _write(blob_id, timeline, now=clock()):
            report.files += 1
            report.unreadable += bool(timeline.reason)
    if session.current is not None:
        fill_versions(session, up_to=session.current.number)
        write_session_tokens(session)  # with the languages of the texts
    write_text_lines(session)
    # A version or name that was committed in the meantime leaves its texts unread.
    unchanged = DubbingSession.objects.filter(pk=session.pk, current_id=session.current_id, name=session.name)
    # So does one whose media were found to be damaged.
    unfilled = Version.objects.filter(session=OuterRef("pk"), texts_digest="")
    unchanged.exclude(Exists(unfilled)).update(has_unread_texts=False)
    report.sessions += 1
    return report


def mark_all_unread() -> None:
    """Let the texts of all sessions be checked again, after a change of the readers."""
    Version.objects.exclude(texts_digest="").update(texts_digest="")
    DubbingSession.objects.filter(current__isnull=False).update(has_unread_texts=True)


def can_have_lines(path: str, category: str, role: str) -> bool:
    """Return whether a file is expected to contain lines of dialog."""
    if role in UNREAD_ROLES or not can_read(path):
        return False
    if category in TEXT_CATEGORIES or guess_kind(path) is FileKind.SUBTITLE or role == Role.PROJECT:
        return True
    return role == Role.VOICE_ASSIGNMENTS and path.casefold().endswith(".xlsx")


def _find_unread(session: DubbingSession) -> Iterator[tuple[str, str, int, str, int]]:
    """Yield path, language, and the blob's key, hash and size of unread texts."""
    unread = Q(blob__timeline__isnull=True) | Q(blob__timeline__reader_version__lt=READER_VERSION)
    rows = (
        Entry.objects.filter(unread, session=session, category__in=READ_CATEGORIES)
        .order_by("added_in", "path")
        .values_list("path", "language", "blob_id", "blob__sha256", "blob__size", "category", "role")
    )
    for path, language, blob_id, sha256, size, category, role in rows:
        if size and can_have_lines(path, category, role):
            yield path, language, blob_id, sha256, size


def _read_blob(store: BlobReader, path: str, language: str, sha256: str, size: int) -> Timeline:
    file = ChunkedFile(store.read(blob_key(sha256), 0, size))
    try:
        return read_timeline(path, file, language=language)
    except StoreError:
        raise
    except Exception:
        # The file is read once, whatever it contains: it must not stop those after it.
        logger.exception("Reading the text of blob %s failed", sha256)
        return Timeline(format="", reason=INTERNAL_ERROR)


def _write(blob_id: int, timeline: Timeline, *, now: datetime) -> bool:
    """Store what was read; return False if the blob was deleted in the meantime."""
    fields = build_fields(timeline) | {"reader_version": READER_VERSION, "read_at": now, "search_version": 0}
    try:
        with deferred_sync():
            BlobTimeline.objects.bulk_create(
                [BlobTimeline(blob_id=blob_id, **fields)],
                update_conflicts=True,
                unique_fields=["blob"],
                update_fields=list(fields),
            )
    except IntegrityError:
        return False
    return True


class ChunkedFile:
    """A file made of chunks, read from the beginning to the end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
