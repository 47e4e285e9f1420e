"""The spoken lines of the demo video, from espeak-ng, and its music."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
RATE = 22_050
VOICES = {"Ana": "+f3", "Ravi": "+m3"}
PITCHES = {"Ana": 62, "Ravi": 48}
MAX_WORDS_PER_MINUTE = 260
SILENCE = 0.004
CHORDS = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))
CHORD_SECONDS = 3.2


def speak(text: str, *, language: str, speaker: str, words_per_minute: int, seconds: float) -> Samples:
    """Return a spoken line, faster where it would take longer than ``seconds``."""
    for rate in range(words_per_minute, MAX_WORDS_PER_MINUTE, 8):
        samples = _synthesize(text, voice=language + VOICES[speaker], pitch=PITCHES[speaker], rate=rate)
        if len(samples) <= seconds * RATE:
            return samples
    raise ValueError(f"Too long for {seconds} s: {text}")


def _synthesize(text: str, *, voice: str, pitch: int, rate: int) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "line.wav")
        command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(rate), "-w", str(file), text]
        subprocess.run(command, check=True)
        with wave.open(str(file)) as reader:
            samples = (
                np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2").astype(np.float32) / 32768
            )
    audible = np.flatnonzero(np.abs(samples) > SILENCE)
    return samples[audible[0] : audible[-1] + 1]


def join(lines: list[Samples], *, starts: list[float], seconds: float) -> Samples:
    """Return silence of ``seconds`` with the lines at their starts."""
    track = np.zeros(round(seconds * RATE), dtype=np.float32)
    for samples, start in zip(lines, starts, strict=True):
        first = round(start * RATE)
        track[first : first + len(samples)] += samples[: len(track) - first]
    return track


def make_music(seconds: float) -> Samples:
    """Return soft chords, broken into single notes."""
    time = np.arange(round(seconds * RATE)) / RATE
    music = np.zeros(len(time))
    count = int(seconds / CHORD_SECONDS) + 1
    for number in range(count):
        for step, pitch in enumerate(CHORDS[number % len(CHORDS)]):
            local = time - number * CHORD_SECONDS - step * CHORD_SECONDS / 4
            shape = np.where(local >= 0, np.minimum(local / 0.02, 1) * np.exp(-1.4 * local), 0)
            music += 0.05 * shape * np.sin(2 * np.pi * pitch * local)
    return music.astype(np.float32)


def loudness_by_frame(samples: Samples, *, frame_rate: int) -> list[float]:
    """Return from 0 to 1 how loud each frame of the picture is."""
    size = RATE / frame_rate
    frames = int(len(samples) / size)
    levels = [
        float(np.sqrt(np.mean(samples[int(i * size) : int((i + 1) * size)] ** 2))) for i in range(frames)
    ]
    return [min(1.0, level / 0.15) for level in levels]


def write_wav(file: Path, samples: Samples) -> None:
    """Write mono, 16 bits."""
    with wave.open(str(file), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
