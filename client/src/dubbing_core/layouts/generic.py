"""Any other folder: labels from names, folders, kinds and languages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dubbing_core.categories import PRIVATE_FOLDER, Category
from dubbing_core.file_kinds import FileKind, guess_kind, split_name
from dubbing_core.labels import Label, Role
from dubbing_core.languages import find_language_tag, parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.named_languages import find_named_language
from dubbing_core.layouts.names import classify_name, is_marker, suggest_role
from dubbing_core.paths import is_junk

NAME = "generic"
DOCUMENTS_READ = 16
SEPARATORS = " _-."
UNLABELED_LANGUAGE = {Category.OTHER, Category.VOICES, Category.ORIGINAL_VIDEO}
DUBBED = {Category.AUDIO, Category.FINAL_VIDEOS, Category.MIXED_VIDEOS}


def label_others(
    folder: FolderIndex,
    paths: Sequence[str],
    *,
    sources: Collection[str],
    languages: Sequence[str],
    stated: Collection[str],
    spoken: Mapping[str, str],
    stems: Sequence[str],
) -> dict[str, Label]:
    """Return labels for files that no tool claims.

    :param sources: the source videos among them.
    :param languages: target languages that are known already.
    :param stated: those of them that a tool's document or files state.
    :param stems: case-folded names of all sources, without extension.
    :param spoken: the source's language by folder, with its slash, of projects in which it is known.
    """
    labels: dict[str, Label] = {}
    tagged: dict[str, str] = {}
    for path in paths:
        if path in sources:
            labels[path] = Label(
                category=Category.ORIGINAL_VIDEO, language=_find_spoken(path, spoken), role=Role.SOURCE
            )
        elif is_junk(path) or path.startswith(f"{PRIVATE_FOLDER}/"):
            labels[path] = Label(category=Category.OTHER, role=Role.IGNORED)
        elif is_marker(path):
            labels[path] = Label(category=Category.OTHER, role=Role.MARKER)
        else:
            category = classify_name(path)
            language = "" if category in UNLABELED_LANGUAGE else _find_language(path, stems, languages)
            role = suggest_role(path, category)
            if role is Role.BILINGUAL:
                category, language = Category.TRANSLATIONS, ""
            elif guess_kind(path) is FileKind.SUBTITLE and category is Category.TRANSCRIPTIONS and language:
                tagged[path] = language
            labels[path] = Label(category=category, language=language, role=role)
    # That a subtitle file exists does not prove a dub in its language, also where it made it a target before.
    dubbed = {*stated, *(set(languages) - set(tagged.values()))}
    _label_tagged_subtitles(labels, tagged, dubbed, spoken, stems)
    _read_documents(folder, labels)
    return labels


def _label_tagged_subtitles(
    labels: dict[str, Label],
    tagged: Mapping[str, str],
    targets: Collection[str],
    spoken: Mapping[str, str],
    stems: Collection[str],
) -> None:
    """Label subtitles in a language: the source's transcript, or translations.

    Those with a source's whole name are its transcript, whichever language the name ends with.
    """
    undubbed = _find_undubbed_language(labels, tagged, targets, has_source=bool(stems))
    for path, language in tagged.items():
        is_source = language == (_find_spoken(path, spoken) or undubbed)
        is_source = is_source or split_name(path)[0].casefold() in stems
        category = Category.TRANSCRIPTIONS if is_source else Category.TRANSLATIONS
        labels[path] = replace(labels[path], category=category, role=suggest_role(path, category))


def _find_language(path: str, stems: Sequence[str], languages: Sequence[str]) -> str:
    """Return a file's language; the part after the source's title counts first.

    A title may begin with a word that is a code as well: `de luxe_es.mp4`. Names of languages count after tags.
    """
    name = path.rpartition("/")[2]
    for stem in stems:
        rest = name[len(stem) :]
        if name.casefold().startswith(stem) and rest[:1] in SEPARATORS:
            rest = rest.lstrip(SEPARATORS)
            tag = find_language_tag(rest, languages=languages) or find_named_language(
                rest, languages=languages
            )
            if tag:
                return tag
    return find_language_tag(path, languages=languages) or find_named_language(path, languages=languages)


def _find_spoken(path: str, spoken: Mapping[str, str]) -> str:
    """Return the language of the innermost project around a path, or ""."""
    folder = path
    while spoken and folder:
        parent, slash, _ = folder.removesuffix("/").rpartition("/")
        folder = parent + slash
        if folder in spoken:
            return spoken[folder]
    return ""


def _find_undubbed_language(
    labels: Mapping[str, Label], tagged: Mapping[str, str], targets: Collection[str], *, has_source: bool
) -> str:
    """Return the only language of subtitles that is not dubbed, or "".

    It is the source's where that is in the folder, which is transcribed first, or where others are dubbed.
    """
    if any(label.role is Role.TRANSCRIPT and path not in tagged for path, label in labels.items()):
        return ""
    dubbed = {label.language for label in labels.values() if label.category in DUBBED and label.language}
    dubbed |= set(targets)
    others = set(tagged.values()) - dubbed
    is_clear = has_source or dubbed & set(tagged.values())
    return others.pop() if is_clear and len(others) == 1 else ""


def _read_documents(folder: FolderIndex, labels: dict[str, Label]) -> None:
    """Label documents of speech recognition by their contents.

    Whisper and others write segments and a language, under any name.
    """
    documents = [
        path
        for path, label in labels.items()
        if label.category in {Category.OTHER, Category.TRANSCRIPTIONS}
        and path.endswith(".json")
        and label.role not in {Role.IGNORED, Role.MARKER}
    ]
    for path in documents[:DOCUMENTS_READ]:
        document: Any = folder.load_json(path)
        if isinstance(document, dict) and isinstance(document.get("segments"), list):
            language = document.get("language")
            labels[path] = Label(
                category=Category.TRANSCRIPTIONS,
                language=parse_language_code(language) if isinstance(language, str) else "",
                role=Role.TRANSCRIPT,
            )
