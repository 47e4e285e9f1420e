"""Facts of an audio or video file: container, codecs, picture, sound, length."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from dubbing_core.enums import StrEnum


class StreamKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLE = "subtitle"
    COVER = "cover"
    """A picture that players show instead of a video."""
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class MediaStream:
    """One stream of a file."""

    kind: StreamKind
    codec: str = ""
    """ffmpeg's name, such as ``h264``; empty if unknown."""
    language: str = ""
    """As the file states, often an ISO 639-2 code; empty if unknown."""
    duration_ms: int | None = None
    end_ms: int | None = None
    """Where the content ends, if that is before the length that the file states."""


@dataclass(frozen=True, kw_only=True)
class MediaFacts:
    """What is known of a file; of an unreadable one only the reason."""

    container: str = ""
    """ffmpeg's name, such as ``mp4`` or ``wav``."""
    duration_ms: int | None = None
    video_codec: str = ""
    pixel_format: str = ""
    """ffmpeg's name, such as ``yuv420p10le``; empty if unknown."""
    width: int = 0
    height: int = 0
    frame_rate: float | None = None
    audio_codec: str = ""
    sample_rate: int = 0
    """In Hz."""
    channels: int = 0
    streams: tuple[MediaStream, ...] = ()
    """The first ones; a file may have thousands."""
    stream_count: int = 0
    reason: str = ""
    """Why nothing could be read, as the end of a sentence about the file."""
    problem: str = ""
    """What is wrong with a readable file, such as ``audio ends at 0:41 of 2:10``."""

    @property
    def summary(self) -> str:
        """The facts in a line: ``2:10, H.264 1280x720, AAC``; empty if unreadable."""
        picture = self.picture
        if self.width and self.height:
            picture = f"{picture} {self.resolution}".strip()
        length = format_duration(self.duration_ms) if self.duration_ms is not None else ""
        return ", ".join(filter(None, (length, picture, name_codec(self.audio_codec))))

    @property
    def picture(self) -> str:
        """The video codec, with its bits if they are more than 8: ``H.265 10-bit``."""
        depth = get_bit_depth(self.pixel_format)
        return name_codec(self.video_codec) + (f" {depth}-bit" if depth > USUAL_BITS else "")

    @property
    def resolution(self) -> str:
        """Width and height; empty without a picture."""
        return f"{self.width}x{self.height}" if self.width and self.height else ""

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return asdict(self) | {"streams": [asdict(stream) for stream in self.streams]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MediaFacts:
        """Return what `as_dict` returned; keys of later releases are ignored."""
        known = {field.name for field in fields(cls)}
        streams = tuple(
            MediaStream(**{**stream, "kind": StreamKind(stream["kind"])})
            for stream in values.get("streams", ())
        )
        return cls(**{key: value for key, value in values.items() if key in known} | {"streams": streams})


CODECS = {
    "aac": "AAC",
    "ac3": "AC-3",
    "alac": "ALAC",
    "av1": "AV1",
    "eac3": "E-AC-3",
    "flac": "FLAC",
    "h264": "H.264",
    "hevc": "H.265",
    "mjpeg": "Motion JPEG",
    "mp2": "MP2",
    "mp3": "MP3",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4",
    "opus": "Opus",
    "prores": "ProRes",
    "vorbis": "Vorbis",
    "vp8": "VP8",
    "vp9": "VP9",
    "wmav2": "WMA",
    "wmv3": "WMV",
}


USUAL_BITS = 8


def get_bit_depth(pixel_format: str) -> int:
    """Return the bits of each color: 10 of ``yuv420p10le``; 8 if the name has none."""
    if pixel_format.startswith(("p010", "p210", "p410")):
        return 10
    found = re.search(r"(?:p|gray)(9|1[0-6])(?:le|be)$", pixel_format)
    return int(found[1]) if found else USUAL_BITS


def name_codec(codec: str) -> str:
    """Return the name that people know."""
    if codec.startswith("pcm_"):
        return "PCM"
    return CODECS.get(codec, codec)


MINUTE = 60
CLOCK_FROM_MS = 10_000
"""Shorter times have tenths of seconds: a line of dialog takes a few of them."""


def format_duration(milliseconds: int) -> str:
    """Return a length or time: ``1.4 s``, ``0:41``, ``1:02:03``."""
    if milliseconds < CLOCK_FROM_MS:
        return f"{milliseconds / 1000:.1f} s"
    return format_clock(milliseconds)


def format_clock(milliseconds: int) -> str:
    """Return a length or time as on a clock: ``0:05``, ``1:02:03``."""
    minutes, seconds = divmod(round(milliseconds / 1000), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
