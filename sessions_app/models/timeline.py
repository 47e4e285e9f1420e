"""Timelines: the lines that were read from blobs."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from dubbing_core.timeline.line_times import find_last_end
from dubbing_core.timeline.scripts import detect_script
from dubbing_core.timeline.text_digests import digest_file, digest_track
from dubbing_core.timeline.tracks import Segment, Timeline, Track, TrackKind

COMPRESSION = 6
REASON_LIMIT = 300
"""In characters."""


class BlobTimeline(models.Model):
    """Result of reading a blob as subtitles or transcript.

    It is read once for all entries.

    The tracks are one compressed value: they are read as a whole, or not at all. Lists and matrices use the counts.
    """

    blob = models.OneToOneField(
        "sessions_app.Blob", on_delete=models.CASCADE, primary_key=True, related_name="timeline"
    )
    reader_version = models.PositiveSmallIntegerField(help_text="Of the readers that made it.")
    format = models.CharField(max_length=20, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=REASON_LIMIT, blank=True, help_text="Why nothing could be read.")
    problems = models.JSONField(default=list, blank=True, help_text="The first ones: line and message.")
    problem_count = models.PositiveIntegerField(default=0)
    summary = models.JSONField(
        default=list,
        blank=True,
        help_text="Kind, language, lines, speakers, last end and digest of each track.",
    )
    text_digest = models.CharField(
        max_length=32,
        blank=True,
        help_text="Of the text of all tracks, without times and speakers; empty without any.",
    )
    tracks = models.BinaryField(help_text="JSON, compressed by zlib.")
    read_at = models.DateTimeField()
    search_version = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Of the tokens by which its lines are found; 0 if there are none yet.",
    )

    def __str__(self) -> str:
        return f"timeline of blob {self.blob_id}"

    def get_tracks(self) -> list[Track]:
        """Return the tracks with all their lines."""
        return unpack_tracks(bytes(self.tracks))


def pack_tracks(tracks: Iterable[Track]) -> bytes:
    """Return tracks as compressed JSON.

    Column by column, which compresses better than rows.
    """
    value = [
        [track.kind.value, track.language, *(list(column) for column in zip(*track.segments, strict=True))]
        for track in tracks
        if track.segments
    ]
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), COMPRESSION)


def unpack_tracks(data: bytes) -> list[Track]:
    return [
        Track(
            kind=TrackKind(kind),
            language=language,
            segments=[Segment(*values) for values in zip(*columns, strict=True)],
        )
        for kind, language, *columns in json.loads(zlib.decompress(data))
    ]


def summarize_tracks(tracks: Sequence[Track]) -> list[dict[str, Any]]:
    """Return counts of each track: lists need no more."""
    return [
        {
            "kind": track.kind.value,
            "language": track.language,
            "lines": len(track.segments),
            "speakers": len({segment.speaker for segment in track.segments if segment.speaker}),
            "end_ms": find_last_end(track.segments),
            "digest": digest_track(track),
            "script": detect_script(segment.text for segment in track.segments),
        }
        for track in tracks
        if track.segments
    ]


def build_fields(timeline: Timeline) -> dict[str, Any]:
    """Return the values of a row, without blob, version and time."""
    summary = summarize_tracks(timeline.tracks)
    return {
        "format": timeline.format,
        "encoding": timeline.encoding,
        "reason": timeline.reason[:REASON_LIMIT],
        "problems": [list(problem) for problem in timeline.problems],
        "problem_count": timeline.problem_count,
        "summary": summary,
        "text_digest": digest_file((each["kind"], each["language"], each["digest"]) for each in summary),
        "tracks": pack_tracks(timeline.tracks),
    }
