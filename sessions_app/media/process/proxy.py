"""A light copy of a video that browsers play.

Its picture is encoded, or that of the file where browsers only do not play the container or the sound.
"""

from __future__ import annotations

from typing import Any

import av
from av.container import InputContainer

from sessions_app.media.process.audio_track import open_result
from sessions_app.media.process.connection import ResultFile
from sessions_app.media.process.errors import UnmakeableError
from sessions_app.media.process.opening import get_origin, read_packets
from sessions_app.media.process.pictures import UNDECODABLE, decode, measure, shape

BOX = 854, 480
OPTIONS = {"preset": "veryfast", "crf": "28", "g": "50", "threads": "1"}
AUDIO_BIT_RATE = 96_000
SAMPLE_RATE = 48_000
COPIED_SOUND = {"aac"}
HIGHEST_RATE = 60
MOST_UNDATED = 32


class UncopyableError(Exception):
    """The picture cannot be copied: it must be encoded."""


class Proxy:
    """The copy, written while the file is read."""

    def __init__(
        self, picture: Any, sound: Any, result: ResultFile, *, origin: float, size: tuple[int, int] | None
    ) -> None:
        """Open it.

        :param size: of its picture; without it the picture is copied.
        """
        self._picture, self._sound, self._origin = picture, sound, origin
        self._output = open_result(result, "mp4")
        self._size = size
        self._last: int | None = None
        self._has_begun = False
        self._undated: list[Any] = []
        """Packets of the picture whose time of decoding is not known yet: Matroska does not state the first ones."""
        self._audio: Any = None
        self._resampler: Any = None
        if sound is not None and sound.codec_context.codec.canonical_name in COPIED_SOUND:
            self._audio = self._output.add_stream_from_template(sound)
        elif sound is not None:
            layout = "mono" if sound.codec_context.channels == 1 else "stereo"
            self._audio = self._output.add_stream("aac", rate=SAMPLE_RATE, layout=layout)
            self._audio.bit_rate = AUDIO_BIT_RATE
            self._resampler = av.AudioResampler(
                format="fltp", layout=layout, rate=SAMPLE_RATE, frame_size=1024
            )
        if size is None:
            self._video: Any = self._output.add_stream_from_template(picture)
            return
        rate = picture.average_rate or picture.guessed_rate
        self._video = self._output.add_stream("libx264", rate=min(rate or 25, HIGHEST_RATE), options=OPTIONS)
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = picture.time_base
        self._video.width, self._video.height = size

    def read(self, packet: Any) -> None:
        is_sound = packet.stream is self._sound or (
            self._sound is not None and packet.stream.index == self._sound.index
        )
        if is_sound and self._resampler is None:
            self._copy_sound(packet)
            return
        if not is_sound and self._size is None:
            self._copy_picture(packet)
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return
        for frame in frames:
            if frame.pts is None:
                continue
            frame.pts -= round(self._origin / frame.time_base)
            if is_sound:
                self._encode_sound(frame)
            else:
                self._encode_picture(frame)

    def fail(self) -> None:
        """Record a place that cannot be read.

        Browsers stop there, a decoder continues behind it.
        """
        if self._size is None:
            raise UncopyableError

    def finish(self) -> None:
        """Write what remains, and the index."""
        if self._size is not None:
            self._output.mux(self._video.encode(None))
        elif not self._has_begun or self._undated:
            raise UncopyableError
        if self._resampler is not None:
            self._encode_sound(None)
            self._output.mux(self._audio.encode(None))
        self._output.close()

    def _copy_sound(self, packet: Any) -> None:
        try:
            self._copy(packet, self._audio)
        except av.InvalidDataError:
            self.fail()  # beside an encoded picture the rest of a damaged sound is copied

    def _copy_picture(self, packet: Any) -> None:
        if not packet.size:
            return
        if packet.is_corrupt or packet.pts is None or len(self._undated) == MOST_UNDATED:
            raise UncopyableError
        # What comes before the first key frame cannot be shown: a recording of a broadcast begins anywhere.
        self._has_begun = self._has_begun or packet.is_keyframe
        if not self._has_begun:
            return
        self._undated.append(packet)
        if packet.dts is None:
            return
        for distance, each in enumerate(reversed(self._undated)):
            if each.dts is None:
                each.dts = packet.dts - distance * (packet.duration or 1)
        for each in self._undated:
            self._copy(each, self._video)
        self._undated.clear()

    def _copy(self, packet: Any, target: Any) -> None:
        if packet.size and packet.dts is not None:
            shift = round(self._origin / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
            packet.stream = target
            self._output.mux([packet])

    def _encode_sound(self, frame: Any) -> None:
        for each in self._resampler.resample(frame):
            self._output.mux(self._audio.encode(each))

    def _encode_picture(self, frame: Any) -> None:
        assert self._size is not None
        if self._last is not None and frame.pts <= self._last:
            return
        self._last, time_base = frame.pts, frame.time_base
        small = shape(frame, self._picture, BOX)
        if (small.width, small.height) != self._size:
            small = small.reformat(width=self._size[0], height=self._size[1])
        small.pts, small.time_base, small.pict_type = self._last, time_base, 0
        self._output.mux(self._video.encode(small))


def find_sizes(container: InputContainer, picture: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the sizes of an encoded and of a copied picture, from the first frame.

    The output needs the first one before a packet of sound.
    """
    frame = next(decode(container, picture), None)
    if frame is None:
        raise UnmakeableError(UNDECODABLE)
    small = shape(frame, picture, BOX)
    width, height = measure(frame, picture)
    return (small.width, small.height), (round(width), round(height))


def make_proxy(
    container: InputContainer, picture: Any, sound: Any, result: ResultFile, *, size: tuple[int, int] | None
) -> None:
    """Write the copy.

    :param size: of its picture; without it the picture is copied.
    :raises UncopyableError: its container does not allow that.
    """
    try:
        proxy = Proxy(picture, sound, result, origin=get_origin(container), size=size)
        streams = [stream for stream in (picture, sound) if stream is not None]
        for packet in read_packets(container, *streams, on_error=proxy.fail):
            proxy.read(packet)
        proxy.finish()
    except (av.FFmpegError, ValueError) as error:
        if size is None:
            raise UncopyableError from error
        raise
