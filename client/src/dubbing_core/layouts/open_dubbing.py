"""Softcatalà's open-dubbing: one flat output folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.dialog_lines import find_lines, find_speakers, find_voices
from dubbing_core.file_kinds import FileKind, guess_kind, split_name
from dubbing_core.labels import Label, Role
from dubbing_core.languages import parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import SOURCE_LANGUAGE, TARGET_LANGUAGE, apply_rules, rule
from dubbing_core.sentences import sentence
from dubbing_core.steps import Step

NAME = "open-dubbing"
CODE = r"(?P<language>[a-z]{3})"
UTTERANCES = re.compile(rf"utterance_metadata_{CODE}\.json")
DUBBED = re.compile(rf"dubbed_(?:audio|video)_{CODE}\.(?:mp3|mp4)")
SUBTITLES = re.compile(rf"{CODE}\.srt")
# Its stems are letters and digits alone. The sources of other tools end so too.
SILENT = r"(?!original_|origin_|dubbed_)(?P<stem>[^/_]+)_video\.mp4"
SILENT_VIDEO = re.compile(SILENT)
WORDS = frozenset({"dub", "end", "out", "src", "sub"})
"""Names of other tools' subtitles that are codes of languages as well."""
RULES = (
    rule(rf"utterance_metadata_{CODE}\.json", Category.TRANSLATIONS, Role.PROJECT, step=Step.TRANSLATED),
    rule(r"dubbed_chunk_[\d.]+_[\d.]+\.(?:mp3|wav)", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE),
    rule(r"dubbed_vocals\.(?:mp3|wav)", Category.AUDIO, Role.DUBBED_AUDIO, language=TARGET_LANGUAGE),
    rule(rf"dubbed_audio_{CODE}\.(?:mp3|wav)", Category.AUDIO, Role.DUBBED_AUDIO, step=Step.VOICED),
    rule(rf"dubbed_video_{CODE}\.mp4", Category.FINAL_VIDEOS, Role.DUBBED_VIDEO, step=Step.DUBBED),
    rule(
        r"[^/]+_audio\.(?:mp3|wav)|chunk_[\d.]+_[\d.]+\.(?:mp3|wav)|htdemucs/.+\.(?:wav|mp3)",
        Category.AUDIO,
        Role.SOURCE_AUDIO,
        language=SOURCE_LANGUAGE,
    ),
    # Without sound: it is neither the source nor a result.
    rule(SILENT, Category.OTHER, Role.INTERMEDIATE),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each output folder."""
    roots = folder.folders_with(UTTERANCES)
    for root, names in folder.folders_with(DUBBED).items():
        if root not in roots and any(SILENT_VIDEO.fullmatch(name) for name in folder.folders[root]):
            roots[root] = names
    for root, names in roots.items():
        yield _read(folder, root, names)


def _read(folder: FolderIndex, root: str, evidence: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + name for name in evidence])
    names = folder.folders[root]
    matches = (UTTERANCES.fullmatch(name) or DUBBED.fullmatch(name) for name in names)
    codes = dict.fromkeys(match["language"] for match in matches if match)
    found.target_languages = [tag for code in codes if (tag := parse_language_code(code))]
    subtitles = {
        match["language"]: name
        for name in names
        if (match := SUBTITLES.fullmatch(name)) and match["language"] not in WORDS
    }
    documents = {code: folder.load_json(f"{root}utterance_metadata_{code}.json") for code in codes}
    found.source_language = _find_source_language(documents, subtitles, codes)
    apply_rules(folder, found, RULES)
    for code, name in subtitles.items():
        _label_subtitles(found, root + name, parse_language_code(code))
    for code, document in documents.items():
        _read_utterances(found, f"{root}utterance_metadata_{code}.json", code, document)
    _find_source_video(folder, root, found)
    return found


def _find_source_language(
    documents: dict[str, Any], subtitles: dict[str, str], targets: dict[str, None]
) -> str:
    for document in documents.values():
        metadata = document.get("metadata") if isinstance(document, dict) else None
        if isinstance(metadata, dict) and isinstance(metadata.get("source_language"), str):
            return parse_language_code(metadata["source_language"])
    others = [code for code in subtitles if code not in targets]
    return parse_language_code(others[0]) if len(others) == 1 else ""


def _label_subtitles(found: ToolFolder, path: str, language: str) -> None:
    if not language:
        return
    if language in found.target_languages and language != found.source_language:
        label = Label(category=Category.TRANSLATIONS, language=language, role=Role.TRANSLATION)
        found.translations[language] = TextPlace(path=path)
        found.finished[path] = Step.TRANSLATED
    else:
        label = Label(category=Category.TRANSCRIPTIONS, language=language, role=Role.TRANSCRIPT)
        found.transcript = TextPlace(path=path)
        found.finished[path] = Step.TRANSCRIBED
    found.labels[path] = label


def _read_utterances(found: ToolFolder, path: str, code: str, document: Any) -> None:
    lines = find_lines(document)
    if not lines:
        return
    found.speakers = list(dict.fromkeys((*found.speakers, *find_speakers(lines))))
    found.voices = {**find_voices(lines), **found.voices}
    if found.transcript is None:
        found.transcript = TextPlace(path=path, key="text")
    if any(line.get("translated_text") for line in lines):
        found.translations.setdefault(parse_language_code(code), TextPlace(path=path, key="translated_text"))


def _find_source_video(folder: FolderIndex, root: str, found: ToolFolder) -> None:
    """Look for the source by the silent video's stem, here and one folder above."""
    silent = (SILENT_VIDEO.fullmatch(name) for name in folder.folders[root])
    stems = {match["stem"] for match in silent if match}
    parent, slash, _ = root.removesuffix("/").rpartition("/")
    folders = dict.fromkeys((root, parent + slash if root else root))
    found.source_candidates = [
        place + name
        for place in folders
        for name in folder.folders.get(place, ())
        if guess_kind(name) is FileKind.VIDEO
        and place + name not in found.labels
        and _simplify(split_name(name)[0]) in stems
    ]
    found.asks_for_source = sentence(
        "Where is the source video? %(name)s keeps it outside of its folder.", name=NAME
    )


def _simplify(stem: str) -> str:
    """Return the stem as open-dubbing names its files: lower case, letters and digits."""
    return "".join(filter(str.isalnum, stem)).casefold()
