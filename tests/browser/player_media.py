"""A dubbing project whose languages are tones, for tests and measurements of the player."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.services.media import ffmpeg_program

LOOP_SECONDS = 5
TONES = {"": 220, "es": 440, "hi": 660, "ar": 880}
LINES = {
    "en": ["Welcome to the course.", "Today we look at rivers.", "Where does the water come from?"],
    "ar": ["مرحبا بكم في الدورة.", "اليوم ننظر إلى الأنهار.", "من أين يأتي الماء؟"],
    "hi": ["पाठ्यक्रम में आपका स्वागत है।", "आज हम नदियाँ देखेंगे।", "पानी कहाँ से आता है?"],
}


def make_dub(folder: Path, *, seconds: int, longer: float, size: str = "320x180") -> Path:
    """Make a project: source, two dubs, audio alone, lines with audio.

    :param longer: seconds by which the Spanish dub is longer than its source.
    """
    project = folder / "rivers"
    for name in ("transcriptions", "translations", "final_videos", "audio/hi"):
        (project / name).mkdir(parents=True)
    _make_video(project / "rivers.mp4", tone=TONES[""], seconds=seconds, size=size)
    _make_video(
        project / "final_videos" / "es_final.mp4", tone=TONES["es"], seconds=seconds + longer, size=size
    )
    _make_video(project / "final_videos" / "hi_final.mp4", tone=TONES["hi"], seconds=seconds, size=size)
    _run(project / "audio" / "ar_audio.wav", *_tone(TONES["ar"], seconds))
    for number in (1, 2, 3):
        _run(project / "audio" / "hi" / f"{number:04}.wav", *_tone(300 * number, 1))
    write_texts(project, LINES, source="en")
    return project


def make_subtitled_video(folder: Path, lines: dict[str, list[str]], *, source: str, seconds: int) -> Path:
    """Make a project without dubs: a source and texts.

    :param source: the language of the transcript; the others are translations.
    """
    project = folder / "rivers"
    for name in ("transcriptions", "translations"):
        (project / name).mkdir(parents=True)
    _make_video(project / "rivers.mp4", tone=TONES[""], seconds=seconds, size="320x180")
    write_texts(project, lines, source=source)
    return project


def write_texts(project: Path, lines: dict[str, list[str]], *, source: str) -> None:
    """Write the lines of each language as VTT, one from 1 s, and then each 3 s."""
    for language, texts in lines.items():
        kind = "transcriptions" if language == source else "translations"
        cues = (
            f"00:00:{at * 3 + 1:02}.000 --> 00:00:{at * 3 + 3:02}.000\n{text}\n\n"
            for at, text in enumerate(texts)
        )
        (project / kind / f"{language}.vtt").write_text("WEBVTT\n\n" + "".join(cues), encoding="utf-8")


def make_other_picture(project: Path, *, seconds: int, size: str = "320x180") -> Path:
    """Make the next version of the Hindi video, with another picture, in a folder of its own."""
    folder = project.parent / "next" / "final_videos"
    folder.mkdir(parents=True)
    _make_video(folder / "hi_final.mp4", tone=TONES["hi"], seconds=seconds, size=size, change="negate")
    return folder.parent


def _make_video(target: Path, *, tone: int, seconds: float, size: str, change: str = "null") -> None:
    """Make a video whose picture repeats every 5 s, which takes a fraction of the time of encoding all of it."""
    with TemporaryDirectory() as folder:
        loop = Path(folder) / "loop.mp4"
        source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={LOOP_SECONDS},{change}"]
        _run(loop, *source, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25")
        picture = ["-stream_loop", "-1", "-i", str(loop)]
        aac = ["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"]
        _run(target, *picture, *_tone(tone, seconds), "-t", str(seconds), "-c:v", "copy", *aac)


def make_unplayable_video(folder: Path, *, seconds: int) -> Path:
    """Make a folder with a video that browsers do not play."""
    folder.mkdir()
    source = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration={seconds}"]
    _run(folder / "talk.mp4", *source, "-c:v", "mpeg4")
    return folder


def _tone(hertz: int, seconds: float) -> list[str]:
    return ["-f", "lavfi", "-i", f"sine=frequency={hertz}:duration={seconds}:sample_rate=48000"]


def _run(target: Path, *arguments: str) -> None:
    command = [ffmpeg_program(), "-loglevel", "error", "-nostdin", "-y", *arguments, str(target)]
    subprocess.run(command, check=True, timeout=300)
