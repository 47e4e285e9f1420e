"""Counts of lines with audio of their own, and speakers without a voice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dubbing_core.cell_gaps import LineCounts
from dubbing_core.languages import fold_language_tag
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse, find_named_source
from dubbing_core.timeline.line_audio import match_line_audio
from dubbing_core.timeline.session_texts import LoadTrack
from dubbing_core.timeline.tracks import Segment

GAPS_KEPT = 50
LONGER_MS, LONGER_SHARE = 300, 0.1
"""Audio is longer than its line if it is by more than both: voices end in silence, and times are rounded."""
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
    durations: Mapping[str, int] | None = None,
) -> dict[str, LineCounts]:
    """Return the counts of each target language that has any.

    :param tracks: the catalog of the version.
    :param load: returns a track with its lines.
    :param line_audio: paths of audio files of single lines, by folded language.
    :param voices: of the metadata document, by language or speaker.
    :param durations: milliseconds of audio files, by path, as far as they are known.
    """
    first = {fold_language_tag(track.language): track for track in reversed(tracks) if track.is_first}
    source = next((track for track in tracks if track.use is TrackUse.SOURCE), None)
    unvoiced = _find_unvoiced(find_named_source(tracks), load, voices)
    counts: dict[str, LineCounts] = {}
    for language in languages:
        folded = fold_language_tag(language)
        track = first.get(folded) or source
        paths = line_audio.get(folded, ())
        segments = load(track).segments if paths and track else []
        matched = match_line_audio(paths, segments)
        if matched is None and not unvoiced:
            continue
        gaps = matched.gaps if matched else []
        too_long = find_too_long(segments, matched.get_durations(durations or {})) if matched else []
        counts[language] = LineCounts(
            total=matched.lines if matched else 0,
            voiced=matched.lines - len(gaps) if matched else 0,
            gaps=tuple(gap + 1 for gap in gaps[:GAPS_KEPT]),
            unvoiced_speakers=unvoiced,
            too_long=tuple(index + 1 for index in too_long[:GAPS_KEPT]),
            too_long_count=len(too_long),
        )
    return counts


def find_too_long(segments: Sequence[Segment], durations: Mapping[int, int]) -> list[int]:
    """Return the indexes of the lines that are shorter than their audio.

    :param durations: milliseconds of the audio, by the index of the line.
    """
    return [
        index
        for index, segment in enumerate(segments)
        if segment.start_ms is not None
        and segment.end_ms is not None
        and (length := segment.end_ms - segment.start_ms) > 0
        and durations.get(index, 0) - length > max(LONGER_MS, LONGER_SHARE * length)
    ]


def _find_unvoiced(named: CatalogTrack | None, load: LoadTrack, voices: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the speakers without a voice, if others of them have one."""
    if named is None or not voices or named.speakers > SPEAKERS_COMPARED:
        return ()
    assigned = {key.casefold() for key, voice in voices.items() if voice}
    speakers = list(dict.fromkeys(segment.speaker for segment in load(named).segments if segment.speaker))
    without = [speaker for speaker in speakers if speaker.casefold() not in assigned]
    return tuple(without[:SPEAKERS_KEPT]) if len(without) < len(speakers) else ()
