"""Maker of derivatives: posters, hover strips, waveforms, loudness, audio tracks."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from dubbing_core.media_problems import SoundDamage
from dubbing_core.sentences import sentence
from sessions_app.media.client import ENDED, HEADER, MediaProcess, ProcessEndedError, ServedFile
from sessions_app.media.facts import build_damage
from sessions_app.media.plan import Kind
from sessions_app.storage.store import CHUNK_SIZE, BlobReader

READ_PASSES = 4
READ_MARGIN = 512 * 1024**2
"""Bytes of a file that the process gets, beside several times its size; it stops earlier by itself."""
BASE_SECONDS = 30
SECONDS_PER_SECOND = 0.04
"""CPU time for a second of media: several times what is measured."""
ENCODING_SECONDS = 1.5
"""The same for light copies."""
WALL_FACTOR = 4
"""On a busy machine a nice process waits."""
REASON_LENGTH = 200
STOPPED = sentence("Making it took too long, or ended the program that makes it.")
DAMAGED = sentence("The file is damaged.")
EXTENSIONS = {
    Kind.POSTER: {"webp"},
    Kind.STRIP: {"webp"},
    Kind.PEAKS: {"bin"},
    Kind.AUDIO: {"m4a", "mp3", "webm", "flac"},
    Kind.LOUDNESS: {""},
    Kind.PROXY: {"mp4"},
}
NUMBERS = {
    Kind.POSTER: {"width", "height"},
    Kind.STRIP: {"width", "height", "columns", "count", "interval"},
    Kind.PEAKS: {"rate", "count", "duration"},
    Kind.AUDIO: set(),
    Kind.LOUDNESS: {"integrated", "true_peak"},
    Kind.PROXY: {"width", "height"},
}
"""Values that describe a derivative."""


class NoSpaceError(Exception):
    """There is no space for results on this machine's disk for temporary files."""


@dataclass(frozen=True, kw_only=True)
class MadeDerivative:
    """A derivative that was made, or the reason why it cannot be."""

    kind: Kind
    reason: str = ""
    """A sentence; empty if it was made."""
    extension: str = ""
    size: int = 0
    details: Mapping[str, float | None] = field(default_factory=dict)
    read: Callable[[], Iterator[bytes]] = lambda: iter(())
    """Yields its bytes, until the next one is made."""


class DerivativeMaker(MediaProcess):
    """Makes derivatives of one file after the other.

    The process writes to one nameless file.
    """

    def __init__(self, *, longest: float = math.inf) -> None:
        """Prepare it.

        :param longest: seconds for one pass over a file, however long it is.
        """
        # Deleted already: nothing is left behind, however this process ends.
        self._file = tempfile.TemporaryFile(prefix="dubbing-media-")  # noqa: SIM115 (closed by `close`)
        super().__init__(result=self._file.fileno())
        self._longest = longest

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._file.close()

    def make(
        self,
        store: BlobReader,
        key: str,
        size: int,
        *,
        kinds: Collection[Kind],
        duration: float | None,
        copies_picture: bool = False,
        on_made: Callable[[MadeDerivative], None],
    ) -> SoundDamage | None:
        """Make derivatives of an object; return what decoding found out about its sound.

        None if the sound was not decoded.

        :param kinds: of one group of `plan.GROUPS`.
        :param copies_picture: let a light copy have the same picture, if its container allows it.
        :param on_made: is called with each of them, before the next one is made.
        :raises StoreError: the store did not return its bytes.
        :raises MediaReaderUnavailableError: PyAV is not installed, or no process can be started.
        :raises NoSpaceError: there is no space for the result.
        """
        self.start()
        factor = ENCODING_SECONDS if Kind.PROXY in kinds else SECONDS_PER_SECOND
        seconds = BASE_SECONDS + math.ceil((duration or 0) * factor)
        limit = size * READ_PASSES + READ_MARGIN
        file = ServedFile(
            self, store, key, size, timeout=min(seconds * WALL_FACTOR, self._longest), limit=limit
        )
        remaining = set(kinds)
        try:
            request = json.dumps(
                {
                    "kinds": sorted(kinds),
                    "duration": duration,
                    "copies_picture": copies_picture,
                    "cpu_seconds": seconds,
                }
            ).encode()
            self.send(HEADER.pack(b"M", size, len(request)) + request, file.deadline)
            report = self._receive_all(file, remaining, on_made)
        except ProcessEndedError:
            self.close()
            report = {"reason": STOPPED}
        except BaseException:
            self.close()  # it waits for bytes that do not come
            raise
        if report.get("no_space"):
            raise NoSpaceError
        for kind in sorted(remaining):
            on_made(MadeDerivative(kind=kind, reason=STOPPED if report.get("reason") == STOPPED else DAMAGED))
        return build_damage(report)

    def _receive_all(
        self, file: ServedFile, remaining: set[Kind], on_made: Callable[[MadeDerivative], None]
    ) -> dict[str, object]:
        while True:
            letter, size, length = file.serve(b"D", b"O")
            report = self.receive_report(length, file.deadline)
            if letter == b"D":
                return report
            derivative = self._check(report, size, remaining)
            remaining.discard(derivative.kind)
            on_made(derivative)
            self.send(HEADER.pack(b"K", 0, 0), file.deadline)

    def _check(self, report: Mapping[str, Any], size: int, remaining: Collection[Kind]) -> MadeDerivative:
        """Return what was made, if its description makes sense.

        A hostile file may have taken the process over.
        """
        name = report.get("kind")
        kind = next((kind for kind in remaining if kind == name), None)
        if kind is None or size != (os.fstat(self._file.fileno()).st_size if size else 0):
            raise ProcessEndedError(ENDED)
        if reason := report.get("reason"):
            text = "".join(filter(str.isprintable, str(reason)))[:REASON_LENGTH]
            return MadeDerivative(kind=kind, reason=text)
        extension = str(report.get("extension", ""))
        if extension not in EXTENSIONS[kind] or bool(size) != bool(extension):
            raise ProcessEndedError(ENDED)
        details = {name: _read_number(report.get(name)) for name in sorted(NUMBERS[kind])}
        return MadeDerivative(
            kind=kind, extension=extension, size=size, details=details, read=lambda: self._read_result(size)
        )

    def _read_result(self, size: int) -> Iterator[bytes]:
        for start in range(0, size, CHUNK_SIZE):
            yield os.pread(self._file.fileno(), min(CHUNK_SIZE, size - start), start)


def _read_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**31:
        return None
    return value
