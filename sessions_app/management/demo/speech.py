"""Synthetic speech: syllables of a gliding tone, one pitch per language."""

from __future__ import annotations

import io
import math
import wave
from array import array
from collections.abc import Sequence

RATE = 16_000
HARMONICS = ((1, 0.5), (2, 0.3), (3, 0.15))
SYLLABLES_PER_SECOND = 4.5


def make_wav(spans: Sequence[tuple[float, float]], *, seconds: float, pitch: float) -> bytes:
    """Return a WAV file with a voice of ``pitch`` hertz during the spans.

    Mono, 16 bits; times are seconds.
    """
    samples = array("h", bytes(2 * round(seconds * RATE)))
    for start, end in spans:
        _add_voice(samples, round(start * RATE), round(end * RATE), pitch)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def _add_voice(samples: array[int], start: int, end: int, pitch: float) -> None:
    phase = 0.0
    for index in range(start, min(end, len(samples))):
        time = (index - start) / RATE
        glide = 1.08 - 0.16 * (index - start) / (end - start) + 0.03 * math.sin(2 * math.pi * 1.3 * time)
        phase += 2 * math.pi * pitch * glide / RATE
        loudness = math.sin(math.pi * SYLLABLES_PER_SECOND * time) ** 2
        sound = sum(weight * math.sin(number * phase) for number, weight in HARMONICS)
        samples[index] = round(12_000 * loudness * sound)
