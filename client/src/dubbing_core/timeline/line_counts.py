"""Counts of lines with audio of their own, and speakers without a voice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dubbing_core.languages import fold_language_tag
from dubbing_core.progress_matrix import LineCounts
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse
from dubbing_core.timeline.line_audio import match_line_audio
from dubbing_core.timeline.session_texts import LoadTrack

GAPS_KEPT = 50
SPEAKERS_KEPT = 20
SPEAKERS_COMPARED = 1000
"""Texts with more are not of people: a tool numbered each line."""


def count_lines(
    languages: Sequence[str],
    tracks: Sequence[CatalogTrack],
    load: LoadTrack,
    *,
    line_audio: Mapping[str, Sequence[str]],
    voices: Mapping[str, Any],
) -> dict[str, LineCounts]:
    """Return the counts of each target language that has any.

    :param tracks: the catalog of the version.
    :param load: returns a track with its lines.
    :param line_audio: paths of audio files of single lines, by folded language.
    :param voices: of the metadata document, by language or speaker.
    """
    first = {fold_language_tag(track.language): track for track in reversed(tracks) if track.is_first}
    source = next((track for track in tracks if track.use is TrackUse.SOURCE), None)
    unvoiced = _find_unvoiced(source, load, voices)
    counts: dict[str, LineCounts] = {}
    for language in languages:
        folded = fold_language_tag(language)
        track = first.get(folded) or source
        paths = line_audio.get(folded, ())
        matched = match_line_audio(paths, load(track).segments) if paths and track else None
        if matched is None and not unvoiced:
            continue
        gaps = matched.gaps if matched else []
        counts[language] = LineCounts(
            total=matched.lines if matched else 0,
            voiced=matched.lines - len(gaps) if matched else 0,
            gaps=tuple(gap + 1 for gap in gaps[:GAPS_KEPT]),
            unvoiced_speakers=unvoiced,
        )
    return counts


def _find_unvoiced(
    source: CatalogTrack | None, load: LoadTrack, voices: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the speakers without a voice, if others of them have one."""
    if source is None or not voices or not 0 < source.speakers <= SPEAKERS_COMPARED:
        return ()
    assigned = {key.casefold() for key, voice in voices.items() if voice}
    speakers = list(dict.fromkeys(segment.speaker for segment in load(source).segments if segment.speaker))
    without = [speaker for speaker in speakers if speaker.casefold() not in assigned]
    return tuple(without[:SPEAKERS_KEPT]) if len(without) < len(speakers) else ()
