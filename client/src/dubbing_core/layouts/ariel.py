"""Google Ariel: `<mount>/<video id>/`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.dialog_lines import find_lines, read_text
from dubbing_core.labels import Label, Role
from dubbing_core.languages import parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import SOURCE_LANGUAGE, TARGET_LANGUAGE, apply_rules, rule
from dubbing_core.steps import Step

NAME = "Ariel"
METADATA = "metadata.json"
KEYS = frozenset({"video_id", "speakers", "utterances"})
LANGUAGE = r"(?P<language>[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,4}){0,2})"
TRACK = re.compile(rf"(?:dubbed_audio|vocals_only)_{LANGUAGE}\.wav")
RULES = (
    rule(r"metadata\.json", Category.TRANSLATIONS, Role.PROJECT, language=TARGET_LANGUAGE),
    rule(
        r"(?:original_audio|vocals|background)\.wav",
        Category.AUDIO,
        Role.SOURCE_AUDIO,
        language=SOURCE_LANGUAGE,
    ),
    rule(r"audio_\d+(?:-[0-9a-fA-F-]+)?\.wav", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE),
    rule(rf"vocals_only_{LANGUAGE}\.wav", Category.AUDIO, Role.DUBBED_AUDIO),
    rule(rf"dubbed_audio_{LANGUAGE}\.wav", Category.AUDIO, Role.DUBBED_AUDIO, step=Step.VOICED),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each video's folder."""
    roots = folder.folders_with(TRACK)
    for root in folder.roots_of(METADATA):
        if _read_metadata(folder, root) or "original_audio.wav" in folder.folders[root]:
            roots.setdefault(root, []).append(METADATA)
    for root, evidence in roots.items():
        yield _read(folder, root, evidence)


def _read_metadata(folder: FolderIndex, root: str) -> dict[str, Any]:
    document = folder.load_json(root + METADATA)
    return document if isinstance(document, dict) and document.keys() >= KEYS else {}


def _read(folder: FolderIndex, root: str, evidence: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + name for name in evidence])
    names = folder.folders[root]
    metadata = _read_metadata(folder, root)
    found.source_language = _language(metadata.get("original_language"))
    declared = _language(metadata.get("translate_language"))
    written = (match["language"] for name in names if (match := TRACK.fullmatch(name)))
    tags = dict.fromkeys((declared, *map(parse_language_code, written)))
    found.target_languages = [tag for tag in tags if tag]
    _read_lines(found, root, metadata)
    apply_rules(folder, found, RULES)
    if not metadata and root + METADATA in found.labels:
        # Without its contents, the name alone may be another tool's.
        found.broad[root + METADATA] = found.labels.pop(root + METADATA)
    video = _find_video(names, metadata, root)
    if video:
        found.labels[root + video] = Label(
            category=Category.ORIGINAL_VIDEO, language=found.source_language, role=Role.SOURCE
        )
        dubbed = rule(
            rf"{re.escape(video)}\.{LANGUAGE}\.(?:mp4|mov|webm)",
            Category.FINAL_VIDEOS,
            Role.DUBBED_VIDEO,
            step=Step.DUBBED,
        )
        apply_rules(folder, found, [dubbed])
    return found


def _language(value: object) -> str:
    return parse_language_code(value) if isinstance(value, str) else ""


def _find_video(names: list[str], metadata: dict[str, Any], root: str) -> str:
    """Return the source's name, which has no extension."""
    declared = str(metadata.get("video_id") or "")
    if declared in names:
        return declared
    bare = [name for name in names if "." not in name]
    dubbed = [name for name in bare if any(other.startswith(f"{name}.") for other in names)]
    is_folder_name = [name for name in bare if root.endswith(f"/{name}/") or root == f"{name}/"]
    candidates = dubbed or is_folder_name or bare
    return candidates[0] if len(candidates) == 1 else ""


def _read_lines(found: ToolFolder, root: str, metadata: dict[str, Any]) -> None:
    speakers = metadata.get("speakers")
    for speaker in speakers if isinstance(speakers, list) else ():
        if isinstance(speaker, dict) and (name := read_text(speaker, ("speaker_id", "speaker_name"))):
            found.speakers.append(name)
            voice = speaker.get("voice")
            chosen = (
                voice
                if isinstance(voice, str)
                else read_text(voice, ("name", "voice_id", "id"))
                if isinstance(voice, dict)
                else ""
            )
            if chosen:
                found.voices[name] = chosen
    lines = find_lines({"utterances": metadata.get("utterances")})
    if not lines:
        return
    found.transcript = TextPlace(
        path=root + METADATA, key=_key(lines, ("original_text", "text", "transcript"))
    )
    key = _key(lines, ("translated_text", "translation"))
    if key:
        found.translations[next(iter(found.target_languages), "")] = TextPlace(path=root + METADATA, key=key)


def _key(lines: list[dict[str, Any]], keys: tuple[str, ...]) -> str:
    return next((key for key in keys if any(line.get(key) for line in lines)), "")
