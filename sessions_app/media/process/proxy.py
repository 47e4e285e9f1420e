"""A light copy of a video that browsers play."""

from __future__ import annotations

from typing import Any

import av
from av.container import InputContainer

from sessions_app.media.process.audio_track import open_result
from sessions_app.media.process.connection import ResultFile
from sessions_app.media.process.errors import UnmakeableError
from sessions_app.media.process.opening import get_origin, read_packets
from sessions_app.media.process.pictures import UNDECODABLE, decode, shape

BOX = 854, 480
OPTIONS = {"preset": "veryfast", "crf": "28", "g": "50", "threads": "1"}
AUDIO_BIT_RATE = 96_000
SAMPLE_RATE = 48_000
COPIED_SOUND = {"aac"}
HIGHEST_RATE = 60


class Proxy:
    """The copy, written while the file is read."""

    def __init__(
        self, picture: Any, sound: Any, result: ResultFile, *, origin: float, size: tuple[int, int]
    ) -> None:
        self._picture, self._sound, self._origin = picture, sound, origin
        self._output = open_result(result, "mp4")
        self._video: Any = None
        self._last: int | None = None
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
        rate = picture.average_rate or picture.guessed_rate
        self._video = self._output.add_stream("libx264", rate=min(rate or 25, HIGHEST_RATE), options=OPTIONS)
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = picture.time_base
        self._size = self._video.width, self._video.height = size

    def read(self, packet: Any) -> None:
        is_sound = packet.stream is self._sound or (
            self._sound is not None and packet.stream.index == self._sound.index
        )
        if is_sound and self._resampler is None:
            self._copy_sound(packet)
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

    def finish(self) -> None:
        """Write what remains, and the index."""
        self._output.mux(self._video.encode(None))
        if self._resampler is not None:
            self._encode_sound(None)
            self._output.mux(self._audio.encode(None))
        self._output.close()

    def _copy_sound(self, packet: Any) -> None:
        if packet.size and packet.dts is not None:
            shift = round(self._origin / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
            packet.stream = self._audio
            self._output.mux([packet])

    def _encode_sound(self, frame: Any) -> None:
        for each in self._resampler.resample(frame):
            self._output.mux(self._audio.encode(each))

    def _encode_picture(self, frame: Any) -> None:
        if self._last is not None and frame.pts <= self._last:
            return
        self._last, time_base = frame.pts, frame.time_base
        small = shape(frame, self._picture, BOX)
        if (small.width, small.height) != self._size:
            small = small.reformat(width=self._size[0], height=self._size[1])
        small.pts, small.time_base, small.pict_type = self._last, time_base, 0
        self._output.mux(self._video.encode(small))


def find_size(container: InputContainer, picture: Any) -> tuple[int, int]:
    """Return the size of the copy, from the first frame.

    The output needs it before the first packet of sound.
    """
    frame = next(decode(container, picture), None)
    if frame is None:
        raise UnmakeableError(UNDECODABLE)
    small = shape(frame, picture, BOX)
    return small.width, small.height


def make_proxy(
    container: InputContainer, picture: Any, sound: Any, result: ResultFile, *, size: tuple[int, int]
) -> None:
    """Write the copy."""
    proxy = Proxy(picture, sound, result, origin=get_origin(container), size=size)
    streams = [stream for stream in (picture, sound) if stream is not None]
    for packet in read_packets(container, *streams):
        proxy.read(packet)
    proxy.finish()
