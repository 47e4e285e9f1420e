"""The demo's real media: made by ffmpeg where there is one, else small ones that come with the portal."""

from __future__ import annotations

import importlib
import shutil
import subprocess
from pathlib import Path

from sessions_app.management.demo import speech
from sessions_app.management.demo.script import LINES, SECONDS, VIDEO_NAME

SHIPPED = Path(__file__).with_name("media")
"""What ``make_videos`` made at 320x180."""
PITCHES = {"en": 120.0, "hi": 150.0, "es": 205.0}
CUSTOM_VOICE = "custom_voices/custom_hi_voice_01_demo.wav"
MUSIC_PITCH = 262.0
FFMPEG_SECONDS = 60
MADE_SIZE = "640x360"


def make(folder: Path) -> None:
    """Write every file of the project below the folder, in the session's tree; the video under its own name."""
    _write_sounds(folder)
    program = find_ffmpeg()
    if program is None or not _made_by(program, folder, size=MADE_SIZE):
        shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)


def find_ffmpeg() -> str | None:
    """Return the machine's ffmpeg, or the one of the package imageio-ffmpeg if that happens to be installed."""
    if program := shutil.which("ffmpeg"):
        return program
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def make_videos(program: str, folder: Path, *, size: str) -> None:
    """Make the videos around the sounds in ``folder``, one picture stream in all of them.

    :raises subprocess.SubprocessError: this ffmpeg cannot.
    """

    def run(target: str, *arguments: object) -> None:
        (folder / target).parent.mkdir(exist_ok=True)
        quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-bitexact", "-y"]
        sound = ["-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart"]
        subprocess.run(  # noqa: S603 (our own arguments)
            [program, *quiet, *map(str, arguments), *sound, str(folder / target)],
            check=True,
            timeout=FFMPEG_SECONDS,
            capture_output=True,
        )

    original = folder / ".speech_en.wav"
    _write(original, "en")
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


def _made_by(program: str, folder: Path, *, size: str) -> bool:
    """Try it: an ffmpeg may lack the H.264 encoder, or not run at all."""
    try:
        make_videos(program, folder, size=size)
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _write_sounds(folder: Path) -> None:
    for language in ("hi", "es"):
        _write(folder / "audio" / f"{language}_audio.wav", language)
    file = folder / CUSTOM_VOICE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(speech.wav([(0.2, 1.8), (2.1, 2.9)], seconds=3, pitch=98))


def _write(file: Path, language: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    spans = [(line.start, line.end) for line in LINES]
    file.write_bytes(speech.wav(spans, seconds=SECONDS, pitch=PITCHES[language]))
