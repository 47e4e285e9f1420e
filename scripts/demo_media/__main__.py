"""Make the media of the demo session: run ``python scripts/demo_media``.

Needs ffmpeg with x264, espeak-ng, the font DejaVu Sans, and the packages Pillow and NumPy. The output is
committed, so that the first start of a portal needs none of them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import picture
import sound

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sessions_app.management.demo import script  # noqa: E402 (needs the path)

TARGET = ROOT / "sessions_app" / "management" / "demo" / "media"
STARTS = [script.start_of(number) for number in range(1, len(script.LINES) + 1)]
FRAMES = script.SECONDS * picture.RATE
AUDIO = ("-c:a", "aac", "-b:a", "32k", "-ac", "1", "-movflags", "+faststart")
QUIET = ("-hide_banner", "-loglevel", "error", "-nostdin", "-bitexact", "-y")


def main() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        spoken = {language: speak(language, words_per_minute=150) for language in ("en", "hi")}
        spoken["es"] = speak("es", words_per_minute=190)
        spoken["es slower"] = speak("es", words_per_minute=150)
        for language, lines in spoken.items():
            track = sound.join(lines, starts=STARTS, seconds=script.SECONDS)
            sound.write_wav(work / f"{language}.wav", track)
            sound.write_wav(work / f"{language} mixed.wav", track + sound.make_music(script.SECONDS))
        audible = sound.join(spoken["en"], starts=STARTS, seconds=script.SECONDS)
        levels = sound.loudness_by_frame(audible, frame_rate=picture.RATE)
        write_picture(work / "picture.mp4", levels)
        write_picture(work / "subtitled.mp4", levels, language="es")

        write_video(f"1/{script.VIDEO_NAME}", work / "picture.mp4", work / "en mixed.wav")
        for language in ("hi", "es"):
            write_sound(f"2/audio/{language}_audio.m4a", work / f"{language}.wav")
            write_segments("2", language, spoken[language], work)
            write_video(
                f"2/final_videos/{language}_final.mp4", work / "picture.mp4", work / f"{language}.wav"
            )
            mixed = f"3/mixed_videos/{script.VOICES[language]}_mixed.mp4"
            write_video(mixed, work / "picture.mp4", work / f"{language} mixed.wav")
        sound.write_wav(work / "voice.wav", spoken["hi"][0])
        write_sound("3/custom_voices/custom_hi_voice_01_ana.m4a", work / "voice.wav")
        write_sound("4/audio/es_audio.m4a", work / "es slower.wav")
        write_segments("4", "es", spoken["es slower"], work)
        write_video("4/final_videos/es_final.mp4", work / "subtitled.mp4", work / "es slower.wav")
        mixed = f"4/mixed_videos/{script.VOICES['es']}_mixed.mp4"
        write_video(mixed, work / "subtitled.mp4", work / "es slower mixed.wav")


def speak(language: str, *, words_per_minute: int) -> list[sound.Samples]:
    return [
        sound.speak(
            getattr(line, language),
            language="en-us" if language == "en" else language,
            speaker=line.speaker,
            words_per_minute=words_per_minute,
            seconds=script.LINE_SECONDS,
        )
        for line in script.LINES
    ]


def write_picture(file: Path, levels: list[float], *, language: str = "") -> None:
    """Write the video without sound; ``language``: burned in subtitles."""
    size = f"{picture.WIDTH}x{picture.HEIGHT}"
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(picture.RATE), "-i", "-")
    h264 = ("-c:v", "libx264", "-preset", "veryslow", "-tune", "animation", "-crf", "31", "-g", "125")
    command = ["ffmpeg", *QUIET, *raw, *h264, "-pix_fmt", "yuv420p", str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in range(FRAMES):
            seconds = frame / picture.RATE
            line = find_line(seconds)
            image = picture.draw_frame(
                seconds,
                speaker=line.speaker if line else "",
                loudness=levels[frame],
                subtitle=getattr(line, language) if line and language else "",
            )
            process.stdin.write(image.tobytes())
    if process.returncode:
        raise SystemExit("ffmpeg failed.")


def find_line(seconds: float) -> script.Line | None:
    for line, start in zip(script.LINES, STARTS, strict=True):
        if start <= seconds < start + script.LINE_SECONDS:
            return line
    return None


def write_video(name: str, video: Path, audio: Path) -> None:
    run("-i", video, "-i", audio, "-map", "0:v", "-map", "1:a", "-c:v", "copy", *AUDIO, target=name)


def write_sound(name: str, audio: Path) -> None:
    run("-i", audio, *AUDIO, target=name)


def write_segments(day: str, language: str, lines: list[sound.Samples], work: Path) -> None:
    for number, samples in enumerate(lines, 1):
        sound.write_wav(work / "segment.wav", samples)
        write_sound(f"{day}/audio/{language}/{number:02}.m4a", work / "segment.wav")


def run(*arguments: object, target: str) -> None:
    file = TARGET / target
    file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ffmpeg", *QUIET, *map(str, arguments), str(file)], check=True)


if __name__ == "__main__":
    main()
