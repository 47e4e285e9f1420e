"""Dubbing-Pipeline: `Output/<stem>/`, its library, voice store and backups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dubbing_core.categories import Category
from dubbing_core.dialog_lines import find_lines, find_speakers, find_voices, read_voice_map
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Role
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import SOURCE_LANGUAGE, TARGET_LANGUAGE, apply_rules, rule
from dubbing_core.layouts.scripts import detect_text_language
from dubbing_core.sentences import sentence
from dubbing_core.steps import Step

NAME = "Dubbing-Pipeline"
CHECKPOINT = ".checkpoint.json"
"""Written after each step."""
MARKERS = (
    CHECKPOINT,
    "manifest.json",
    "translated.json",
    "diarization.json",
    "review/state.json",
    "review/overrides.json",
    "analysis/tts_manifest.json",
    "qa/summary.json",
    "qa/issues.json",
    "job.log",
    "mobile/mobile.mp4",
)
WEAK_MARKERS = frozenset({"manifest.json", "job.log"})
MARKERS_REQUIRED = 2
DUBBED = re.compile(r"(?P<stem>.+)\.dub\.(?:mkv|mp4)")
RULES = (
    rule(
        r"[^/]+\.dub\.(?:mkv|mp4)",
        Category.FINAL_VIDEOS,
        Role.DUBBED_VIDEO,
        language=TARGET_LANGUAGE,
        step=Step.DUBBED,
    ),
    rule(r"mobile/mobile\.mp4", Category.MIXED_VIDEOS, Role.PREVIEW, language=TARGET_LANGUAGE),
    rule(r"mobile/.+", Category.OTHER, Role.PREVIEW),
    rule(
        r"[^/]+\.translated\.srt|translated\.json",
        Category.TRANSLATIONS,
        Role.TRANSLATION,
        language=TARGET_LANGUAGE,
        step=Step.TRANSLATED,
    ),
    rule(r"diarization\.json", Category.VOICES, Role.SPEAKERS),
    rule(r"review/.+", Category.VOICES, Role.PROJECT),
    rule(r"analysis/voice_refs/.+", Category.CUSTOM_VOICES, Role.VOICE_REFERENCE),
    rule(r"analysis/tts_manifest\.json", Category.VOICES, Role.VOICE_ASSIGNMENTS, language=TARGET_LANGUAGE),
    rule(r"analysis/.+", Category.OTHER, Role.INTERMEDIATE),
    rule(r"audio/tracks/.+", Category.AUDIO, Role.DUBBED_AUDIO, language=TARGET_LANGUAGE),
    rule(r"stems/.+", Category.AUDIO, Role.SOURCE_AUDIO, language=SOURCE_LANGUAGE),
    rule(r"\.checkpoint\.json", Category.OTHER, Role.MARKER),
    rule(r"manifest\.json|manifests/.+", Category.OTHER, Role.PROJECT),
    rule(r"job\.log|logs?/.+|qa/.+", Category.OTHER, Role.REPORT),
    rule(r"work/.+", Category.OTHER, Role.INTERMEDIATE),
    rule(
        r"[^/]+\.srt",
        Category.TRANSCRIPTIONS,
        Role.TRANSCRIPT,
        language=SOURCE_LANGUAGE,
        step=Step.TRANSCRIBED,
        is_broad=True,
    ),
)
STORE = re.compile(
    r"(?:^|/)(?:VOICE_STORE/.+/characters/|Library/.+/job-[^/]+/manifest\.json$|backups/backup-\d{8}-\d{4}\.)"
)
STORE_RULES = (
    rule(r"(?:.*/)?VOICE_STORE/.+", Category.CUSTOM_VOICES, Role.VOICE_REFERENCE),
    rule(r"(?:.*/)?Library/.+/job-[^/]+/manifest\.json", Category.OTHER, Role.PROJECT),
    rule(
        r"(?:.*/)?backups/backup-\d{8}-\d{4}(?:\.zip|\.zip\.manifest\.json|\.manifest\.json)", Category.OTHER
    ),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each video's output folder, and the stores beside them."""
    roots = folder.roots_of(*MARKERS)
    for root, names in folder.folders_with(DUBBED).items():
        roots.setdefault(root, []).extend([*names, ""])
    for root, found in roots.items():
        if len(found) >= MARKERS_REQUIRED and not set(found) <= WEAK_MARKERS:
            yield _read(folder, root, [name for name in found if name])
    if any(map(STORE.search, folder.paths)):
        store = ToolFolder(tool=NAME)
        apply_rules(folder, store, STORE_RULES)
        yield store


def _read(folder: FolderIndex, root: str, evidence: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + name for name in evidence])
    names = folder.folders.get(root, [])
    texts = [name for name in names if name.endswith(".srt")]
    translated = [name for name in texts if name.endswith(".translated.srt")]
    original = [name for name in texts if name not in translated]
    if len(original) == 1:
        found.source_language = detect_text_language(folder.load_text(root + original[0]))
        found.transcript = TextPlace(path=root + original[0])
    if translated:
        target = detect_text_language(folder.load_text(root + translated[0]))
        found.target_languages = [target] if target else []
        found.translations[target] = TextPlace(path=root + translated[0])
    lines = find_lines(folder.load_json(f"{root}diarization.json"))
    manifest = folder.load_json(f"{root}analysis/tts_manifest.json")
    spoken = find_lines(manifest)
    report = manifest.get("speaker_report") if isinstance(manifest, dict) else None
    found.voices = find_voices(spoken) or read_voice_map(report)
    found.speakers = find_speakers(lines) or find_speakers(spoken)
    apply_rules(folder, found, RULES)
    if root + CHECKPOINT in folder:
        found.finished[root + CHECKPOINT] = None
    stems = {match["stem"] for name in names if (match := DUBBED.fullmatch(name))}
    stems |= {name.removesuffix(".translated.srt") for name in translated}
    found.source_candidates = [
        root + name
        for name in names
        if guess_kind(name) is FileKind.VIDEO and name.rpartition(".")[0] in stems
    ]
    found.asks_for_source = sentence(
        "Where is the source video? %(name)s keeps it outside of its folder.", name=NAME
    )
    return found
