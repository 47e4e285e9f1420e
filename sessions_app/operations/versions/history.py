"""All versions of a session at once: brought by an archive, or taken over from a colleague."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dubbing_core import metadata
from dubbing_core.history import History, HistoryEntry
from dubbing_core.manifest import Manifest, ManifestEntry
from dubbing_core.paths import PathError
from dubbing_core.texts import ExtractedTexts
from sessions_app.models import Blob, DubbingSession, Entry, Version
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.limits import check_count
from sessions_app.operations.versions import commit as versions

AUTHOR_LENGTH = 150
BATCH = 500
"""Rows a statement; databases limit the variables of one."""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """The rows of a history, made outside of any transaction and not written yet."""

    versions: list[Version]
    entries: list[Entry]


def prepare(
    history: History, *, blobs: Mapping[str, Blob], now: datetime, between: Callable[[], None] = lambda: None
) -> Replay:
    """Make the rows of every version.

    :param blobs: of every entry, by SHA-256.
    :param now: when a version was saved of which the history does not know that.
    :param between: called between two versions; what it raises ends the work.
    :raises BadInputError: a version holds too many files, or files that cannot lie side by side.
    """
    rows = []
    seen: set[str] = set()
    told: dict[HistoryEntry, ManifestEntry] = {}
    for past, state in zip(history.versions, history.iter_states(), strict=True):
        between()
        check_count(len(state))
        for entry in state.values():
            if entry not in told:
                told[entry] = _entry_of(entry, blobs[entry.sha256])
        manifest = _manifest(told[entry] for entry in state.values())
        new = versions.NewVersion(
            manifest=manifest,
            blob_ids={},
            document=_document(past.document, manifest, now=past.saved_at or now),
            message=past.message,
            restored_from=past.restored_from,
        )
        arrived = {entry.sha256: entry.size for entry in state.values() if entry.sha256 not in seen}
        seen |= arrived.keys()
        version = versions.row(
            session=None,
            number=past.number,
            new=new,
            stored_size=sum(arrived.values()),
            author=None,
            now=past.saved_at or now,
        )
        version.original_author = past.saved_by[:AUTHOR_LENGTH]
        rows.append(version)
    entries = [
        Entry(
            path=entry.path,
            blob=blobs[entry.sha256],
            category=entry.category.value,
            language=entry.language,
            origin=entry.origin,
            added_in=entry.added_in,
            removed_in=entry.removed_in,
        )
        for entry in history.entries
    ]
    return Replay(versions=rows, entries=entries)


def commit(replay: Replay, *, session: DubbingSession, now: datetime) -> Version:
    """Write the rows into an empty session and return its newest version. Its blobs must be durable and kept by a job or a version."""
    for version in replay.versions:
        version.session = session
    for entry in replay.entries:
        entry.session = session
    Version.objects.bulk_create(replay.versions, batch_size=BATCH)
    Entry.objects.bulk_create(replay.entries, batch_size=BATCH)
    newest = replay.versions[-1]
    if not session.advance(newest.pk, parent_id=None, now=now):
        raise versions.conflict(session)
    session.refresh_from_db()
    return newest


def _manifest(entries: Iterable[ManifestEntry]) -> Manifest:
    try:
        return Manifest.from_entries(entries)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error


def _entry_of(entry: HistoryEntry, blob: Blob) -> ManifestEntry:
    return ManifestEntry(
        path=entry.path,
        sha256=entry.sha256,
        size=entry.size,
        crc32=blob.crc32,
        category=entry.category,
        language=entry.language,
        origin=entry.origin,
    )


def _document(told: Mapping[str, object], manifest: Manifest, *, now: datetime) -> dict[str, object]:
    times = metadata.read_timestamps(told)
    return metadata.build_document(
        told,
        entries=manifest.entries,
        video_name=None,
        texts=ExtractedTexts(),
        created_at=times.created_at or now,
        last_updated=times.last_updated or now,
        last_accessed=times.last_accessed or now,
        keep_stage=True,
    )
