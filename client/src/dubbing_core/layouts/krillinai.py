"""KrillinAI: `tasks/<id>/`."""

from __future__ import annotations

from collections.abc import Iterator

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.languages import parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import SOURCE_LANGUAGE, TARGET_LANGUAGE, apply_rules, rule
from dubbing_core.layouts.scripts import detect_text_language
from dubbing_core.steps import Step

NAME = "KrillinAI"
MANIFEST = "krillinai_manifest.json"
MARKERS = (
    MANIFEST,
    "origin_video.mp4",
    "origin_audio.mp3",
    "mono_16k_audio.mp3",
    "origin_language_srt.srt",
    "target_language_srt.srt",
    "bilingual_srt.srt",
    "short_origin_srt.srt",
    "short_origin_mixed_srt.srt",
    "tts_input.srt",
    "tts_final_audio.wav",
    "video_with_tts.mp4",
    "horizontal_bilingual.mp4",
    "vertical_bilingual.mp4",
    "horizontal_embed.mp4",
    "vertical_embed.mp4",
    "audio_duration_details.txt",
    "step_param.gob",
    "output/origin_language.txt",
    "output/target_language.txt",
    "dubbing/dubbing_plan.json",
)
MARKERS_REQUIRED = 2
RULES = (
    rule(r"origin_video\.(?:mp4|mkv|webm)", Category.ORIGINAL_VIDEO, Role.SOURCE, language=SOURCE_LANGUAGE),
    rule(
        r"origin_language_srt\.srt",
        Category.TRANSCRIPTIONS,
        Role.TRANSCRIPT,
        language=SOURCE_LANGUAGE,
        step=Step.TRANSCRIBED,
    ),
    rule(r"output/origin_language\.txt", Category.TRANSCRIPTIONS, Role.TRANSCRIPT, language=SOURCE_LANGUAGE),
    rule(
        r"audio_transcription_data_\d+\.json|split_audio_(?:txt|words)_\d+\.txt|short_origin_srt\.srt",
        Category.TRANSCRIPTIONS,
        Role.INTERMEDIATE,
        language=SOURCE_LANGUAGE,
    ),
    rule(
        r"target_language_srt\.srt",
        Category.TRANSLATIONS,
        Role.TRANSLATION,
        language=TARGET_LANGUAGE,
        step=Step.TRANSLATED,
    ),
    rule(r"output/target_language\.txt", Category.TRANSLATIONS, Role.TRANSLATION, language=TARGET_LANGUAGE),
    rule(r"bilingual_srt\.srt|short_origin_mixed_srt\.srt", Category.TRANSLATIONS, Role.BILINGUAL),
    rule(r"srt_no_ts.*\.srt", Category.TRANSLATIONS, Role.BILINGUAL),
    rule(
        r"(?:audio_translation_raw|translation)_data_\d+\.json|tts_input\.srt|dubbing/(?:dubbing_input|dub)\.srt",
        Category.TRANSLATIONS,
        Role.INTERMEDIATE,
        language=TARGET_LANGUAGE,
    ),
    rule(r"dubbing/dubbing_plan\.json", Category.VOICES, Role.VOICE_ASSIGNMENTS, language=TARGET_LANGUAGE),
    rule(r"dubbing/dubbing_report\.json", Category.VOICES, Role.REPORT, language=TARGET_LANGUAGE),
    rule(r"dubbing/segments/(?:raw|fitted)/.+\.wav", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE),
    rule(
        r"tts_final_audio\.wav",
        Category.AUDIO,
        Role.DUBBED_AUDIO,
        language=TARGET_LANGUAGE,
        step=Step.VOICED,
    ),
    rule(
        r"origin_audio\.mp3|mono_16k_audio\.mp3|split_audio_\d+\.mp3",
        Category.AUDIO,
        Role.SOURCE_AUDIO,
        language=SOURCE_LANGUAGE,
    ),
    rule(
        r"video_with_tts\.mp4|(?:horizontal|vertical)_dubbed\.mp4",
        Category.FINAL_VIDEOS,
        Role.DUBBED_VIDEO,
        language=TARGET_LANGUAGE,
        step=Step.DUBBED,
    ),
    rule(
        r"(?:horizontal|vertical)_(?:bilingual|embed)\.mp4|transferred_vertical_video\.mp4",
        Category.MIXED_VIDEOS,
        Role.SUBTITLED_VIDEO,
        language=TARGET_LANGUAGE,
    ),
    rule(r"krillinai_manifest\.json|step_param\.gob", Category.OTHER, Role.PROJECT),
    rule(r"audio_duration_details\.txt|cover_prompt\.final\.txt", Category.OTHER, Role.REPORT),
    rule(r"origin_cover\.jpg|generated_cover\.png", Category.OTHER, Role.PREVIEW),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each task's folder."""
    for root, markers in folder.roots_of(*MARKERS).items():
        if MANIFEST in markers or len(markers) >= MARKERS_REQUIRED:
            yield _read(folder, root, markers)


def _read(folder: FolderIndex, root: str, markers: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + marker for marker in markers])
    manifest = folder.load_json(root + MANIFEST)
    declared = manifest if isinstance(manifest, dict) else {}
    found.source_language = _language(declared.get("origin_language")) or detect_text_language(
        folder.load_text(f"{root}origin_language_srt.srt")
    )
    target = _language(declared.get("target_language")) or detect_text_language(
        folder.load_text(f"{root}target_language_srt.srt")
    )
    found.target_languages = [target] if target else []
    if f"{root}origin_language_srt.srt" in folder:
        found.transcript = TextPlace(path=f"{root}origin_language_srt.srt")
    if f"{root}target_language_srt.srt" in folder:
        found.translations[target] = TextPlace(path=f"{root}target_language_srt.srt")
    apply_rules(folder, found, RULES)
    return found


def _language(value: object) -> str:
    return parse_language_code(value) if isinstance(value, str) else ""
