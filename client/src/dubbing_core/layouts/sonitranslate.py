"""SoniTranslate: the directory in which it runs."""

from __future__ import annotations

from collections.abc import Iterator

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import AUDIO, SOURCE_LANGUAGE, SUBTITLE, TARGET_LANGUAGE, apply_rules, rule
from dubbing_core.layouts.scripts import detect_text_language
from dubbing_core.steps import Step

NAME = "SoniTranslate"
MARKERS = (
    "Video.mp4",
    "audio_dub_solo.ogg",
    "audio_mix.mp3",
    "audio_Vocals_DeReverb.wav",
    "audio_Voiceless.wav",
    "video_dub.mp4",
    "video_subs_file.mp4",
    "sub_ori.srt",
    "sub_ori.ass",
    "sub_ori.vtt",
    "sub_tra.srt",
    "sub_tra.ass",
    "sub_tra.vtt",
    "_XTTS_/AUTOMATIC.wav",
)
MARKERS_REQUIRED = 2
SEGMENT_FOLDER = "audio2/audio/"
CODE = r"(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?)"
RULES = (
    rule(r"Video\.mp4", Category.ORIGINAL_VIDEO, Role.SOURCE, language=SOURCE_LANGUAGE),
    rule(
        rf"sub_ori\.(?:{SUBTITLE}|txt|json)",
        Category.TRANSCRIPTIONS,
        Role.TRANSCRIPT,
        language=SOURCE_LANGUAGE,
        step=Step.TRANSCRIBED,
    ),
    rule(
        rf"SPEAKER_\d+\.(?:{SUBTITLE}|txt|json)",
        Category.TRANSCRIPTIONS,
        Role.INTERMEDIATE,
        language=SOURCE_LANGUAGE,
    ),
    rule(
        rf"sub_tra\.(?:{SUBTITLE}|txt|json)",
        Category.TRANSLATIONS,
        Role.TRANSLATION,
        language=TARGET_LANGUAGE,
        step=Step.TRANSLATED,
    ),
    rule(
        r"audio2?/(?:audio/)?[\d.]+\.(?:ogg|wav|mp3)", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE
    ),
    rule(r"audio2/.+\.(?:ogg|wav|mp3)", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE),
    rule(
        r"audio_dub_solo\.(?:ogg|wav)|audio_mix\.mp3",
        Category.AUDIO,
        Role.DUBBED_AUDIO,
        language=TARGET_LANGUAGE,
        step=Step.VOICED,
    ),
    rule(
        r"audio(?:_Vocals_DeReverb|_Vocals|_Voiceless)?\.wav",
        Category.AUDIO,
        Role.SOURCE_AUDIO,
        language=SOURCE_LANGUAGE,
    ),
    rule(r"(?:_XTTS_|weights)/.+", Category.CUSTOM_VOICES, Role.VOICE_REFERENCE),
    rule(
        r"video_dub\.(?:mp4|mkv)",
        Category.FINAL_VIDEOS,
        Role.DUBBED_VIDEO,
        language=TARGET_LANGUAGE,
        step=Step.DUBBED,
    ),
    rule(r"video_subs_file\.(?:mp4|mkv)", Category.MIXED_VIDEOS, Role.MIXED_VIDEO, language=TARGET_LANGUAGE),
    rule(rf"outputs/.+__{CODE}\.(?:mp4|mkv)", Category.FINAL_VIDEOS, Role.DUBBED_VIDEO, step=Step.DUBBED),
    rule(rf"outputs/.+__{CODE}\.{AUDIO}", Category.AUDIO, Role.DUBBED_AUDIO),
    rule(rf"outputs/.+__{CODE}\.{SUBTITLE}", Category.TRANSLATIONS, Role.TRANSLATION),
    rule(rf"outputs/.+\.{SUBTITLE}", Category.TRANSCRIPTIONS, Role.TRANSCRIPT, language=SOURCE_LANGUAGE),
    rule(rf"clean_song_output/.+\.{AUDIO}", Category.AUDIO, Role.SOURCE_AUDIO, language=SOURCE_LANGUAGE),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each directory in which SoniTranslate has run."""
    roots = folder.roots_of(*MARKERS)
    for parent in folder.folders:
        if parent == SEGMENT_FOLDER or parent.endswith(f"/{SEGMENT_FOLDER}"):
            roots.setdefault(parent.removesuffix(SEGMENT_FOLDER), []).append(SEGMENT_FOLDER)
    for root, markers in roots.items():
        if len(markers) >= MARKERS_REQUIRED or SEGMENT_FOLDER in markers:
            yield _read(folder, root, markers)


def _read(folder: FolderIndex, root: str, markers: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + marker for marker in markers])
    texts = {
        name.partition(".")[0]: root + name for name in folder.folders.get(root, ()) if name[:4] == "sub_"
    }
    found.source_language = detect_text_language(folder.load_text(texts.get("sub_ori", "")))
    target = detect_text_language(folder.load_text(texts.get("sub_tra", "")))
    found.target_languages = [target] if target else []
    apply_rules(folder, found, RULES)
    outputs = {
        label.language
        for path, label in found.labels.items()
        if path.startswith(f"{root}outputs/") and label.language
    } - {found.source_language}
    if not target and len(outputs) == 1:
        target = outputs.pop()
        found.target_languages = [target]
        apply_rules(folder, found, RULES)
    if "sub_ori" in texts:
        found.transcript = TextPlace(path=texts["sub_ori"])
    if "sub_tra" in texts:
        found.translations[target] = TextPlace(path=texts["sub_tra"])
    found.speakers = sorted(
        name.partition(".")[0] for name in folder.folders.get(root, ()) if name.startswith("SPEAKER_")
    )
    return found
