"""Media: facts of audio and video files, read from blobs.

Owns the rows of `BlobMedia`. Calls no other use case. Each file is read once, in the background, after the version that it came with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Min, Q

from dubbing_core.file_kinds import guess_kind
from dubbing_core.labels import Role
from dubbing_core.media_facts import MediaFacts
from dubbing_core.sentences import sentence
from sessions_app.media.client import MediaReaderUnavailableError
from sessions_app.media.reader import MediaReader
from sessions_app.models import BlobMedia, DubbingSession, Entry, Version
from sessions_app.models.commits import deferred_sync
from sessions_app.models.media import build_columns, join_problem
from sessions_app.queries.media import MEDIA_KINDS, PROGRESS_CATEGORIES
from sessions_app.queue import enqueue_derivatives, enqueue_media, enqueue_reading
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreError
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader

logger = logging.getLogger(__name__)

READER_VERSION = 2
"""Of the facts: after a change all blobs are read again."""
SESSIONS_PER_QUERY = 100
INTERNAL_ERROR = sentence("could not be read because of an error in the portal; its log has the details")


@dataclass(kw_only=True)
class MediaReport:
    """Numbers of sessions and files of a run."""

    sessions: int = 0
    files: int = 0
    unreadable: int = 0
    left: int = 0
    """Sessions with files that were not read: the storage did not return them, or the time was over."""


def read_pending_media(
    *,
    clock: Callable[[], datetime],
    limit: timedelta | None = None,
    on_session: Callable[[MediaReport], None] = lambda _: None,
) -> MediaReport:
    """Read the media of all sessions with unread ones.

    It can be interrupted at any time: what was read is stored.

    :param limit: time after which no further file is begun.
    :param on_session: is called after each session.
    """
    report = MediaReport()
    until = clock() + limit if limit is not None else None
    last = 0
    pending = DubbingSession.objects.filter(has_unread_media=True, deleted_at__isnull=True).order_by("pk")
    with MediaReader() as reader:
        while ids := list(pending.filter(pk__gt=last).values_list("pk", flat=True)[:SESSIONS_PER_QUERY]):
            for session_id in ids:
                if until is not None and clock() > until:
                    return report
                _read_session(session_id, reader=reader, clock=clock, until=until, report=report)
                on_session(report)
            last = ids[-1]
    return report


def read_session_media(
    *, session_id: int, clock: Callable[[], datetime], limit: timedelta | None = None
) -> MediaReport:
    """Read the media of a session that have not been read, of all its versions.

    :param limit: time after which no further file is begun.
    """
    report = MediaReport()
    until = clock() + limit if limit is not None else None
    with MediaReader() as reader:
        _read_session(session_id, reader=reader, clock=clock, until=until, report=report)
    return report


def mark_all_unread() -> None:
    """Let the media of all sessions be checked again, after a change of the reader."""
    DubbingSession.objects.filter(current__isnull=False).update(has_unread_media=True)


@transaction.atomic
def record_damage(blob_id: int, damage: str) -> set[int]:
    """Add to the problem of a file what decoding found; return the sessions with it.

    Their progress is computed again when their texts are read the next time.
    """
    media = BlobMedia.objects.select_for_update().filter(pk=blob_id).first()
    if media is None or media.damage == damage:
        return set()
    found = media.problem.removesuffix(media.damage).removesuffix("; ")
    BlobMedia.objects.filter(pk=blob_id).update(damage=damage, problem=join_problem(found, damage))
    entries = Entry.objects.filter(blob_id=blob_id, category__in=PROGRESS_CATEGORIES)
    first = dict(entries.values_list("session").annotate(first=Min("added_in")).order_by("session"))
    for session_id, number in first.items():
        # The lock is the one under which progress is stored.
        DubbingSession.objects.select_for_update().get(pk=session_id)
        Version.objects.filter(session=session_id, number__gte=number).update(texts_digest="")
        DubbingSession.objects.filter(pk=session_id).update(has_unread_texts=True)
    return set(first)


def _read_session(
    session_id: int,
    *,
    reader: MediaReader,
    clock: Callable[[], datetime],
    until: datetime | None,
    report: MediaReport,
) -> None:
    session = DubbingSession.objects.filter(pk=session_id, deleted_at__isnull=True).first()
    if session is None:
        return
    store = get_store()
    seen: set[int] = set()
    for path, blob_id, sha256, size in _find_unread(session):
        if blob_id in seen:
            continue
        seen.add(blob_id)
        if until is not None and clock() > until:
            report.left += 1
            enqueue_media(session.pk)  # behind those of others
            return
        try:
            facts = _read_blob(reader, store, sha256, size)
        except StoreError as error:
            logger.warning("The media file %s of blob %s was not read: %s", path, sha256, error)
            if error.is_retryable:
                report.left += 1
                return
            continue
        if _write(blob_id, facts, now=clock()):
            report.files += 1
            report.unreadable += bool(facts.reason)
    _finish(session)
    report.sessions += 1


def _finish(session: DubbingSession) -> None:
    """Clear the mark, and let progress be computed again where it lacks these facts.

    A version that was committed in the meantime leaves its media unread.
    """
    with transaction.atomic():
        unchanged = DubbingSession.objects.filter(pk=session.pk, current_id=session.current_id)
        if not unchanged.update(
            has_unread_media=False, has_missing_derivatives=True, has_missing_proxies=True
        ):
            return
        enqueue_derivatives(session.pk)
        versions = Version.objects.filter(session=session)
        first = versions.filter(has_media_facts=False).aggregate(first=Min("number"))["first"]
        if first is not None:
            versions.filter(number__gte=first).update(texts_digest="")
            DubbingSession.objects.filter(pk=session.pk).update(has_unread_texts=True)
            enqueue_reading(session.pk)


def _find_unread(session: DubbingSession) -> Iterator[tuple[str, int, str, int]]:
    """Yield path, and the blob's key, hash and size of unread media.

    Those of the newest versions come first.
    """
    unread = Q(blob__media__isnull=True) | Q(blob__media__reader_version__lt=READER_VERSION)
    rows = (
        Entry.objects.filter(unread, session=session, blob__size__gt=0)
        .exclude(role=Role.SESSION_METADATA)
        .order_by("-added_in", "path")
        .values_list("path", "blob_id", "blob__sha256", "blob__size")
    )
    for path, blob_id, sha256, size in rows:
        if guess_kind(path) in MEDIA_KINDS:
            yield path, blob_id, sha256, size


def _read_blob(reader: MediaReader, store: BlobReader, sha256: str, size: int) -> MediaFacts:
    try:
        return reader.read(store, blob_key(sha256), size)
    except (StoreError, OSError, MediaReaderUnavailableError):
        raise
    except Exception:
        # The file is read once, whatever it contains: it must not stop those after it.
        logger.exception("Reading the media of blob %s failed", sha256)
        return MediaFacts(reason=INTERNAL_ERROR)


def _write(blob_id: int, facts: MediaFacts, *, now: datetime) -> bool:
    """Store what was read; return False if the blob was deleted in the meantime."""
    columns = build_columns(facts) | {"reader_version": READER_VERSION, "read_at": now}
    for damage in BlobMedia.objects.filter(pk=blob_id).values_list("damage", flat=True):
        columns["problem"] = join_problem(facts.problem, damage)
    try:
        with deferred_sync():
            BlobMedia.objects.bulk_create(
                [BlobMedia(blob_id=blob_id, **columns)],
                update_conflicts=True,
                unique_fields=["blob"],
                update_fields=list(columns),
            )
    except IntegrityError:
        return False
    return True
