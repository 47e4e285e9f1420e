"""A dubbing session as pipelines produce it, encoded once by ffmpeg.

Its media are real H.264, AAC and PCM.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg

from dubbing_core.concurrency import TaskGroup

SECONDS = 100
"""Length of video and voices in seconds. Every size is proportional to it."""
SIZE = 487_000_000
"""Bytes of the session of that length, within TOLERANCE."""
TOLERANCE = 0.01

RATE = 24_000
"""Samples a second, as text-to-speech services send them: 16-bit, mono."""
LANGUAGES = ("hi", "es", "fr", "de", "it", "pt", "ja", "ko", "ar")
DUBBED = LANGUAGES[:3]
MIXED = LANGUAGES[:5]
SOURCE = "company_presentation.mp4"
SOURCE_BITS = 9_870
"""Thousands of bits a second, like DUBBED_BITS."""
DUBBED_BITS = 3_060
WORDS = [
    "welcome",
    "to",
    "the",
    "company",
    "and",
    "its",
    "people",
    "today",
    "we",
    "look",
    "at",
    "plans",
    "numbers",
    "results",
    "for",
    "every",
    "market",
]

CHANGED = ("audio/hi_audio.wav", "transcriptions/original_asr.json")
"""Files that change before a re-save."""


def prepare_session(folder: Path, *, seconds: int = SECONDS) -> Path:
    """Return the session's folder below ``folder``; create it if it does not exist.

    :raises RuntimeError: this ffmpeg makes other sizes than those that all figures are about.
    """
    session = folder / f"session-{seconds}s"
    if not session.is_dir():
        draft = folder / f"session-{seconds}s.{os.getpid()}"
        try:
            _make(draft, seconds=seconds)
            draft.rename(session)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    total = total_size(session)
    if seconds == SECONDS and abs(total - SIZE) > SIZE * TOLERANCE:
        raise RuntimeError(
            f"{session} has {total} bytes instead of {SIZE}. Remove it, or try another ffmpeg."
        )
    return session


def files_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def total_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in files_of(folder))


def change(folder: Path, target: Path, *, turn: int) -> dict[str, Path]:
    """Write new versions of CHANGED below ``target``, different in every turn.

    Returns them by path in the session.
    """
    changed = {}
    for path in CHANGED:
        data = (folder / path).read_bytes()
        take = target / Path(path).name
        if take.suffix == ".json":
            take.write_bytes(data.replace(b'"take": 0', f'"take": {turn}'.encode()))
        else:
            take.write_bytes(
                data[: -len(data) // 2] + (turn % 128).to_bytes(1, "little") + data[-len(data) // 2 + 1 :]
            )
        changed[path] = take
    return changed


def _make(folder: Path, *, seconds: int) -> None:
    for name in (
        "transcriptions",
        "translations",
        "voices",
        "audio",
        "custom_voices",
        "final_videos",
        "mixed_videos",
    ):
        (folder / name).mkdir(parents=True)
    _write_texts(folder, seconds=seconds)
    with TaskGroup() as group:
        pool = group.pool(os.cpu_count() or 1, "encode")
        pool.submit(_video, folder / SOURCE, "1280x720", SOURCE_BITS, seconds, seed=1)
        for seed, language in enumerate(LANGUAGES, 2):
            pool.submit(_voice, folder / "audio" / f"{language}_audio.wav", seconds, seed=seed)
        for seed, language in enumerate(DUBBED, 20):
            target = folder / "final_videos" / f"{language}_final.mp4"
            pool.submit(_video, target, "640x360", DUBBED_BITS, seconds, seed=seed)
        for seed, language in enumerate(MIXED, 30):
            target = folder / "mixed_videos" / f"gemini_{language}_deep_demo_mixed.mp4"
            pool.submit(_video, target, "640x360", DUBBED_BITS, seconds, seed=seed)
        for seed in (40, 41):
            target = folder / "custom_voices" / f"custom_hi_voice_{seed - 39:02}_demo.wav"
            pool.submit(_voice, target, seconds * 0.15, seed=seed)
        group.wait_all()


def _video(target: Path, size: str, kilobits: int, seconds: int, *, seed: int) -> None:
    """Return a noisy source, so that the encoder's maximum bit rate determines sizes."""
    picture = f"testsrc2=size={size}:rate=25:duration={seconds},noise=alls=20:allf=t:all_seed={seed}"
    sound = f"sine=frequency={200 + 10 * seed}:duration={seconds}:sample_rate=44100"
    bits = f"{kilobits}k"
    h264 = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-b:v",
        bits,
        "-maxrate",
        bits,
        "-bufsize",
        bits,
    ]
    aac = ["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"]
    _ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *h264, *aac, target)


def _voice(target: Path, seconds: float, *, seed: int) -> None:
    """Return a source of tone and noise, which deflates about as well as speech."""
    tone = f"sine=frequency={80 + 10 * seed}:duration={seconds}:sample_rate={RATE}"
    breath = f"anoisesrc=color=pink:amplitude=0.2:seed={seed}:duration={seconds}:sample_rate={RATE}"
    mixed = ["-filter_complex", "[0:a][1:a]amix=inputs=2:duration=first,tremolo=f=3", "-c:a", "pcm_s16le"]
    _ffmpeg("-f", "lavfi", "-i", tone, "-f", "lavfi", "-i", breath, *mixed, target)


def _ffmpeg(*arguments: str | Path) -> None:
    quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-bitexact", "-y"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *quiet, *arguments], check=True)


def _write_texts(folder: Path, *, seconds: int) -> None:
    lines = [
        {"id": at, "start": at * 2.0, "end": at * 2.0 + 1.8, "text": " ".join(WORDS[at % 7 : at % 7 + 9])}
        for at in range(max(1, seconds // 2))
    ]
    texts = {
        "transcriptions/original_asr.json": {"take": 0, "language": "en", "segments": lines},
        "translations/translated.json": {
            language: [line | {"text": f"{line['text']} ({language})"} for line in lines]
            for language in LANGUAGES
        },
        "voices/voice_assignments.json": {language: f"gemini_{language}_deep" for language in LANGUAGES},
    }
    for path, content in texts.items():
        (folder / path).write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
