"""Facts of audio and video files."""

from __future__ import annotations

from pydantic import BaseModel

from dubbing_core.media_facts import MediaFacts, StreamKind


class MediaStream(BaseModel):
    """One stream of an audio or video file."""

    kind: StreamKind
    """`cover` is a picture that players show instead of a video."""
    codec: str
    language: str
    """As the file states, often an ISO 639-2 code; empty if unknown."""
    duration_ms: int | None
    end_ms: int | None
    """Where its content ends; before the duration in a damaged file."""


class Media(BaseModel):
    """Facts of an audio or video file."""

    summary: str
    """The facts in a line; empty for an unreadable file."""
    container: str
    duration_ms: int | None
    video_codec: str
    """ffmpeg's name, such as `h264`; empty without a picture."""
    pixel_format: str
    """ffmpeg's name, such as `yuv420p10le`; empty without a picture."""
    width: int
    height: int
    frame_rate: float | None
    audio_codec: str
    sample_rate: int
    """In Hz."""
    channels: int
    stream_count: int
    streams: list[MediaStream]
    """The first ones."""
    reason: str
    """Why the file cannot be read; empty if it can."""
    problem: str
    """What is wrong with a readable file, such as `audio ends at 0:41 of 2:10`, or empty."""

    @classmethod
    def of(cls, facts: MediaFacts) -> Media:
        return cls(summary=facts.summary, **facts.as_dict())
