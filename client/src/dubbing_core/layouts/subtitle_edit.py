"""SubtitleEdit: a text-to-speech session, exported as a portable folder."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dubbing_core.categories import Category
from dubbing_core.dialog_lines import find_lines, join_texts, read_text
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Label, Role
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import TARGET_LANGUAGE, apply_rules, rule
from dubbing_core.layouts.scripts import detect_text_language
from dubbing_core.sentences import sentence
from dubbing_core.steps import Step

NAME = "SubtitleEdit"
SESSION = "SubtitleEditTts.json"
RULES = (
    rule(
        rf"{re.escape(SESSION)}",
        Category.TRANSLATIONS,
        Role.TRANSLATION,  # beside settings it has the spoken lines, but not the lines of the source
        language=TARGET_LANGUAGE,
        step=Step.TRANSLATED,
    ),
    rule(r"(?:wav/.+|\d{4,})\.(?:wav|mp3)", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each exported session."""
    for root in folder.roots_of(SESSION):
        yield _read(folder, root)


def _read(folder: FolderIndex, root: str) -> ToolFolder:
    path = root + SESSION
    found = ToolFolder(tool=NAME, root=root, evidence=[path])
    document = folder.load_json(path)
    session = document if isinstance(document, dict) else {}
    lines = find_lines({"Items": session.get("Items")})
    language = detect_text_language(join_texts(lines, "Text"))
    found.target_languages = [language] if language else []
    found.translations[language] = TextPlace(path=path, key="Text")
    for actor in find_lines({"Items": session.get("ActorVoiceMappings")}):
        name, voice = read_text(actor, ("Actor",)), read_text(actor, ("VoiceName",))
        if name:
            found.speakers.append(name)
            if voice:
                found.voices[name] = voice
    voice = next(filter(None, (read_text(line, ("VoiceName",)) for line in lines)), "")
    if voice and not found.voices:
        found.voices = {language or "default": voice}
    apply_rules(folder, found, RULES)
    for line in lines:
        name = _base_name(line.get("AudioFileName"))
        for segment in (f"{root}{name}", f"{root}wav/{name}"):
            if name and segment in folder:
                found.labels[segment] = Label(category=Category.AUDIO, language=language, role=Role.SEGMENT)
    _find_source(folder, root, _base_name(session.get("VideoFileName")), found)
    return found


def _base_name(path: object) -> str:
    return path.replace("\\", "/").rpartition("/")[2] if isinstance(path, str) else ""


def _find_source(folder: FolderIndex, root: str, name: str, found: ToolFolder) -> None:
    parent, slash, _ = root.removesuffix("/").rpartition("/")
    for place in dict.fromkeys((root, parent + slash if root else root)):
        if name and place + name in folder:
            found.labels[place + name] = Label(category=Category.ORIGINAL_VIDEO, role=Role.SOURCE)
            return
    found.source_candidates = [
        root + other for other in folder.folders[root] if guess_kind(other) is FileKind.VIDEO
    ]
    found.asks_for_source = sentence(
        "Where is the source video? %(name)s keeps it outside of its folder.", name=NAME
    )
    if name:
        found.asks_for_source = sentence(
            "Where is the source video “%(video)s”? %(name)s keeps it outside of its folder.",
            video=name,
            name=NAME,
        )
