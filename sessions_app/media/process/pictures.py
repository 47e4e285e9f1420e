"""Poster and hover strip of a video, as WebP."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from typing import Any

import av
from av.container import InputContainer
from av.filter import Graph

from dubbing_core.sentences import template
from sessions_app.media.process.errors import UnmakeableError
from sessions_app.media.process.opening import get_origin, read_packets

POSTER_BOX = 640, 640
POSTER_PLACES = (0.1, 0.3, 0.5, 0.02, 0.8, 0.0)
"""Parts of the length at which a frame is tried: films begin in black."""
FRAME_STEP = 12
FOLLOWING_FRAMES = 300
"""Frames from the beginning among which one is looked for, if no key frame shows anything."""
POSTER_QUALITY = 78
TILE_BOX = 160, 120
TILES = 100
COLUMNS = 10
STRIP_QUALITY = 60
DECODED_SECONDS = 60
"""Up to this length all frames are decoded; of longer videos only key frames, which are 10 s apart at most, as a rule."""
MIN_INTERVAL = 1.0
MIN_CONTRAST = 12.0
"""Standard deviation of the brightness below which a frame is regarded as empty."""
UNDECODABLE = template("No frame of its picture can be decoded.")


def make_poster(
    container: InputContainer, stream: Any, duration: float | None
) -> tuple[bytes, dict[str, Any]]:
    """Return the first frame that is not nearly of one color, or the best one."""
    best: tuple[float, Any] | None = None
    for frame in _iter_candidates(container, stream, duration):
        contrast = _measure_contrast(frame)
        if best is None or contrast > best[0]:
            best = contrast, frame
        if contrast >= MIN_CONTRAST:
            break
    if best is None:
        raise UnmakeableError(UNDECODABLE)
    picture = shape(best[1], stream, POSTER_BOX)
    return _encode(picture, POSTER_QUALITY), {"width": picture.width, "height": picture.height}


def _iter_candidates(container: InputContainer, stream: Any, duration: float | None) -> Iterator[Any]:
    """Yield key frames at some places, then what follows the first one.

    A short film may have no other.
    """
    for place in POSTER_PLACES if duration else (0.0,):
        frame = _read_frame(container, stream, (duration or 0.0) * place)
        if frame is not None:
            yield frame
    with suppress(av.FFmpegError, OSError):
        container.seek(0, backward=True)
        stream.codec_context.flush_buffers()
        yield from islice(decode(container, stream), FRAME_STEP, FOLLOWING_FRAMES, FRAME_STEP)


def make_strip(
    container: InputContainer, stream: Any, duration: float | None
) -> tuple[bytes, dict[str, Any]]:
    """Return a sheet of tiles in equal intervals."""
    if not duration:
        raise UnmakeableError(template("Its length is unknown."))
    interval = max(MIN_INTERVAL, math.ceil(duration * 10 / TILES) / 10)
    count = min(TILES, max(1, math.ceil(duration / interval)))
    times = [index * interval for index in range(count)]
    frames = _decode_all if duration <= DECODED_SECONDS else _decode_keys
    sheet: _Sheet | None = None
    for index, frame in frames(container, stream, times):
        tile = shape(frame, stream, TILE_BOX)
        sheet = sheet or _Sheet(tile.width, tile.height, count)
        sheet.put(index, tile)
    if sheet is None:
        raise UnmakeableError(UNDECODABLE)
    details = {"width": sheet.width, "height": sheet.height, "columns": COLUMNS}
    return _encode(sheet.draw(), STRIP_QUALITY), details | {"count": count, "interval": interval}


def _read_frame(container: InputContainer, stream: Any, seconds: float) -> Any:
    """Return a frame at or before a time, None if none can be decoded."""
    try:
        container.seek(int((seconds + get_origin(container)) * av.time_base), backward=True)
        stream.codec_context.flush_buffers()
        return next(iter(decode(container, stream)), None)
    except (av.FFmpegError, OSError):
        return None


def decode(container: InputContainer, stream: Any) -> Iterator[Any]:
    """Yield frames; leave out packets that cannot be decoded."""
    for packet in read_packets(container, stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _decode_all(container: InputContainer, stream: Any, times: list[float]) -> Iterator[tuple[int, Any]]:
    """Yield a frame for each time, the last one that is shown then."""
    stream.codec_context.skip_frame = "NONREF"
    origin = get_origin(container)
    index, last = 0, None
    for frame in decode(container, stream):
        shown = (frame.time or 0.0) - origin
        while index < len(times) and shown > times[index]:
            yield index, last or frame
            index += 1
        last = frame
    while last is not None and index < len(times):
        yield index, last
        index += 1


def _decode_keys(container: InputContainer, stream: Any, times: list[float]) -> Iterator[tuple[int, Any]]:
    """Yield the key frame before each time."""
    stream.codec_context.skip_frame = "NONKEY"
    for index, seconds in enumerate(times):
        frame = _read_frame(container, stream, seconds)
        if frame is not None:
            yield index, frame
    stream.codec_context.skip_frame = "DEFAULT"


def shape(frame: Any, stream: Any, box: tuple[int, int]) -> Any:
    """Return the frame upright, with square pixels, reduced to fit into a box.

    Its sides are even.
    """
    width, height = measure(frame, stream)
    for _ in range(_count_quarters(frame)):
        frame = _turn(frame)
    factor = min(box[0] / width, box[1] / height, 1.0)
    sides = [max(2, round(side * factor / 2) * 2) for side in (width, height)]
    return frame.reformat(width=sides[0], height=sides[1], format="yuv420p")


def measure(frame: Any, stream: Any) -> tuple[float, float]:
    """Return width and height as shown: upright, with square pixels."""
    aspect = float(stream.sample_aspect_ratio or 1) or 1.0
    sides = frame.width * aspect, float(frame.height)
    return sides if _count_quarters(frame) % 2 == 0 else (sides[1], sides[0])


def _count_quarters(frame: Any) -> int:
    """Return the quarters, counterclockwise, after which the frame is upright."""
    quarters: int = round(frame.rotation / 90) % 4
    return quarters


def _turn(frame: Any) -> Any:
    """Return the frame a quarter counterclockwise."""
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    turn, sink = graph.add("transpose", "cclock"), graph.add("buffersink")
    source.link_to(turn)
    turn.link_to(sink)
    graph.configure()
    graph.push(frame)
    return graph.pull()


def _measure_contrast(frame: Any) -> float:
    """Return the standard deviation of the brightness."""
    small = frame.reformat(width=64, height=36, format="gray")
    plane = small.planes[0]
    data = bytes(plane)
    values = b"".join(data[row * plane.line_size : row * plane.line_size + 64] for row in range(36))
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def _encode(frame: Any, quality: int) -> bytes:
    context: Any = av.CodecContext.create("libwebp", "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuv420p"
    context.time_base = Fraction(1, 25)
    context.options = {"quality": str(quality)}
    frame.pts = None
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


class _Sheet:
    """Tiles side by side, in planes of YUV 4:2:0."""

    def __init__(self, width: int, height: int, count: int) -> None:
        self.width, self.height = width, height
        self._size = width * min(COLUMNS, count), height * math.ceil(count / COLUMNS)
        full = self._size[0] * self._size[1]
        self._planes = [
            bytearray(b"\x10" * full),
            bytearray(b"\x80" * (full // 4)),
            bytearray(b"\x80" * (full // 4)),
        ]

    def put(self, index: int, tile: Any) -> None:
        if (tile.width, tile.height) != (self.width, self.height):  # the picture changed its size
            tile = tile.reformat(width=self.width, height=self.height)
        for plane, target, share in zip(tile.planes, self._planes, (1, 2, 2), strict=True):
            width, height, stride = self.width // share, self.height // share, self._size[0] // share
            data = bytes(plane)
            start = index // COLUMNS * height * stride + index % COLUMNS * width
            for row in range(height):
                source = row * plane.line_size
                target[start + row * stride : start + row * stride + width] = data[source : source + width]

    def draw(self) -> Any:
        frame = av.VideoFrame(*self._size, "yuv420p")
        for plane, data in zip(frame.planes, self._planes, strict=True):
            width = plane.width
            rows = (
                data[row * width : (row + 1) * width].ljust(plane.line_size, b"\0")
                for row in range(plane.height)
            )
            plane.update(b"".join(rows).ljust(plane.buffer_size, b"\0"))
        return frame
