"""Spoken lines of the demo video, in its own language and in three others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

TITLE = "Where rivers begin"
VIDEO_NAME = "where_rivers_begin.mp4"
SECONDS = 40
FIRST_LINE = 1.0
LINE_INTERVAL = 3.2
LINE_SECONDS = 2.9


@dataclass(frozen=True, kw_only=True)
class Line:
    speaker: str
    en: str
    hi: str
    es: str
    fr: str


LINES = (
    Line(
        speaker="Ana",
        en="Welcome to our course.",
        hi="हमारे पाठ्यक्रम में आपका स्वागत है।",
        es="Bienvenidos a nuestro curso.",
        fr="Bienvenue dans notre cours.",
    ),
    Line(
        speaker="Ana",
        en="Today we follow a river.",
        hi="आज हम एक नदी के साथ चलेंगे।",
        es="Hoy seguimos un río.",
        fr="Aujourd'hui, nous suivons une rivière.",
    ),
    Line(
        speaker="Ravi",
        en="Where does the water come from?",
        hi="पानी कहाँ से आता है?",
        es="¿De dónde viene el agua?",
        fr="D'où vient l'eau ?",
    ),
    Line(
        speaker="Ana",
        en="Mostly from the mountains.",
        hi="ज़्यादातर पहाड़ों से।",
        es="Sobre todo de las montañas.",
        fr="Surtout des montagnes.",
    ),
    Line(
        speaker="Ana",
        en="Snow melts in spring.",
        hi="वसंत में बर्फ़ पिघलती है।",
        es="En primavera se derrite la nieve.",
        fr="Au printemps, la neige fond.",
    ),
    Line(
        speaker="Ravi",
        en="And then it flows down?",
        hi="और फिर वह नीचे बहता है?",
        es="¿Y después baja?",
        fr="Et ensuite, elle descend ?",
    ),
    Line(
        speaker="Ana",
        en="Yes, always toward the sea.",
        hi="हाँ, हमेशा समुद्र की ओर।",
        es="Sí, siempre hacia el mar.",
        fr="Oui, toujours vers la mer.",
    ),
    Line(
        speaker="Ana",
        en="On the way it carries sand.",
        hi="रास्ते में वह रेत ले जाती है।",
        es="En el camino lleva arena.",
        fr="En chemin, elle transporte du sable.",
    ),
    Line(
        speaker="Ravi",
        en="Does it ever stop?",
        hi="क्या वह कभी रुकती है?",
        es="¿Se detiene alguna vez?",
        fr="S'arrête-t-elle parfois ?",
    ),
    Line(
        speaker="Ana",
        en="Some rivers dry up in summer.",
        hi="कुछ नदियाँ गर्मियों में सूख जाती हैं।",
        es="Algunos ríos se secan en verano.",
        fr="Certaines rivières s'assèchent en été.",
    ),
    Line(
        speaker="Ravi",
        en="Then we wait for the rain.",
        hi="फिर हम बारिश का इंतज़ार करते हैं।",
        es="Entonces esperamos la lluvia.",
        fr="Alors, nous attendons la pluie.",
    ),
    Line(
        speaker="Ana",
        en="See you next week!",
        hi="अगले हफ़्ते मिलते हैं!",
        es="¡Hasta la próxima semana!",
        fr="À la semaine prochaine !",
    ),
)
CORRECTIONS = {4: "ज़्यादातर बर्फ़ीले पहाड़ों से।", 9: "क्या वह कभी रुक जाती है?"}
"""Hindi lines, by number, that were corrected after their audio was made."""
VOICES = {"hi": "edge_hi_swara", "es": "edge_es_elvira"}


def start_of(number: int) -> float:
    """Return the second at which a line starts; the first one has the number 1."""
    return round(FIRST_LINE + (number - 1) * LINE_INTERVAL, 3)


def make_transcript() -> bytes:
    segments = [
        {
            "start": start_of(number),
            "end": round(start_of(number) + LINE_SECONDS, 3),
            "speaker": line.speaker,
            "text": line.en,
        }
        for number, line in enumerate(LINES, 1)
    ]
    return _json({"language": "en", "text": " ".join(line.en for line in LINES), "segments": segments})


def make_subtitles(language: str, *, corrections: Mapping[int, str] | None = None) -> bytes:
    """Return a translation as SRT, with other texts for the lines of ``corrections``."""
    cues = []
    for number, line in enumerate(LINES, 1):
        text = (corrections or {}).get(number, getattr(line, language))
        start = start_of(number)
        cues.append(f"{number}\n{_timecode(start)} --> {_timecode(start + LINE_SECONDS)}\n{text}\n")
    return "\n".join(cues).encode()


def make_voice_assignments() -> bytes:
    return _json(VOICES)


def _timecode(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"00:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
