"""Fill versions with what their texts contain.

Texts of the metadata, languages, and progress by the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from django.db import transaction
from django.db.models import Min
from django.db.models.functions import Coalesce

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.staleness import InputHistory, SameText, compute_progress_history
from dubbing_core.stored_matrix import store_matrix
from dubbing_core.timeline.catalog import CatalogTrack
from dubbing_core.timeline.line_counts import count_lines
from dubbing_core.timeline.session_texts import collect_texts, digest_filled, fill_document
from dubbing_core.timeline.tracks import Track
from sessions_app.models import BlobTimeline, DubbingSession, Entry, Version
from sessions_app.models.commits import deferred_sync
from sessions_app.queries.manifests import load_entries
from sessions_app.queries.timelines import (
    EXPECTED_ROLES,
    TEXT_CATEGORIES,
    VersionTexts,
    get_version_texts,
    group_line_audio,
)

TRACKS_CACHED = 16
"""Files whose lines are in memory while the versions of a session are filled: most of them have the same ones."""


def fill_versions(session: DubbingSession, *, up_to: int) -> int:
    """Fill the versions of a session whose texts were read; return their number.

    Filling a version again changes nothing. It can be interrupted after each version.

    :param up_to: number of the last version whose texts were read.
    """
    pending = Version.objects.filter(session=session, number__lte=up_to, texts_digest="").order_by("number")
    numbers = list(pending.values_list("number", flat=True))
    if not numbers:
        return 0
    same_texts, unreadable = _find_same_texts(session), _find_unreadable(session)
    load = _build_loader()
    history = _get_history(session, before=numbers[0])
    for number in numbers:
        version = Version.objects.get(session=session, number=number)
        version.session = session
        history = _fill(version, history.with_texts(same_texts, unreadable), load)
    return len(numbers)


def _fill(version: Version, history: InputHistory, load: Callable[..., Track]) -> InputHistory:
    document = version.metadata
    texts = get_version_texts(version)
    filled = collect_texts(document, texts.tracks, lambda track: load(texts, track))
    complete = fill_document(document, filled)
    entries = load_entries(version)
    matrix, history = compute_progress_history(
        complete,
        [entry for entry in entries if not entry.is_metadata],
        since={entry.path: entry.since for entry in entries},
        history=history,
        number=version.number,
    )
    counts = count_lines(
        matrix.languages,
        texts.tracks,
        lambda track: load(texts, track),
        line_audio=group_line_audio(
            (entry.language, entry.path) for entry in entries if _is_line_audio(entry)
        ),
        voices=complete.get("voices") or {},
    )
    matrix = matrix.with_lines(counts)
    progress = matrix.progress
    values = {
        "texts": dict(filled),
        "texts_digest": digest_filled(filled),
        "matrix": store_matrix(matrix),
        "input_history": history.as_dict(),
        "stage": matrix.stage.value,
        "language_tags": Version.join_tags(complete.get("languages") or []),
        "has_transcription": progress.has_transcription,
        "has_translations": progress.has_translations,
        "has_audio": progress.has_audio,
        "has_videos": progress.has_videos,
    }
    _write(version, values)
    return history


def _is_line_audio(entry: ManifestEntry) -> bool:
    return entry.category is Category.AUDIO and entry.role is Role.SEGMENT and entry.size > 0


def _write(version: Version, values: Mapping[str, object]) -> None:
    """Store the values, and those of the session if the version is current.

    The lock is the one of commits, so that no version becomes current in between.
    """
    with deferred_sync(), transaction.atomic():
        locked = DubbingSession.objects.select_for_update().get(pk=version.session_id)
        Version.objects.filter(pk=version.pk).update(**values)
        if locked.current_id != version.pk:
            return
        for name, value in values.items():
            setattr(version, name, value)
        DubbingSession.objects.filter(pk=locked.pk).update(stage=version.stage)
        if not locked.is_trashed:
            locked.write_search_rows(version)


def _get_history(session: DubbingSession, *, before: int) -> InputHistory:
    """Return the history of inputs up to the version before another one."""
    rows = Version.objects.filter(session=session, number=before - 1).values_list("input_history", flat=True)
    return InputHistory.from_dict(rows.first() or {})


def _find_same_texts(session: DubbingSession) -> dict[str, SameText]:
    """Return the earliest file of each text.

    By the SHA-256 of the others with the same text.
    """
    rows = (
        Entry.objects.filter(session=session)
        .exclude(blob__timeline__text_digest="")
        .filter(blob__timeline__isnull=False)
        .values_list("blob__timeline__text_digest", "blob__sha256")
        .annotate(since=Min(Coalesce("content_since", "added_in")))
        .order_by("since", "blob__sha256")
    )
    first: dict[str, SameText] = {}
    same: dict[str, SameText] = {}
    for digest, sha256, since in rows:
        earliest = first.setdefault(digest, SameText(sha256, since))
        if earliest.sha256 != sha256:
            same[sha256] = earliest
    return same


def _find_unreadable(session: DubbingSession) -> set[str]:
    """Return the SHA-256 of the session's files that should contain lines and do not."""
    rows = Entry.objects.filter(session=session, category__in=TEXT_CATEGORIES, role__in=EXPECTED_ROLES)
    rows = rows.filter(blob__timeline__isnull=False).exclude(blob__timeline__reason="")
    return set(rows.values_list("blob__sha256", flat=True))


def _build_loader() -> Callable[[VersionTexts, CatalogTrack], Track]:
    """Return a function that loads a track, with the last files in memory."""

    @lru_cache(maxsize=TRACKS_CACHED)
    def load_file(blob_id: int) -> list[Track]:
        return BlobTimeline.objects.get(pk=blob_id).get_tracks()

    def load(texts: VersionTexts, track: CatalogTrack) -> Track:
        return load_file(texts.get_blob_id(track))[track.index]

    return load
