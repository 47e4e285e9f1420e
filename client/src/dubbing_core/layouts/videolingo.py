"""VideoLingo: `output/`, and its archives in `history/` and `batch/output/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Role
from dubbing_core.languages import parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import SOURCE_LANGUAGE, TARGET_LANGUAGE, apply_rules, rule
from dubbing_core.layouts.scripts import detect_text_language
from dubbing_core.steps import Step

NAME = "VideoLingo"
MARKERS = (
    "log/cleaned_chunks.xlsx",
    "log/split_by_nlp.txt",
    "log/split_by_meaning.txt",
    "log/terminology.json",
    "log/translation_results.xlsx",
    "log/translation_results_for_subtitles.xlsx",
    "log/translation_results_remerged.xlsx",
    "audio/tts_tasks.xlsx",
    "audio/src_subs_for_audio.srt",
    "audio/trans_subs_for_audio.srt",
    "gpt_log/summary.json",
    "gpt_log/split_by_meaning.json",
    "gpt_log/translate_faithfulness.json",
    "gpt_log/translate_expressiveness.json",
    "gpt_log/align_subs.json",
    "output_sub.mp4",
    "output_dub.mp4",
    "src_trans.srt",
    "trans_src.srt",
    "input_manifest.json",
    ".subtitle_done",
    ".dubbing_done",
)
NOT_SOURCE = {"output_sub.mp4", "output_dub.mp4", "black_screen.mp4", "dub.mp3", "normalized_dub.wav"}
RULES = (
    rule(r"log/cleaned_chunks\.xlsx", Category.TRANSCRIPTIONS, Role.INTERMEDIATE, language=SOURCE_LANGUAGE),
    rule(r"log/split_by_\w+\.txt", Category.TRANSCRIPTIONS, Role.INTERMEDIATE, language=SOURCE_LANGUAGE),
    rule(
        r"log/(?:whisperx?\d*|elevenlabs_transcribe)_.+\.json",
        Category.TRANSCRIPTIONS,
        Role.INTERMEDIATE,
        language=SOURCE_LANGUAGE,
    ),
    rule(r"transcript\.json", Category.TRANSCRIPTIONS, Role.INTERMEDIATE, language=SOURCE_LANGUAGE),
    rule(
        r"src\.srt",
        Category.TRANSCRIPTIONS,
        Role.TRANSCRIPT,
        language=SOURCE_LANGUAGE,
        step=Step.TRANSCRIBED,
    ),
    rule(
        r"audio/src_subs_for_audio\.srt",
        Category.TRANSCRIPTIONS,
        Role.INTERMEDIATE,
        language=SOURCE_LANGUAGE,
    ),
    rule(
        r"log/(?:terminology\.json|translation_results\w*\.xlsx)",
        Category.TRANSLATIONS,
        Role.INTERMEDIATE,
        language=TARGET_LANGUAGE,
    ),
    rule(
        r"trans\.srt",
        Category.TRANSLATIONS,
        Role.TRANSLATION,
        language=TARGET_LANGUAGE,
        step=Step.TRANSLATED,
    ),
    rule(r"src_trans\.srt|trans_src\.srt", Category.TRANSLATIONS, Role.BILINGUAL),
    rule(
        r"dub\.srt|audio/trans_subs_for_audio\.srt",
        Category.TRANSLATIONS,
        Role.INTERMEDIATE,
        language=TARGET_LANGUAGE,
    ),
    rule(r"audio/tts_tasks\.xlsx", Category.VOICES, Role.VOICE_ASSIGNMENTS, language=TARGET_LANGUAGE),
    rule(
        r"audio/(?:tmp/\d+_\d+_temp|segs/\d+_\d+)\.(?:wav|mp3)",
        Category.AUDIO,
        Role.SEGMENT,
        language=TARGET_LANGUAGE,
    ),
    rule(r"audio/(?:tmp|segs)/.+\.(?:wav|mp3)", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE),
    rule(
        r"dub\.mp3|normalized_dub\.wav",
        Category.AUDIO,
        Role.DUBBED_AUDIO,
        language=TARGET_LANGUAGE,
        step=Step.VOICED,
    ),
    rule(
        r"audio/(?:raw|vocal|background)\.(?:mp3|wav)",
        Category.AUDIO,
        Role.SOURCE_AUDIO,
        language=SOURCE_LANGUAGE,
    ),
    rule(
        r"(?:audio/)?(?:refers/.+|refer|combined_reference)\.(?:wav|mp3)",
        Category.CUSTOM_VOICES,
        Role.VOICE_REFERENCE,
    ),
    rule(
        r"output_dub\.mp4",
        Category.FINAL_VIDEOS,
        Role.DUBBED_VIDEO,
        language=TARGET_LANGUAGE,
        step=Step.DUBBED,
    ),
    rule(r"output_sub\.mp4", Category.MIXED_VIDEOS, Role.SUBTITLED_VIDEO, language=TARGET_LANGUAGE),
    rule(r"gpt_log/.+", Category.OTHER, Role.REPORT),
    rule(r"\.(?:subtitle|dubbing)_done", Category.OTHER, Role.MARKER),
    rule(r"input_manifest\.json", Category.OTHER, Role.PROJECT),
    rule(r"black_screen\.mp4", Category.OTHER, Role.INTERMEDIATE),
    rule(r"[^/]+\.(?:jpg|jpeg|png|webp)", Category.OTHER, Role.PREVIEW, is_broad=True),
)
MARKER_STEPS = {".subtitle_done": Step.TRANSLATED, ".dubbing_done": Step.DUBBED}


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each folder that VideoLingo writes to or has archived."""
    for root, markers in folder.roots_of(*MARKERS).items():
        if not (markers == ["input_manifest.json"] and _manifest(folder, root) is None):
            yield _read(folder, root, markers)


def _read(folder: FolderIndex, root: str, markers: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + marker for marker in markers])
    found.source_language = _find_source_language(folder, root)
    target = detect_text_language(folder.load_text(f"{root}trans.srt"))
    found.target_languages = [target] if target else []
    if f"{root}src.srt" in folder:
        found.transcript = TextPlace(path=f"{root}src.srt")
    if f"{root}trans.srt" in folder:
        found.translations[target] = TextPlace(path=f"{root}trans.srt")
    apply_rules(folder, found, RULES)
    for name, step in MARKER_STEPS.items():
        if root + name in folder:
            found.finished[root + name] = step
    found.source_candidates = _find_source_candidates(folder, root)
    return found


def _find_source_language(folder: FolderIndex, root: str) -> str:
    for path in folder.below(f"{root}log/"):
        if path.startswith(("whisper", "elevenlabs_transcribe_")) and path.endswith(".json"):
            document: Any = folder.load_json(f"{root}log/{path}")
            for key in ("language", "language_code"):
                if isinstance(document, dict) and isinstance(document.get(key), str):
                    return parse_language_code(document[key])
    return detect_text_language(folder.load_text(f"{root}src.srt"))


def _manifest(folder: FolderIndex, root: str) -> str | None:
    """Return the source's file name in the input manifest, or None."""
    document = folder.load_json(f"{root}input_manifest.json")
    path = document.get("path") if isinstance(document, dict) else None
    return path.replace("\\", "/").rpartition("/")[2] if isinstance(path, str) else None


def _find_source_candidates(folder: FolderIndex, root: str) -> list[str]:
    names = [name for name in folder.folders.get(root, ()) if name not in NOT_SOURCE]
    declared = _manifest(folder, root)
    if declared in names:
        return [f"{root}{declared}"]
    videos = [root + name for name in names if guess_kind(name) is FileKind.VIDEO]
    return videos or [root + name for name in names if guess_kind(name) is FileKind.AUDIO]
