"""Fill versions with what their texts contain.

Texts of the metadata, languages, and progress by the lines.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dubbing_core.input_history import InputHistory
from dubbing_core.languages import fold_language_tag
from dubbing_core.staleness import compute_progress_history
from dubbing_core.stored_matrix import store_matrix
from dubbing_core.timeline.line_counts import count_lines
from dubbing_core.timeline.session_texts import collect_texts, digest_filled, fill_document
from sessions_app.models import DubbingSession, Version
from sessions_app.models.commits import deferred_sync
from sessions_app.queries.manifests import load_entries
from sessions_app.queries.media import VersionMedia, find_unreadable_media, get_version_media
from sessions_app.queries.same_texts import find_text_origins, find_unreadable_texts, get_same_texts
from sessions_app.queries.timelines import list_line_audio_of
from sessions_app.queries.track_loader import TrackLoader

PASSES = 2
"""The facts of media may arrive while the first values are computed without them."""


def fill_versions(session: DubbingSession, *, up_to: int) -> int:
    """Fill the versions of a session whose texts were read; return their number.

    Filling a version again changes nothing. It can be interrupted after each version.

    :param up_to: number of the last version whose texts were read.
    """
    return sum(_fill_pending(session, up_to=up_to) for _ in range(PASSES))


def _fill_pending(session: DubbingSession, *, up_to: int) -> int:
    before = DubbingSession.objects.filter(pk=session.pk).first()
    pending = Version.objects.filter(session=session, number__lte=up_to, texts_digest="").order_by("number")
    numbers = list(pending.values_list("number", flat=True))
    if not numbers or before is None:
        return 0
    origins = find_text_origins(session)
    same_texts = get_same_texts(origins)
    unreadable = find_unreadable_texts(session) | find_unreadable_media(session)
    loader = TrackLoader(session, origins)
    history = _get_history(session, before=numbers[0])
    for number in numbers:
        version = Version.objects.get(session=session, number=number)
        version.session = session
        media = get_version_media(version)
        values, history = _compute(version, history.with_texts(same_texts, unreadable), loader, media)
        _write(version, values, media=media, before=before)
    return len(numbers)


def _compute(
    version: Version, history: InputHistory, loader: TrackLoader, media: VersionMedia
) -> tuple[dict[str, Any], InputHistory]:
    """Return the values of a version, and the history with it."""
    document = version.metadata
    texts = loader.get_texts(version.number)
    filled = collect_texts(document, texts.tracks, lambda track: loader.load(texts, track))
    complete = fill_document(document, filled)
    entries = load_entries(version)
    line_audio = list_line_audio_of(entries, unreadable=history.unreadable)
    matrix, history = compute_progress_history(
        complete,
        [entry for entry in entries if not entry.is_metadata],
        since={entry.path: entry.since for entry in entries},
        history=history,
        number=version.number,
        compare_lines=lambda outdated: loader.compare_lines(
            outdated,
            line_audio.get(fold_language_tag(outdated.language), ()),
            number=version.number,
        ),
    )
    counts = count_lines(
        matrix.languages,
        texts.tracks,
        lambda track: loader.load(texts, track),
        line_audio=line_audio,
        voices=complete.get("voices") or {},
        durations=media.durations,
    )
    matrix = matrix.with_lines(counts).with_media(media.durations, media.flaws)
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
        "has_media_facts": media.is_complete,
    }
    return values, history


def _write(
    version: Version, values: dict[str, object], *, media: VersionMedia, before: DubbingSession
) -> None:
    """Store the values, and those of the session if the version is current.

    The lock is the one of commits, so that no version becomes current in between.

    :param media: with which the values were computed.
    :param before: the session before they were.
    """
    with deferred_sync(), transaction.atomic():
        locked = DubbingSession.objects.select_for_update().get(pk=version.session_id)
        if before.has_unread_media and not locked.has_unread_media and not values["has_media_facts"]:
            values["texts_digest"] = ""  # all media were read in the meantime: the next pass fills it again
        elif before.has_missing_derivatives and get_version_media(version) != media:
            values["texts_digest"] = ""  # a file was found to be damaged in the meantime
        Version.objects.filter(pk=version.pk).update(**values)
        if locked.current_id != version.pk:
            return
        for name, value in values.items():
            setattr(version, name, value)
        DubbingSession.objects.filter(pk=locked.pk).update(
            stage=version.stage,
            has_stale=version.has_stale,
            duration_ms=media.duration_ms,
        )
        if not locked.is_trashed:
            locked.write_search_rows(version)


def _get_history(session: DubbingSession, *, before: int) -> InputHistory:
    """Return the history of inputs up to the version before another one."""
    rows = Version.objects.filter(session=session, number=before - 1).values_list("input_history", flat=True)
    return InputHistory.from_dict(rows.first() or {})
