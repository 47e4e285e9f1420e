"""Media of the demo session: from ffmpeg, or shipped with the portal."""

from __future__ import annotations

import importlib
import shutil
import subprocess
from pathlib import Path

from sessions_app.management.demo import speech
from sessions_app.management.demo.script import LINES, SECONDS, VIDEO_NAME

SHIPPED_MEDIA = Path(__file__).with_name("media")
"""Output of ``make_videos`` at 320x180."""
PITCHES = {"en": 120.0, "hi": 150.0, "es": 205.0}
CUSTOM_VOICE = "custom_voices/custom_hi_voice_01_demo.wav"
MUSIC_PITCH = 262.0
FFMPEG_TIMEOUT = 60
VIDEO_SIZE = "640x360"


def make_media(folder: Path) -> None:
    """Write the media into the folder, in the session's tree.

    The video keeps its own name.
    """
    _write_sounds(folder)
    program = find_ffmpeg()
    if program is None or not _try_make_videos(program, folder, size=VIDEO_SIZE):
        shutil.copytree(SHIPPED_MEDIA, folder, dirs_exist_ok=True)


def find_ffmpeg() -> str | None:
    """Return the path of the system's ffmpeg, or of imageio-ffmpeg's."""
    if program := shutil.which("ffmpeg"):
        return program
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def make_videos(program: str, folder: Path, *, size: str) -> None:
    """Make the videos for the sounds in ``folder``, all with the same picture stream.

    :raises subprocess.SubprocessError: ffmpeg failed.
    """

    def run(target: str, *arguments: object) -> None:
        (folder / target).parent.mkdir(exist_ok=True)
        quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-bitexact", "-y"]
        sound = ["-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart"]
        subprocess.run(  # noqa: S603 (constant arguments)
            [program, *quiet, *map(str, arguments), *sound, str(folder / target)],
            check=True,
            timeout=FFMPEG_TIMEOUT,
            capture_output=True,
        )

    original = folder / ".speech_en.wav"
    _write_speech(original, "en")
    picture = ["-f", "lavfi", "-i", f"testsrc=size={size}:rate=25:duration={SECONDS:g}"]
    h264 = ["-c:v", "libx264", "-preset", "slow", "-crf", "32", "-pix_fmt", "yuv420p"]
    run(VIDEO_NAME, *picture, "-i", original, *h264)
    original.unlink()
    for language in ("hi", "es"):
        dubbed = ["-i", folder / VIDEO_NAME, "-i", folder / "audio" / f"{language}_audio.wav"]
        run(f"final_videos/{language}_final.mp4", *dubbed, "-map", "0:v", "-map", "1:a", "-c:v", "copy")
    music = f"aevalsrc=0.05*sin(2*PI*{MUSIC_PITCH:g}*t)+0.04*sin(2*PI*{MUSIC_PITCH * 1.5:g}*t):d={SECONDS:g}"
    for voice, sound in (
        ("gemini_hi_deep_demo", folder / "audio" / "hi_audio.wav"),
        ("custom_hi_voice_01_demo", folder / CUSTOM_VOICE),
    ):
        mixed = ["-i", folder / VIDEO_NAME, "-i", sound, "-f", "lavfi", "-i", music]
        mix = ["-filter_complex", "[1:a][2:a]amix=inputs=2:duration=longest[a]", "-map", "0:v", "-map", "[a]"]
        run(f"mixed_videos/{voice}_mixed.mp4", *mixed, *mix, "-c:v", "copy", "-t", f"{SECONDS:g}")


def _try_make_videos(program: str, folder: Path, *, size: str) -> bool:
    """Return whether ffmpeg made the videos; it may lack the H.264 encoder."""
    try:
        make_videos(program, folder, size=size)
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _write_sounds(folder: Path) -> None:
    for language in ("hi", "es"):
        _write_speech(folder / "audio" / f"{language}_audio.wav", language)
    file = folder / CUSTOM_VOICE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(speech.make_wav([(0.2, 1.8), (2.1, 2.9)], seconds=3, pitch=98))


def _write_speech(file: Path, language: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    spans = [(line.start, line.end) for line in LINES]
    file.write_bytes(speech.make_wav(spans, seconds=SECONDS, pitch=PITCHES[language]))
