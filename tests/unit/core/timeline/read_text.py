"""Reading of files that tests write in place."""

from __future__ import annotations

import io
from textwrap import dedent

from dubbing_core.timeline.reader import read_timeline
from dubbing_core.timeline.tracks import Timeline


def read(path: str, contents: str | bytes, *, language: str = "") -> Timeline:
    """Read contents as a file of this name.

    Text may be indented.
    """
    data = dedent(contents).encode() if isinstance(contents, str) else contents
    return read_timeline(path, io.BytesIO(data), language=language)


def cues(timeline: Timeline) -> list[tuple[int | None, int | None, str]]:
    """Return times and text of the only track."""
    assert timeline.reason == ""
    (track,) = timeline.tracks
    return [(segment.start_ms, segment.end_ms, segment.text) for segment in track.segments]


def texts(timeline: Timeline) -> list[str]:
    return [text for _, _, text in cues(timeline)]
