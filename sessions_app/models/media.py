"""Facts of media files, read from blobs."""

from __future__ import annotations

from typing import Any

from django.db import models

from dubbing_core.media_facts import MediaFacts, MediaStream, StreamKind

TEXT_LENGTH = 40
REASON_LENGTH = 200


class BlobMedia(models.Model):
    """Facts of a blob that is audio or video, or the reason why there are none.

    It is read once for all entries.
    """

    blob = models.OneToOneField(
        "sessions_app.Blob", on_delete=models.CASCADE, primary_key=True, related_name="media"
    )
    reader_version = models.PositiveSmallIntegerField(help_text="Of the reader that made it.")
    container = models.CharField(max_length=TEXT_LENGTH, blank=True)
    duration_ms = models.PositiveBigIntegerField(null=True, blank=True)
    video_codec = models.CharField(max_length=TEXT_LENGTH, blank=True)
    pixel_format = models.CharField(max_length=TEXT_LENGTH, blank=True, default="", db_default="")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    frame_rate = models.FloatField(null=True, blank=True)
    audio_codec = models.CharField(max_length=TEXT_LENGTH, blank=True)
    sample_rate = models.PositiveIntegerField(default=0, help_text="In Hz.")
    channels = models.PositiveSmallIntegerField(default=0)
    streams = models.JSONField(
        default=list, blank=True, help_text="Kind, codec, language, duration and end of each stream."
    )
    stream_count = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, help_text="Why nothing could be read.")
    problem = models.CharField(
        max_length=REASON_LENGTH, blank=True, help_text="What is wrong with a readable file."
    )
    damage = models.CharField(
        max_length=REASON_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="The part of the problem that decoding found.",
    )
    read_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "blob media"

    def __str__(self) -> str:
        return f"media of blob {self.blob_id}"

    @property
    def facts(self) -> MediaFacts:
        values = {name: getattr(self, name) for name in FACTS}
        return MediaFacts(**values, streams=read_streams(self.streams))


FACTS = (
    "container",
    "duration_ms",
    "video_codec",
    "pixel_format",
    "width",
    "height",
    "frame_rate",
    "audio_codec",
    "sample_rate",
    "channels",
    "stream_count",
    "reason",
    "problem",
)
"""Columns with the values of `MediaFacts`."""


def build_columns(facts: MediaFacts) -> dict[str, Any]:
    """Return the values of a row, without blob, version and time."""
    columns = {name: getattr(facts, name) for name in FACTS}
    columns["streams"] = [
        [stream.kind.value, stream.codec, stream.language, stream.duration_ms, stream.end_ms]
        for stream in facts.streams
    ]
    return columns


def join_problem(found: str, damage: str) -> str:
    """Return the problem of a file: of its facts, and of its decoding."""
    return "; ".join(filter(None, (found, damage)))[:REASON_LENGTH]


def read_streams(rows: list[list[Any]]) -> tuple[MediaStream, ...]:
    return tuple(
        MediaStream(
            kind=StreamKind(kind), codec=codec, language=language, duration_ms=duration_ms, end_ms=end_ms
        )
        for kind, codec, language, duration_ms, end_ms in rows
    )
