"""History: all versions of a session at once.

It comes from an archive or from another user's session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dubbing_core import metadata
from dubbing_core.change_summary import summarize_manifests
from dubbing_core.history import History, HistoryEntry
from dubbing_core.input_history import InputHistory
from dubbing_core.manifest import Manifest, ManifestEntry
from dubbing_core.paths import PathError
from dubbing_core.texts import ExtractedTexts
from sessions_app.models import Blob, DubbingSession, Entry, Version
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.versions.conflict import describe_conflict
from sessions_app.operations.versions.entries import AddedBlobs
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.operations.versions.rows import build_version
from sessions_app.queue import enqueue_media, enqueue_reading

MAX_AUTHOR_LENGTH = 150


@dataclass(frozen=True, kw_only=True)
class HistoryRows:
    """Rows of a history, built outside of any transaction and not saved yet."""

    versions: list[Version]
    entries: list[Entry]


def build_history(
    history: History, *, blobs: Mapping[str, Blob], now: datetime, between: Callable[[], None] = lambda: None
) -> HistoryRows:
    """Build the rows of every version.

    :param blobs: of every entry, by SHA-256.
    :param now: the time of versions whose own is unknown.
    :param between: is called between two versions; an exception from it ends the work.
    :raises BadInputError: a version has too many files, or conflicting paths.
    """
    versions: list[Version] = []
    first: dict[str, int] = {}
    built: dict[HistoryEntry, ManifestEntry] = {}
    before = Manifest(entries=())
    for past, state in zip(history.versions, history.iter_states(), strict=True):
        between()
        check_file_count(len(state))
        for entry in state.values():
            if entry not in built:
                built[entry] = _build_entry(entry, blobs[entry.sha256])
        manifest = _build_manifest(
            (built[entry] for entry in state.values()), empty_folders=past.empty_folders
        )
        new = NewVersion(
            manifest=manifest,
            blob_ids={},
            document=_build_document(past.document, manifest, now=past.saved_at or now),
            message=past.message,
            restored_from=past.restored_from,
            left_out=past.left_out,
        )
        added = {entry.sha256: entry.size for entry in state.values() if entry.sha256 not in first}
        first |= dict.fromkeys(added, past.number)
        since = {path: first[entry.sha256] for path, entry in state.items()}
        version = build_version(
            session=None,
            number=past.number,
            new=new,
            added=AddedBlobs(count=len(added), size=sum(added.values()), since=since),
            since=since,
            history=InputHistory.from_dict(versions[-1].input_history if versions else {}),
            changes=summarize_manifests(before, manifest),
            parent=versions[-1] if versions else None,
            author=None,
            now=past.saved_at or now,
        )
        version.original_author = past.saved_by[:MAX_AUTHOR_LENGTH]
        versions.append(version)
        before = manifest
    entries = [_build_row(entry, blobs[entry.sha256], since=first[entry.sha256]) for entry in history.entries]
    return HistoryRows(versions=versions, entries=entries)


def _build_row(entry: HistoryEntry, blob: Blob, *, since: int) -> Entry:
    return Entry(
        path=entry.path,
        blob=blob,
        category=entry.category.value,
        language=entry.language,
        role=entry.role.value,
        labeled_by=entry.labeled_by.value,
        is_executable=entry.is_executable,
        mtime_ns=entry.mtime_ns,
        added_in=entry.added_in,
        content_since=since if since < entry.added_in else None,
        removed_in=entry.removed_in,
    )


def commit_history(rows: HistoryRows, *, session: DubbingSession, now: datetime) -> Version:
    """Write the rows into an empty session; return its newest version.

    The blobs must be durable, and pinned by a job or needed by a version.
    """
    for version in rows.versions:
        version.session = session
    for entry in rows.entries:
        entry.session = session
    Version.objects.bulk_create(rows.versions, batch_size=ROWS_PER_STATEMENT)
    Entry.objects.bulk_create(rows.entries, batch_size=ROWS_PER_STATEMENT)
    newest = rows.versions[-1]
    stored_size = sum(version.stored_size for version in rows.versions)
    if not session.advance(newest, parent_id=None, stored_size=stored_size, now=now):
        raise describe_conflict(session)
    enqueue_reading(session.pk)
    enqueue_media(session.pk)
    session.refresh_from_db()
    return newest


def _build_manifest(entries: Iterable[ManifestEntry], *, empty_folders: Iterable[str]) -> Manifest:
    try:
        return Manifest.from_entries(entries, empty_folders=empty_folders)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error


def _build_entry(entry: HistoryEntry, blob: Blob) -> ManifestEntry:
    return ManifestEntry(
        path=entry.path,
        sha256=entry.sha256,
        size=entry.size,
        crc32=blob.crc32,
        category=entry.category,
        language=entry.language,
        role=entry.role,
        labeled_by=entry.labeled_by,
        is_executable=entry.is_executable,
        mtime_ns=entry.mtime_ns,
    )


def _build_document(
    document: Mapping[str, object], manifest: Manifest, *, now: datetime
) -> dict[str, object]:
    times = metadata.read_timestamps(document)
    return metadata.build_document(
        document,
        entries=manifest.entries,
        video_name=None,
        texts=ExtractedTexts(),
        created_at=times.created_at or now,
        last_updated=times.last_updated or now,
        last_accessed=times.last_accessed or now,
        keep_stage=True,
    )
