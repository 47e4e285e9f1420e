"""Spoken lines of the demo video, in its own language and in two others."""

from __future__ import annotations

import json
from dataclasses import dataclass

VIDEO_NAME = "company_presentation.mp4"
SECONDS = 6.0


@dataclass(frozen=True, kw_only=True)
class Line:
    start: float
    end: float
    en: str
    hi: str
    es: str


LINES = (
    Line(
        start=0.3,
        end=1.9,
        en="Welcome to our company.",
        hi="हमारी कंपनी में आपका स्वागत है।",
        es="Bienvenidos a nuestra empresa.",
    ),
    Line(
        start=2.2,
        end=3.9,
        en="We make videos for everyone.",
        hi="हम सबके लिए वीडियो बनाते हैं।",
        es="Hacemos vídeos para todo el mundo.",
    ),
    Line(
        start=4.2,
        end=5.7,
        en="In every language.",
        hi="हर भाषा में।",
        es="En todos los idiomas.",
    ),
)
VOICES = {"hi": "gemini_hi_deep", "es": "edge_es_bright"}


def make_original_asr() -> bytes:
    segments = [{"start": line.start, "end": line.end, "text": line.en} for line in LINES]
    return _json({"language": "en", "text": " ".join(line.en for line in LINES), "segments": segments})


def make_chunked_transcript() -> bytes:
    return _json(
        {
            "chunks": [
                {"chunk_id": number, "start_time": line.start, "end_time": line.end, "text": line.en}
                for number, line in enumerate(LINES, 1)
            ]
        }
    )


def make_translated() -> bytes:
    return _json({"hi": " ".join(line.hi for line in LINES), "es": " ".join(line.es for line in LINES)})


def make_language_translations() -> bytes:
    return _json(
        {
            language: [
                {
                    "start": line.start,
                    "end": line.end,
                    "text": line.en,
                    "translated_text": getattr(line, language),
                }
                for line in LINES
            ]
            for language in VOICES
        }
    )


def make_voice_assignments() -> bytes:
    return _json(VOICES)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
