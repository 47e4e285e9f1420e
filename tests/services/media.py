"""Small real media, encoded once per session by ffmpeg: the system's or that of imageio-ffmpeg."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.services.folders import temporary_folder
from tests.services.waits import LIMIT

RATE = 16_000
LONG = ["-f", "lavfi", "-i", "testsrc2=size=64x36:rate=25:duration=8", "-f", "lavfi", "-i", "sine=duration=8"]


@dataclass(frozen=True)
class Media:
    """Files that tests may read and copy, but not change."""

    folder: Path
    video: Path
    """MP4, 2 s, H.264 320x180 and AAC."""
    dubbed_video: Path
    """The same video stream, bit for bit, with another audio stream."""
    voices: tuple[Path, ...]
    """WAVs of 2 s, mono, 16-bit; each a different tone."""
    damaged_video: Path
    """MP4 of 8 s whose middle was overwritten: its index and both ends are intact."""
    silence: Path
    """WAV of 60 s that deflates about a thousand to one."""


def ffmpeg_program() -> str:
    return shutil.which("ffmpeg") or str(imageio_ffmpeg.get_ffmpeg_exe())


def make_media(folder: Path) -> Media:
    program = ffmpeg_program()

    def make(name: str, *arguments: str | Path) -> Path:
        target = folder / name
        quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-bitexact", "-y"]
        subprocess.run([program, *quiet, *arguments, target], check=True, timeout=LIMIT)
        return target

    def tone(hertz: int) -> list[str]:
        return ["-f", "lavfi", "-i", f"sine=frequency={hertz}:duration=2:sample_rate={RATE}"]

    picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"]
    h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    video = make("conference-talk.mp4", *picture, *tone(220), *h264, "-c:a", "aac", "-movflags", "+faststart")
    voices = tuple(make(f"voice_{hertz}.wav", *tone(hertz), "-c:a", "pcm_s16le") for hertz in (330, 440))
    swap: list[str | Path] = [
        "-i",
        video,
        "-i",
        voices[0],
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-c:v",
        "copy",
        "-c:a",
        "aac",
    ]
    silence = [
        "-f",
        "lavfi",
        "-i",
        f"anullsrc=channel_layout=mono:sample_rate={RATE}",
        "-t",
        "60",
        "-c:a",
        "pcm_s16le",
    ]
    return Media(
        folder=folder,
        video=video,
        dubbed_video=make("conference-talk_hi.mp4", *swap),
        voices=voices,
        damaged_video=_erase_middle(
            make("damaged.mp4", *LONG, *h264, "-c:a", "aac", "-movflags", "+faststart")
        ),
        silence=make("silence.wav", *silence),
    )


def _erase_middle(path: Path) -> Path:
    data = path.read_bytes()
    start, end = int(len(data) * 0.35), int(len(data) * 0.75)
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    return path


@pytest.fixture(scope="session")
def media() -> Iterator[Media]:
    with temporary_folder("media") as folder:
        yield make_media(folder)
