"""Opening of media files, with what ffmpeg may do on their behalf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from sessions_app.media.process.connection import LimitError, RemoteFile

MAX_PIXELS = 8192 * 4320
FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,loas,matroska,mov,mp3,mpeg,mpegts,mpegvideo,mxf,ogg,rm,tta,"
    "w64,wav,wv"
)
"""Not those that refer to other files: playlists, manifests, concatenations."""
OPTIONS = {"max_pixels": str(MAX_PIXELS), "threads": "1"}
FAILURES_IN_A_ROW = 100
"""Places that cannot be read, one directly after the other, at which reading ends."""
CONTAINER_OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "none", "max_streams": "1000"}


def refuse_to_open(*_: object) -> NoReturn:
    raise PermissionError(13, "a file may not open others")


def open_file(file: RemoteFile) -> InputContainer:
    """Open the file; raise what PyAV raises for an unreadable one."""
    return av.open(
        file,
        "r",
        options=OPTIONS,
        container_options=CONTAINER_OPTIONS,
        metadata_errors="replace",
        buffer_size=64 * 1024,
        io_open=refuse_to_open,
    )


def read_packets(
    container: InputContainer, *streams: Any, on_error: Callable[[], None] = lambda: None
) -> Iterator[Any]:
    """Yield the packets of streams, also those after a place that cannot be read.

    :param on_error: is called for each such place.
    """
    failures = 0
    while True:
        try:
            for packet in container.demux(*streams):
                failures = 0
                yield packet
        except LimitError:
            raise
        except av.FFmpegError:
            on_error()
            failures += 1
            if failures == FAILURES_IN_A_ROW:
                return
        else:
            return


def is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def find_main(streams: Sequence[Stream], kind: str) -> Stream | None:
    """Return the stream that players choose."""
    found = [stream for stream in streams if stream.type == kind and not is_cover(stream)]
    default = (stream for stream in found if stream.disposition & Disposition.default)
    return next(default, found[0] if found else None)


def get_origin(container: InputContainer) -> float:
    """Return the time that players show as 0."""
    name = container.format.name.split(",")[0]
    if name in {"mov", "matroska"} or not container.start_time:
        return 0.0
    return float(container.start_time / av.time_base)
