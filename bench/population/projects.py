"""Dubbing projects: names, languages, files, metadata documents."""

from __future__ import annotations

import json

from bench.population.values import Choice, Values
from dubbing_core.categories import FOLDERS, Category
from dubbing_core.progress import Progress, Stage
from dubbing_core.session_names import fold_session_name

SUBJECTS = [
    "Harbor",
    "Winter",
    "Garden",
    "River",
    "Market",
    "Atlas",
    "Bridge",
    "Cedar",
    "Delta",
    "Ember",
    "Falcon",
    "Granite",
    "Horizon",
    "Island",
    "Jasmine",
    "Kestrel",
    "Lantern",
    "Meadow",
    "Nimbus",
    "Orchard",
    "Prairie",
    "Quartz",
    "Raven",
    "Summit",
    "Tundra",
    "Umbra",
    "Valley",
    "Willow",
    "Zephyr",
    "Straße",
    "München",
    "संगीत",
    "यात्रा",
    "春天",
    "城市",
    "音楽",
    "कहानी",
    "История",
    "Город",
]
KINDS = [
    "interview",
    "lecture",
    "trailer",
    "documentary",
    "keynote",
    "tutorial",
    "podcast",
    "campaign",
    "episode",
    "course",
    "webinar",
    "story",
    "teaser",
    "recap",
    "review",
    "briefing",
    "pilot",
    "festival",
    "chapter",
    "workshop",
]
LANGUAGES = {
    "hi": 30, "es": 28, "en": 20, "fr": 16, "de": 15, "pt-BR": 12, "ja": 10, "zh-Hans": 10, "ar": 8, "ta": 7, "ru": 6, "ko": 6,
    "it": 5, "id": 4, "tr": 4, "bn": 4, "te": 3, "mr": 3, "vi": 3, "th": 2, "pl": 2, "nl": 2, "uk": 1, "sv": 1, "es-419": 1,
    "zh-Hant": 1, "he": 0.5, "cs": 0.5, "el": 0.3, "fi": 0.2, "da": 0.2, "sw": 0.1, "yo": 0.05, "mi": 0.02,
}  # fmt: skip
SENTENCES = [
    "The first take was recorded at the harbor",
    "Every voice should sound calm and clear",
    "We met again in spring.\nThe market opens before sunrise",
    "Few expected the second half to be louder",
    "Translate this line without the idiom.",
]
BASE_FILES = (
    ("original_video.mp4", Category.ORIGINAL_VIDEO),
    ("transcriptions/original_asr.json", Category.TRANSCRIPTIONS),
    ("translations/translated.json", Category.TRANSLATIONS),
    ("voices/voice_assignments.json", Category.VOICES),
)
RESULTS = (
    "audio/{language}_audio.wav",
    "audio/{language}_summary.wav",
    "final_videos/{language}_final.mp4",
    "mixed_videos/{language}_mixed.mp4",
)
"""The first two exist from the fourth step on, all of them in the fifth."""
SERIES = (
    *["audio/segments/{language}_segment_{place:05}.wav"] * 8,
    "translations/{language}/part_{place:05}.json",
    "custom_voices/{language}_voice_{place:05}.wav",
    "notes/{language}_{place:05}.md",
)
NAMED = 0.95
"""Share of sessions with the name of a video."""
STEPS = (1.0, 0.95, 0.85, 0.65, 0.45)
"""Shares of sessions with a video, a transcription, translations, audio, dubbed videos."""


class Project:
    """One session's facts; files are numbered, so that a path follows from its number."""

    def __init__(self, values: Values, languages: Choice[str], number: int) -> None:
        random = values.random
        subject, kind = random.choice(SUBJECTS), random.choice(KINDS)
        self.name = f"{subject} {kind} {number}"
        self.folded_name = fold_session_name(self.name)
        self.video_name = (
            f"{subject}_{kind}_{random.randrange(1, 400)}.mp4" if random.random() < NAMED else ""
        )
        self.folded_video_name = fold_session_name(self.video_name)
        count = 1 + int(random.random() ** 2.5 * 9)
        self.languages: list[str] = sorted({languages.pick() for _ in range(count)})
        reached = random.random()
        self.steps = sum(reached < share for share in STEPS)
        """Steps of the pipeline that are done: 1 to 5."""

    def file(self, number: int) -> tuple[str, str, str]:
        """Return path, category and language of a file."""
        if number < len(BASE_FILES):
            path, category = BASE_FILES[number]
            return path, category.value, ""
        place, turn = divmod(number - len(BASE_FILES), len(self.languages))
        language = self.languages[turn]
        results = RESULTS[: max(0, self.steps - 3) * 2]
        path = results[place] if place < len(results) else SERIES[place % len(SERIES)]
        category = FOLDERS.get(path.partition("/")[0], Category.OTHER)
        return path.format(language=language, place=place), category.value, language

    def progress(self, version: int, last: int) -> Progress:
        """Return what exists in a version; earlier versions have fewer steps."""
        steps = max(1, self.steps - (last - version))
        return Progress(
            has_transcription=steps >= 2,
            has_translations=steps >= 3,
            has_audio=steps >= 4,
            has_videos=steps >= 5,
        )

    def stage(self, version: int, last: int) -> str:
        progress = self.progress(version, last)
        return (Stage.COMPLETED if progress.has_videos else progress.furthest).value

    def document(self, values: Values) -> str:
        """Return metadata.json of a version, with texts in every language."""
        random = values.random
        text = ". ".join(random.choice(SENTENCES) for _ in range(4))
        return json.dumps(
            {
                "session_name": self.name,
                "video_name": self.video_name,
                "languages": self.languages,
                "transcription_text": text,
                "translations": dict.fromkeys(self.languages, text[:120]),
                "voices": dict.fromkeys(self.languages, "deep_demo"),
            },
            ensure_ascii=False,
        )
