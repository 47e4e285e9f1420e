"""Media of eight seconds in many formats, and hostile files, made when the first test needs them."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sessions_app.media.maker import DerivativeMaker, MadeDerivative
from sessions_app.media.plan import GROUPS, Kind
from sessions_app.storage.store import CHUNK_SIZE
from tests.services.media import ffmpeg_program
from tests.services.waits import LIMIT
from tests.stores.memory import MemoryStore

SECONDS = 8
KEY = "blobs/file"


def make_samples(folder: Path) -> dict[str, bytes]:
    """Return files by name."""
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=160x90:rate=25:duration={SECONDS}"]
    tone = ["-f", "lavfi", "-i", f"sine=duration={SECONDS}:sample_rate=44100"]
    encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    spoken = ["-metadata:s:a:0", "language=hin"]
    run_ffmpeg(*picture, *tone, *encoding, *spoken, "-movflags", "+faststart", folder / "talk.mp4")
    source: list[str | Path] = ["-i", folder / "talk.mp4"]
    for name, options in {
        "index-at-end.mp4": ["-c", "copy"],
        "talk.mkv": ["-c", "copy"],
        "talk.ts": ["-c", "copy"],
        "talk.avi": ["-c", "copy"],
        "frames-out-of-order.avi": ["-c:v", "libx264", "-bf", "3", "-g", "50", "-c:a", "copy"],
        "surround.mkv": ["-c:v", "libx264", "-bf", "3", "-g", "50", "-c:a", "ac3"],
        "vp9.mkv": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"],
        "picture.mov": ["-an", "-c", "copy"],
        "hole.mp4": ["-filter:a", "aselect=not(between(t\\,3\\,5))", "-c:v", "copy", "-c:a", "aac"],
        "ten-bit.mp4": ["-an", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"],
        "short-audio.mp4": ["-filter:a", "atrim=end=3", "-c:v", "copy", "-c:a", "aac"],
        "short-picture.mp4": ["-filter:v", "trim=end=3", "-c:v", "libx264", "-c:a", "copy"],
        "still.mp4": ["-frames:v", "1", "-c:v", "libx264", "-c:a", "copy"],
        "still.mkv": ["-frames:v", "1", "-c:v", "libx264", "-c:a", "copy"],
        "voice.wav": ["-vn"],
        "voice.mp3": ["-vn"],
        "voice-without-header.mp3": ["-vn", "-write_xing", "0"],
        "voice.flac": ["-vn"],
        "voice.ogg": ["-vn", "-c:a", "libvorbis"],
        "voice.aac": ["-vn", "-c:a", "copy"],
    }.items():
        run_ffmpeg(*source, *options, folder / name)
    run_ffmpeg(
        *picture[:2],
        "-i",
        "color=size=8x8:duration=0.04",
        "-c:v",
        "png",
        "-pix_fmt",
        "rgba64be",
        folder / "png.mov",
    )
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files |= {f"half {name}": data[: len(data) // 2] for name, data in files.items()} | {
        f"damaged {name}": _erase_middle(data) for name, data in files.items()
    }
    files["huge.mov"] = _enlarge_picture(files["png.mov"], 16_000)
    files["enormous.mov"] = _enlarge_picture(files["png.mov"], 40_000)
    files["unknown-picture.mp4"] = files["talk.mp4"].replace(b"avc1\0\0\0\0", b"zzzz\0\0\0\0")
    return files


def run_ffmpeg(*arguments: str | Path) -> None:
    quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-bitexact", "-y"]
    subprocess.run([ffmpeg_program(), *quiet, *arguments], check=True, timeout=LIMIT)


def _erase_middle(data: bytes) -> bytes:
    start, end = int(len(data) * 0.35), int(len(data) * 0.75)
    return data[:start] + bytes(end - start) + data[end:]


def _enlarge_picture(data: bytes, side: int) -> bytes:
    """Return a MOV whose PNG states another size: 2 GB for a program that relies on it."""
    sizes = struct.pack(">HH", 8, 8), struct.pack(">HH", side, side)
    entry = data.index(b"png ", data.index(b"stsd"))
    data = data[:entry] + data[entry:].replace(*sizes, 1)
    header = data.index(b"IHDR") + 4
    return data[:header] + struct.pack(">II", side, side) + data[header + 8 :]


def store_with(data: bytes) -> MemoryStore:
    store = MemoryStore()
    store.put_all([(KEY, data)])
    return store


def make(
    maker: DerivativeMaker,
    data: bytes,
    kinds: set[Kind],
    duration: float | None = 8.0,
    *,
    copies_picture: bool = False,
) -> dict[Kind, tuple[MadeDerivative, bytes]]:
    made: dict[Kind, tuple[MadeDerivative, bytes]] = {}

    def keep(derivative: MadeDerivative) -> None:
        made[derivative.kind] = derivative, b"".join(derivative.read())

    for group in GROUPS:
        if chosen := kinds & set(group):
            maker.make(
                store_with(data),
                KEY,
                len(data),
                kinds=chosen,
                duration=duration,
                copies_picture=copies_picture,
                on_made=keep,
            )
    return made


class SilenceStore:
    """A WAV of silence, of any length, that takes no space."""

    def __init__(self, seconds: int, *, rate: int = 48_000) -> None:
        length = seconds * rate * 2
        self._header = struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF",
            length + 36,
            b"WAVE",
            b"fmt ",
            16,
            1,
            1,
            rate,
            rate * 2,
            2,
            16,
            b"data",
            length,
        )
        self.total = length + len(self._header)
        self.served = 0

    def size(self, key: str) -> int:
        return self.total

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        self.served += end - start
        head = self._header[start:end]
        yield head + bytes(min(end - start, CHUNK_SIZE) - len(head))
