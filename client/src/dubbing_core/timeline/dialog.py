"""Lines with a text, its translation, or both, collected into tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dubbing_core.timeline.builder import Budget, TrackBuilder
from dubbing_core.timeline.fields import (
    Fields,
    ParseTime,
    find_fields,
    parse_time,
    read_dubbed_times,
    read_string,
    read_times,
)
from dubbing_core.timeline.tracks import Problems, Track, TrackKind

KINDS_LIMIT = 1000
"""Different sets of keys whose fields are remembered."""


class Dialog:
    """Builder of up to three tracks from lines with named fields."""

    def __init__(self, problems: Problems, budget: Budget) -> None:
        self._fields: dict[tuple[str, ...], Fields] = {}
        self._tracks = {kind: TrackBuilder(problems, budget) for kind in TrackKind}

    @property
    def is_empty(self) -> bool:
        return not any(track.segments for track in self._tracks.values())

    def add(
        self, line: Mapping[str, Any], *, number: int | None = None, parse: ParseTime = parse_time
    ) -> bool:
        """Add a line; return whether its keys are those of a line of dialog.

        :param number: the line's row in its file.
        :param parse: reads times that have no unit.
        """
        keys = tuple(line)
        fields = self._fields.get(keys)
        if fields is None:
            if len(self._fields) >= KINDS_LIMIT:
                self._fields.clear()
            fields = self._fields[keys] = find_fields(keys)
        if not fields.has_text:
            return False
        start, end = read_times(line, fields, parse)
        speaker = read_string(line[fields.speaker]) if fields.speaker else ""
        if fields.text:
            self._tracks[TrackKind.TEXT].add(start, end, speaker, as_text(line[fields.text]), line=number)
        if fields.source:
            text = as_text(line[fields.source])
            self._tracks[TrackKind.TRANSCRIPT].add(start, end, speaker, text, line=number)
        if fields.translation:
            if fields.dubbed_start:
                start, end = read_dubbed_times(line, fields, parse)
            text = as_text(line[fields.translation])
            self._tracks[TrackKind.TRANSLATION].add(start, end, speaker, text, line=number)
        return True

    def add_text(self, text: str) -> None:
        """Add a line without times."""
        self._tracks[TrackKind.TEXT].add(None, None, "", text)

    def build(self, *, kind: TrackKind = TrackKind.TEXT, language: str = "", target: str = "") -> list[Track]:
        """Return the tracks that have lines.

        :param kind: of lines that state none.
        :param language: of the source, and of lines that state no kind.
        :param target: language of the translation.
        """
        tracks = []
        for own, builder in self._tracks.items():
            if builder.segments:
                final = kind if own is TrackKind.TEXT else own
                tracks.append(builder.build(final, target if final is TrackKind.TRANSLATION else language))
        return tracks


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""
