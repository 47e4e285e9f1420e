"""Labels of a version's files, from their names and contents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.label_changes import prefer_persons_source
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.layouts.folder_index import SMALL_FILE_LIMIT, ReadSmallFile
from dubbing_core.layouts.recognition import Recognition
from dubbing_core.layouts.recognizers import recognize
from dubbing_core.manifest import ManifestEntry
from dubbing_core.placement import label_files
from sessions_app.operations.versions.documents import read_blob
from sessions_app.storage.store import BlobReader

READ_KINDS = {FileKind.TEXT, FileKind.SUBTITLE}
TEXT_ROLES = {Role.TRANSCRIPT, Role.TRANSLATION}


def recognize_entries(
    read: ReadSmallFile,
    entries: Mapping[str, ManifestEntry],
    *,
    changed: Collection[str],
    languages: Sequence[str],
    source_language: str,
) -> Recognition | None:
    """Recognize a version's files.

    :returns: None where nothing changed that could show more than before.
    :param changed: paths of new and changed files.
    :param source_language: that a person stated, or "".
    """
    if not any(guess_kind(path) in READ_KINDS or guess_kind(path) is FileKind.VIDEO for path in changed):
        return None
    return recognize(entries, read, languages=languages, source_language=source_language)


def read_small_blobs(reader: BlobReader, entries: Mapping[str, ManifestEntry]) -> ReadSmallFile:
    """Return a function that reads entries for a recognizer."""

    def read(path: str) -> bytes | None:
        entry = entries[path]
        return read_blob(reader, entry) if entry.size <= SMALL_FILE_LIMIT else None

    return read


def label_entries(
    recognition: Recognition,
    entries: Mapping[str, ManifestEntry],
    *,
    before: Collection[str],
    is_language_stated: bool = False,
) -> dict[str, ManifestEntry]:
    """Return the entries with the recognized labels.

    All new files get one. Earlier files get one where a tool that is recognized knows their name, and subtitles where the others
    show which of them is the transcript; labels of the source and those that a person set stay.

    :param before: paths of the version before.
    :param is_language_stated: a person has stated the spoken language, which labels of earlier files depend on.
    """
    new = [path for path, entry in entries.items() if path not in before and not entry.is_metadata]
    known = {path: entry.label for path, entry in entries.items() if path in before}
    labels = label_files(recognition, new, known=known, has_metadata=False)
    texts = _find_distinguished_texts(recognition)
    if new or is_language_stated:
        labels |= {
            path: recognition.labels[path]
            for path, label in known.items()
            if label.role not in {Role.SOURCE, Role.SESSION_METADATA}
            and (recognition.is_claimed(path) or path in texts)
        }
    labeled = {
        path: replace(entry, category=label.category, language=label.language, role=label.role)
        if (label := labels.get(path)) is not None and entry.labeled_by is LabelAuthor.RECOGNIZER
        else entry
        for path, entry in entries.items()
    }
    return prefer_persons_source(labeled)


def _find_distinguished_texts(recognition: Recognition) -> set[str]:
    """Return the subtitles in a language, if the files show which is the source's."""
    texts = {
        path: label.role
        for path, label in recognition.labels.items()
        if label.language and label.role in TEXT_ROLES and guess_kind(path) is FileKind.SUBTITLE
    }
    return set(texts) if set(texts.values()) >= TEXT_ROLES else set()
