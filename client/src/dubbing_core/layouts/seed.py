"""Project Session Manager: its session folders, and the working folder it reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dubbing_core.categories import FOLDERS, METADATA_NAME, Category, is_original_video
from dubbing_core.dialog_lines import read_voice_map
from dubbing_core.labels import Label, Role
from dubbing_core.languages import find_language_tag
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.names import suggest_role
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.metadata import is_session_document
from dubbing_core.steps import Step

NAME = "Project Session Manager"
SPECIFIC_FOLDERS = FOLDERS.keys() - {"audio", "voices", "other"}
ASSIGNMENTS = "voice_assignments.json"
WORKING_FILES = {
    "original_asr.json": (Category.TRANSCRIPTIONS, Role.TRANSCRIPT, Step.TRANSCRIBED),
    "chunked_transcript.json": (Category.TRANSCRIPTIONS, Role.INTERMEDIATE, None),
    "translated.json": (Category.TRANSLATIONS, Role.TRANSLATION, Step.TRANSLATED),
    "language_translations.json": (Category.TRANSLATIONS, Role.TRANSLATION, None),
    ASSIGNMENTS: (Category.VOICES, Role.VOICE_ASSIGNMENTS, None),
}
SPECIFIC_FILES = ("original_asr.json", "chunked_transcript.json", "language_translations.json")
"""Working files that no other tool has."""
FINISHED = {
    Category.TRANSCRIPTIONS: Step.TRANSCRIBED,
    Category.TRANSLATIONS: Step.TRANSLATED,
    Category.AUDIO: Step.VOICED,
    Category.FINAL_VIDEOS: Step.DUBBED,
    Category.MIXED_VIDEOS: Step.MIXED,
}


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each session's folder."""
    roots: dict[str, list[str]] = {}
    for root in folder.roots_of(METADATA_NAME):
        if is_session_document(folder.load_json(root + METADATA_NAME)):
            roots.setdefault(root, []).append(METADATA_NAME)
    for root, inner in folder.subfolders.items():
        categories = sorted(SPECIFIC_FOLDERS & {name.casefold() for name in inner})
        roots.setdefault(root, []).extend(f"{name}/" for name in categories)
    for root, names in folder.folders.items():
        roots.setdefault(root, []).extend(filter(is_original_video, names))
    for root, markers in folder.roots_of(*SPECIFIC_FILES).items():
        roots.setdefault(root, []).extend(markers)
    for root, evidence in roots.items():
        is_inside = any(part in FOLDERS for part in root.casefold().split("/"))
        if evidence and not is_inside:
            yield _read(folder, root, evidence)


def _read(folder: FolderIndex, root: str, evidence: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + name for name in evidence])
    document = folder.load_json(root + METADATA_NAME) if METADATA_NAME in evidence else {}
    metadata = document if is_session_document(document) else {}
    languages = [tag for tag in _list(metadata.get("languages")) if isinstance(tag, str)]
    found.target_languages = languages
    found.voices = read_voice_map(metadata.get("voices"))
    if metadata:
        role = Role.PROJECT if root else Role.SESSION_METADATA
        found.labels[root + METADATA_NAME] = Label(category=Category.OTHER, role=role)
    for path in folder.below(root):
        _label(found, path, languages)
    assignments = (f"{root}voices/{ASSIGNMENTS}", f"{root}{ASSIGNMENTS}")
    for path in assignments:
        found.voices = {**read_voice_map(folder.load_json(path)), **found.voices}
    _find_texts(folder, found)
    video_name = metadata.get("video_name")
    if not found.has_source() and isinstance(video_name, str):
        found.source_candidates = [path for path in (root + video_name,) if path in folder]
    return found


def _label(found: ToolFolder, path: str, languages: list[str]) -> None:
    head, slash, name = path.partition("/")
    full = found.root + path
    if is_original_video(path):
        found.labels[full] = Label(category=Category.ORIGINAL_VIDEO, role=Role.SOURCE)
    elif path in WORKING_FILES:
        category, role, step = WORKING_FILES[path]
        found.labels[full] = Label(category=category, role=role)
        if step is not None:
            found.finished[full] = step
    elif slash and head.casefold() in FOLDERS:
        category = FOLDERS[head.casefold()]
        known = WORKING_FILES.get(path.rpartition("/")[2])
        role = known[1] if known and known[0] is category else suggest_role(path, category)
        language = find_language_tag(name, languages=languages)
        # Other tools have folders of these names too.
        found.broad[full] = Label(category=category, language=language, role=role)
        if category in FINISHED:
            found.finished[full] = FINISHED[category]


def _find_texts(folder: FolderIndex, found: ToolFolder) -> None:
    for path in (f"{found.root}transcriptions/original_asr.json", f"{found.root}original_asr.json"):
        if path in folder:
            found.transcript = TextPlace(path=path)
            return


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
