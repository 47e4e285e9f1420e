"""Any other folder: labels from names, folders, kinds and languages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dubbing_core.categories import PRIVATE_FOLDER, Category
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Label, Role
from dubbing_core.languages import find_language_tag, parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex, is_junk
from dubbing_core.layouts.names import classify_name, suggest_role

NAME = "generic"
DOCUMENTS_READ = 16
UNLABELED_LANGUAGE = {Category.OTHER, Category.VOICES, Category.ORIGINAL_VIDEO}
DUBBED = {Category.AUDIO, Category.FINAL_VIDEOS, Category.MIXED_VIDEOS}


def label_others(
    folder: FolderIndex,
    paths: Sequence[str],
    *,
    source: str | None,
    languages: Sequence[str],
    source_language: str,
) -> dict[str, Label]:
    """Return labels for files that no tool claims.

    :param source: the source video, if it is one of them.
    :param languages: target languages that are known already.
    :param source_language: the source's language, or "" where it is not known.
    """
    labels: dict[str, Label] = {}
    tagged: dict[str, str] = {}
    for path in paths:
        if path == source:
            labels[path] = Label(category=Category.ORIGINAL_VIDEO, language=source_language, role=Role.SOURCE)
        elif is_junk(path) or path.startswith(f"{PRIVATE_FOLDER}/"):
            labels[path] = Label(category=Category.OTHER, role=Role.IGNORED)
        else:
            category = classify_name(path)
            language = "" if category in UNLABELED_LANGUAGE else find_language_tag(path, languages=languages)
            role = suggest_role(path, category)
            if role is Role.BILINGUAL:
                category, language = Category.TRANSLATIONS, ""
            elif guess_kind(path) is FileKind.SUBTITLE and category is Category.TRANSCRIPTIONS and language:
                tagged[path] = language
            labels[path] = Label(category=category, language=language, role=role)
    _label_tagged_subtitles(labels, tagged, languages, source_language)
    _read_documents(folder, labels)
    return labels


def _label_tagged_subtitles(
    labels: dict[str, Label], tagged: Mapping[str, str], languages: Collection[str], source_language: str
) -> None:
    """Label subtitles with a language: those in the source's are the transcript, others translations."""
    source = source_language or _find_undubbed_language(labels, tagged, languages)
    for path, language in tagged.items():
        is_source = language == source
        category = Category.TRANSCRIPTIONS if is_source else Category.TRANSLATIONS
        labels[path] = replace(labels[path], category=category, role=suggest_role(path, category))


def _find_undubbed_language(
    labels: Mapping[str, Label], tagged: Mapping[str, str], languages: Collection[str]
) -> str:
    """Return the only language of subtitles in which nothing is dubbed, if others are, or ""."""
    if any(label.role is Role.TRANSCRIPT and path not in tagged for path, label in labels.items()):
        return ""
    dubbed = {label.language for label in labels.values() if label.category in DUBBED and label.language}
    dubbed |= set(languages)
    others = set(tagged.values()) - dubbed
    return others.pop() if dubbed & set(tagged.values()) and len(others) == 1 else ""


def _read_documents(folder: FolderIndex, labels: dict[str, Label]) -> None:
    """Label documents of speech recognition, whatever their name: text, segments and a language."""
    documents = [
        path
        for path, label in labels.items()
        if label.category in {Category.OTHER, Category.TRANSCRIPTIONS}
        and path.endswith(".json")
        and label.role is not Role.IGNORED
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
