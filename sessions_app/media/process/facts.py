"""Facts of a media file, as PyAV reports them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import av
from av.container import InputContainer
from av.stream import Discard, Stream

from sessions_app.media.process.connection import LimitError, RemoteFile
from sessions_app.media.process.errors import Log
from sessions_app.media.process.opening import find_main, is_cover, open_file, read_packets

MAX_STREAMS = 40
MAX_PACKETS = 1_000_000
"""Read to find the end of a stream."""
TEXT_LENGTH = 40
WITHOUT_LENGTH = {"aac", "ac3", "amr", "dts", "eac3", "loas", "mp3"}
"""Formats that state no length, or one that may be wrong: their packets are counted."""
ESTIMATED = "Estimating duration from bitrate"
"""ffmpeg's warning where it knows no length."""
WAV_HEAD = 64 * 1024
UNKNOWN_LENGTH = 0xFFFFF000
COUNTED_SIZE = 64 * 1024**2
"""Bytes up to which packets are counted."""


def read_facts(file: RemoteFile, logs: Sequence[Log]) -> dict[str, Any]:
    """Return the facts; raise what PyAV raises for an unreadable file.

    :param logs: ffmpeg's messages about it so far.
    """
    with open_file(file) as container:
        streams = list(container.streams)
        name = container.format.name.split(",")[0]
        facts: dict[str, Any] = {
            "container": name_container(container),
            "duration": container.duration / av.time_base if container.duration else None,
            "stream_count": len(streams),
            "streams": [describe_stream(stream) for stream in streams[:MAX_STREAMS]],
        }
        main = [find_main(streams, "video"), find_main(streams, "audio")]
        if main[0] is not None:
            facts |= describe_picture(main[0])
        if main[1] is not None:
            facts |= describe_sound(main[1])
        for stream in main:
            if stream is not None and stream.index < MAX_STREAMS:
                described = facts["streams"][stream.index]
                stated = described["duration"] or facts["duration"]
                if name in WITHOUT_LENGTH:
                    is_estimated = any(ESTIMATED in message for _, _, message in logs)
                    described |= count_packets(container, stream, None if is_estimated else stated, file.size)
                elif stated:
                    described |= measure(container, stream, stated)
                    if name == "wav" and (length := read_wav_length(file)):
                        described["duration"] = max(length, stated)
        if main[0] is None and main[1] is not None and main[1].index < MAX_STREAMS:
            facts["duration"] = facts["streams"][main[1].index]["duration"] or facts["duration"]
        return facts


def name_container(container: InputContainer) -> str:
    name = container.format.name.split(",")[0]
    if name == "mov":
        return "mov" if container.metadata.get("major_brand", "").startswith("qt") else "mp4"
    return name


def describe_stream(stream: Stream) -> dict[str, Any]:
    context: Any = stream.codec_context  # None without a decoder
    kind = stream.type if stream.type in {"video", "audio", "subtitle"} else "other"
    language = stream.language or ""
    return {
        "kind": "cover" if kind == "video" and is_cover(stream) else kind,
        "codec": context.codec.canonical_name[:TEXT_LENGTH]
        if context is not None and kind != "other"
        else "",
        "language": "" if language == "und" else language[:TEXT_LENGTH],
        "duration": get_duration(stream),
    }


def get_duration(stream: Stream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    text = next((value for key, value in stream.metadata.items() if key.upper().startswith("DURATION")), "")
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None


def describe_picture(stream: Any) -> dict[str, Any]:
    rate = stream.average_rate or stream.guessed_rate
    context = stream.codec_context
    return {
        "video_codec": context.codec.canonical_name[:TEXT_LENGTH] if context is not None else "unknown",
        "pixel_format": (context.pix_fmt or "")[:TEXT_LENGTH] if context is not None else "",
        "width": context.width if context is not None else 0,
        "height": context.height if context is not None else 0,
        "frame_rate": float(rate) if rate else None,
    }


def describe_sound(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    return {
        "audio_codec": context.codec.canonical_name[:TEXT_LENGTH] if context is not None else "unknown",
        "sample_rate": context.sample_rate if context is not None else 0,
        "channels": context.channels if context is not None else 0,
    }


def count_packets(
    container: InputContainer, stream: Stream, stated: float | None, size: int
) -> dict[str, Any]:
    """Return the duration and the end of a stream whose format states no length.

    :param stated: duration from an MP3's header.
    """
    if size > COUNTED_SIZE:
        return {}
    end = read_end(container, stream, None)
    if end is None:
        return {}
    length = end - get_start(stream)
    return {"duration": max(stated or 0.0, length), "end": length}


def measure(container: InputContainer, stream: Stream, stated: float) -> dict[str, Any]:
    """Return where a stream ends, beside the duration that its file states."""
    for each in container.streams:
        each.discard = Discard.default if each is stream else Discard.all
    # Matroska states where a stream ends, others how long it is.
    start = 0.0 if container.format.name.startswith("matroska") else get_start(stream)
    return {"duration": stated, "end": find_end(container, stream, start, start + stated) - start}


def get_start(stream: Stream) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0


def read_wav_length(file: RemoteFile) -> float | None:
    """Return the seconds that the chunks of a WAV state.

    ffmpeg only counts the bytes of the file.
    """
    file.seek(0)
    head = file.read(WAV_HEAD)
    position, rate = 12, 0
    while position + 8 <= len(head):
        name, length = (
            head[position : position + 4],
            int.from_bytes(head[position + 4 : position + 8], "little"),
        )
        if name == b"fmt ":
            rate = int.from_bytes(head[position + 16 : position + 20], "little")
        if name == b"data":
            # A stream that was written without seeking has the largest length, or none.
            return length / rate if rate and 0 < length < UNKNOWN_LENGTH else None
        position += 8 + length + length % 2
    return None


def find_end(container: InputContainer, stream: Stream, start: float, stated: float) -> float:
    """Return the end of the last packet that can be read."""
    low, high = start, stated
    margin = min(1.0, (stated - start) / 4)
    end = read_end(container, stream, stated - margin)
    if end is not None and end >= stated - margin:
        return end
    # Nothing at the end: look for the last place at which there is something.
    best = end if end is not None else read_end(container, stream, start)
    if best is None:
        return start
    while high - low > margin / 2:
        middle = (low + high) / 2
        end = read_end(container, stream, middle)
        if end is None or end < low:
            high = middle
        else:
            best = max(best, end)
            low = max(middle, min(end, high))
    return best


def read_end(container: InputContainer, stream: Stream, start: float | None) -> float | None:
    """Return the end of the last packet that can be read, from a time on.

    None if there is none.
    """
    last: float | None = None
    try:
        if start is not None:
            container.seek(int(start * av.time_base), backward=True)
        for packet in islice(read_packets(container, stream), MAX_PACKETS):
            if packet.size == 0 or packet.is_corrupt:
                continue
            shown = packet.pts if packet.pts is not None else packet.dts
            began = float(shown * packet.time_base) if shown is not None else last or 0.0
            end = began + float((packet.duration or 0) * packet.time_base)
            last = end if last is None else max(last, end)
    except LimitError:
        raise
    except (av.FFmpegError, OSError):
        return last  # up to the damaged place
    return last
