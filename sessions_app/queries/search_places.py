"""Place of a found line: in a track of the transcript, or in another file."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing_core.languages import fold_language_tag, is_same_language
from dubbing_core.search.tokens import fold_line
from dubbing_core.timeline.catalog import CatalogTrack
from dubbing_core.timeline.tracks import Segment, Track
from sessions_app.models import DubbingSession, Entry
from sessions_app.models.timeline import unpack_tracks
from sessions_app.queries.found_lines import TextFile
from sessions_app.queries.timelines import TRACKS_OFFERED, VersionTexts


@dataclass(frozen=True, kw_only=True)
class TrackPlace:
    """A line of a track; the track alone if the number of the line is not known."""

    track: CatalogTrack
    number: int | None
    """From 0."""


@dataclass(frozen=True, kw_only=True)
class FilePlace:
    """A file that has the line, and no track in the transcript."""

    path: str


def find_line_place(
    session: DubbingSession, texts: VersionTexts, *, path: str, index: int | None, number: int | None
) -> TrackPlace | FilePlace | None:
    """Return where a line is shown; None if the file was replaced in the meantime.

    Of files with the same lines only the best one has a track.

    :param texts: of the current version.
    :param index: of the track in its file.
    :param number: of the line in its track, from 0.
    """
    for track in texts.tracks:
        if (track.path, track.index) == (path, index):
            return TrackPlace(track=track, number=number)
    if index is None or number is None:
        return None
    found = _read_line(session, path, index, number)
    if found is None:
        return None
    line, language = found
    shown = [track for track in texts.tracks if _has_language(track, language)]
    shown = sorted(shown, key=lambda track: not track.is_first)[:TRACKS_OFFERED]
    for track, loaded in zip(shown, texts.load(shown), strict=True):
        if (place := _find_in_track(loaded, line)) is not None:
            return TrackPlace(track=track, number=place)
    return FilePlace(path=path)


def _read_line(session: DubbingSession, path: str, index: int, number: int) -> tuple[Segment, str] | None:
    """Return a line of a file, and its language."""
    rows = Entry.objects.filter(session=session, removed_in__isnull=True, path=path)
    columns = ("session_id", "blob_id", "path", "category", "language", "role")
    for data, *file in rows.filter(blob__timeline__reason="").values_list("blob__timeline__tracks", *columns):
        tracks = unpack_tracks(bytes(data))
        if index < len(tracks) and number < len(tracks[index].segments):
            track = tracks[index]
            return track.segments[number], TextFile(*file).get_language(track.kind, track.language)
    return None


def _has_language(track: CatalogTrack, language: str) -> bool:
    return is_same_language(fold_language_tag(language), {fold_language_tag(track.language)})


def _find_in_track(track: Track, line: Segment) -> int | None:
    """Return the number of the nearest line with the same text."""
    text = fold_line(line.text)
    numbers = [number for number, each in enumerate(track.segments) if fold_line(each.text) == text]

    def measure_distance(number: int) -> int:
        return abs((track.segments[number].start_ms or 0) - (line.start_ms or 0))

    return min(numbers, key=measure_distance, default=None)
