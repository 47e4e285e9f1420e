"""Derivatives of a file, handed over one by one as they become ready."""

from __future__ import annotations

import errno
import socket
from typing import Any, cast

import av

from dubbing_core.sentences import template
from sessions_app.media.process.connection import (
    HEADER,
    LimitError,
    RemoteFile,
    ResultFile,
    receive,
    send_report,
)
from sessions_app.media.process.errors import NoSpaceError, UnmakeableError
from sessions_app.media.process.opening import find_main, open_file
from sessions_app.media.process.pictures import make_poster, make_strip
from sessions_app.media.process.proxy import UncopyableError, find_sizes, make_proxy
from sessions_app.media.process.sound import make_sound

PICTURES = {"poster": make_poster, "strip": make_strip}
SOUND = {"peaks", "loudness", "audio"}
NO_PICTURE = template("It has no picture that can be decoded.")
NO_SOUND = template("It has no sound that can be decoded.")
DAMAGED = template("The file is damaged.")
TOO_LARGE = template("The result would be too large.")
TOO_MUCH = template("Too much of the file would have to be read.")
ERRORS = UnmakeableError, av.FFmpegError, OSError, ValueError, MemoryError
PASSES = 4
"""Times the file's size that may be read: seeking reads some parts repeatedly."""
READ_MARGIN = 256 * 1024**2


class Sender:
    """Hands over derivatives and waits until each is stored."""

    def __init__(self, connection: socket.socket, result: ResultFile) -> None:
        self.connection, self.result = connection, result
        self.kinds: set[str] = set()
        """Those that were handed over, or cannot be made."""

    def emit(self, kind: str, report: dict[str, Any]) -> None:
        size = 0 if "reason" in report or kind == "loudness" else self.result.size
        send_report(self.connection, b"O", size, {"kind": kind} | report)
        receive(self.connection, HEADER.size)
        self.kinds.add(kind)
        self.result.clear()


def make_derivatives(
    connection: socket.socket, size: int, request: dict[str, Any], result: ResultFile
) -> dict[str, Any]:
    """Make the kinds that are requested; return what is damaged.

    Raises what PyAV raises for a file that cannot be opened.
    """
    kinds: list[str] = request["kinds"]
    duration: float | None = request.get("duration")
    sender = Sender(connection, result)
    report: dict[str, Any] = {}
    result.clear()
    for kind in [kind for kind in PICTURES if kind in kinds]:
        file = RemoteFile(connection, size, limit=size * PASSES + READ_MARGIN)
        with open_file(file) as container, _Guard(sender, {kind}):
            stream: Any = find_main(list(container.streams), "video")
            if stream is None or stream.codec_context is None:
                raise UnmakeableError(NO_PICTURE)
            data, details = PICTURES[kind](container, stream, duration)
            result.write(data)
            sender.emit(kind, details | {"extension": "webp"})
    if sound := SOUND.intersection(kinds):
        file = RemoteFile(connection, size, limit=size * PASSES + READ_MARGIN)
        with open_file(file) as container, _Guard(sender, sound):
            stream = find_main(list(container.streams), "audio")
            if stream is None or stream.codec_context is None:
                raise UnmakeableError(NO_SOUND)
            report = make_sound(
                container, stream, kinds=sound, duration=duration, result=result, emit=sender.emit
            )
    if "proxy" in kinds:
        with _Guard(sender, {"proxy"}):
            _make_proxy(sender, size, copies_picture=bool(request.get("copies_picture")))
    return report


def _make_proxy(sender: Sender, size: int, *, copies_picture: bool) -> None:
    limit = size * PASSES + READ_MARGIN
    with open_file(RemoteFile(sender.connection, size, limit=limit)) as container:
        picture: Any = find_main(list(container.streams), "video")
        if picture is None or picture.codec_context is None:
            raise UnmakeableError(NO_PICTURE)
        small, sides = find_sizes(container, picture)
    if not (copies_picture and _copy_picture(sender, size)):
        sides = small
        _write_proxy(sender, size, small)
    sender.emit("proxy", {"width": sides[0], "height": sides[1], "extension": "mp4"})


def _copy_picture(sender: Sender, size: int) -> bool:
    """Write a light copy with the same picture; return False if that is not possible."""
    try:
        _write_proxy(sender, size, None)
    except UncopyableError:
        return False
    return True


def _write_proxy(sender: Sender, size: int, sides: tuple[int, int] | None) -> None:
    """Write a light copy.

    :param sides: of its picture; without them that of the file is copied.
    """
    limit = size * PASSES + READ_MARGIN
    with open_file(RemoteFile(sender.connection, size, limit=limit)) as container:
        streams = list(container.streams)
        picture, sound = find_main(streams, "video"), cast(Any, find_main(streams, "audio"))
        if sound is not None and sound.codec_context is None:
            sound = None
        make_proxy(container, picture, sound, sender.result, size=sides)


class _Guard:
    """Reports the kinds that an error prevented."""

    def __init__(self, sender: Sender, kinds: set[str]) -> None:
        self._sender, self._kinds = sender, kinds

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, ERRORS):
            return False
        if isinstance(error, UnmakeableError):
            reason = str(error)
        elif isinstance(error, LimitError):
            reason = TOO_MUCH
        elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise NoSpaceError from error
        elif isinstance(error, OSError) and error.errno == errno.EFBIG:
            reason = TOO_LARGE
        else:
            reason = DAMAGED
        for each in sorted(self._kinds - self._sender.kinds):
            self._sender.emit(each, {"reason": reason})
        return True
