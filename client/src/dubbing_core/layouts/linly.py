"""Linly-Dubbing and YouDub-webui, which share their file names."""

from __future__ import annotations

from collections.abc import Iterator

from dubbing_core.categories import Category
from dubbing_core.dialog_lines import find_lines, find_speakers, join_texts, read_voice_map
from dubbing_core.labels import Role
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import SOURCE_LANGUAGE, TARGET_LANGUAGE, apply_rules, rule
from dubbing_core.layouts.scripts import detect_text_language
from dubbing_core.steps import Step

NAME = "Linly-Dubbing"
MARKERS = (
    "download.mp4",
    "download.info.json",
    "transcript.json",
    "translation.json",
    "summary.json",
    "speaker_to_voice_type.json",
    "audio_vocals.wav",
    "audio_instruments.wav",
    "audio_tts.wav",
    "audio_combined.wav",
    "video_bgm.mp4",
    "video_subtitles.mp4",
    "wavs/0000.wav",
    "wavs/0000.mp3",
    "SPEAKER/SPEAKER_00.wav",
)
MARKERS_REQUIRED = 2
RULES = (
    rule(r"download\.(?:mp4|mkv|webm)", Category.ORIGINAL_VIDEO, Role.SOURCE, language=SOURCE_LANGUAGE),
    rule(
        r"transcript\.json",
        Category.TRANSCRIPTIONS,
        Role.TRANSCRIPT,
        language=SOURCE_LANGUAGE,
        step=Step.TRANSCRIBED,
    ),
    rule(
        r"translation\.json",
        Category.TRANSLATIONS,
        Role.TRANSLATION,
        language=TARGET_LANGUAGE,
        step=Step.TRANSLATED,
    ),
    rule(r"subtitles\.srt", Category.TRANSLATIONS, Role.TRANSLATION, language=TARGET_LANGUAGE),
    rule(r"summary\.json", Category.TRANSLATIONS, Role.INTERMEDIATE, language=TARGET_LANGUAGE),
    rule(r"speaker_to_voice_type\.json", Category.VOICES, Role.VOICE_ASSIGNMENTS),
    rule(r"(?:SPEAKER/)?SPEAKER_\d+\.(?:wav|npy)", Category.CUSTOM_VOICES, Role.VOICE_REFERENCE),
    rule(r"SPEAKER/.+", Category.CUSTOM_VOICES, Role.VOICE_REFERENCE),
    rule(r"wavs/\d+(?:_adjusted)?\.(?:wav|mp3)", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE),
    rule(
        r"audio_combined\.wav", Category.AUDIO, Role.DUBBED_AUDIO, language=TARGET_LANGUAGE, step=Step.VOICED
    ),
    rule(r"audio_tts\.wav", Category.AUDIO, Role.DUBBED_AUDIO, language=TARGET_LANGUAGE),
    rule(r"audio(?:_vocals|_instruments)?\.wav", Category.AUDIO, Role.SOURCE_AUDIO, language=SOURCE_LANGUAGE),
    rule(
        r"video\.mp4",
        Category.FINAL_VIDEOS,
        Role.DUBBED_VIDEO,
        language=TARGET_LANGUAGE,
        step=Step.DUBBED,
    ),
    rule(
        r"video_(?:bgm|subtitles)\.mp4",
        Category.MIXED_VIDEOS,
        Role.MIXED_VIDEO,
        language=TARGET_LANGUAGE,
        step=Step.MIXED,
    ),
    rule(r"download\.(?:webp|jpg|jpeg|png)|video\.(?:png|jpg)", Category.OTHER, Role.PREVIEW),
    rule(r"download\.info\.json|bilibili\.json|video\.txt", Category.OTHER, Role.PROJECT),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each video's folder."""
    for root, markers in folder.roots_of(*MARKERS).items():
        if len(markers) >= MARKERS_REQUIRED and markers != ["transcript.json", "summary.json"]:
            yield _read(folder, root, markers)


def _read(folder: FolderIndex, root: str, markers: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + marker for marker in markers])
    transcript = find_lines(folder.load_json(f"{root}transcript.json"))
    translation = find_lines(folder.load_json(f"{root}translation.json"))
    lines = transcript or translation
    found.source_language = detect_text_language(join_texts(lines, "text"))
    target = detect_text_language(join_texts(translation, "translation"))
    found.target_languages = [target] if target else []
    found.voices = read_voice_map(folder.load_json(f"{root}speaker_to_voice_type.json"))
    found.speakers = find_speakers(lines) or list(found.voices)
    if f"{root}transcript.json" in folder:
        found.transcript = TextPlace(path=f"{root}transcript.json", key="text")
    if f"{root}translation.json" in folder:
        found.translations[target] = TextPlace(path=f"{root}translation.json", key="translation")
    apply_rules(folder, found, RULES)
    return found
