"""Corrections of labels by a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dubbing_core.categories import METADATA_NAME, Category
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Label, LabelAuthor, Role
from dubbing_core.language_names import find_language
from dubbing_core.languages import (
    TAG_LENGTH_LIMIT,
    find_language_tag,
    parse_language_code,
    parse_language_tag,
)
from dubbing_core.layouts.names import is_generated_video
from dubbing_core.manifest import ManifestEntry
from dubbing_core.paths import escape_unprintable
from dubbing_core.sentences import sentence

HOMES = {
    Role.SOURCE: Category.ORIGINAL_VIDEO,
    Role.SOURCE_AUDIO: Category.AUDIO,
    Role.TRANSCRIPT: Category.TRANSCRIPTIONS,
    Role.TRANSLATION: Category.TRANSLATIONS,
    Role.VOICE_ASSIGNMENTS: Category.VOICES,
    Role.VOICE_REFERENCE: Category.CUSTOM_VOICES,
    Role.SEGMENT: Category.AUDIO,
    Role.DUBBED_AUDIO: Category.AUDIO,
    Role.DUBBED_VIDEO: Category.FINAL_VIDEOS,
    Role.MIXED_VIDEO: Category.MIXED_VIDEOS,
    Role.IGNORED: Category.OTHER,
}
"""The category of roles that belong to one only."""
USUAL_ROLES = {
    Category.ORIGINAL_VIDEO: Role.SOURCE,
    Category.TRANSCRIPTIONS: Role.TRANSCRIPT,
    Category.TRANSLATIONS: Role.TRANSLATION,
    Category.VOICES: Role.VOICE_ASSIGNMENTS,
    Category.AUDIO: Role.DUBBED_AUDIO,
    Category.CUSTOM_VOICES: Role.VOICE_REFERENCE,
    Category.FINAL_VIDEOS: Role.DUBBED_VIDEO,
    Category.MIXED_VIDEOS: Role.MIXED_VIDEO,
    Category.OTHER: Role.NONE,
}
NO_SOURCES = {FileKind.SUBTITLE, FileKind.TEXT}
PATHS_SHOWN = 3


class LabelError(ValueError):
    """A correction that is impossible. The message is shown to the user."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(escape_unprintable(message))
        self.code = code


@dataclass(frozen=True, kw_only=True)
class LabelChange:
    """Correction of a file's label; None keeps what the file has."""

    category: Category | None = None
    language: str | None = None
    """A BCP 47 tag, or "" for none."""
    role: Role | None = None

    @property
    def makes_source(self) -> bool:
        return self.role is Role.SOURCE or (self.role is None and self.category is Category.ORIGINAL_VIDEO)

    def apply(self, label: Label) -> Label:
        """Return the corrected label.

        A role that belongs to one category brings it along, and a category without a role its usual one.

        :raises LabelError: the role belongs to another category than the requested one.
        """
        category, role = self.category, self.role
        if role is Role.IGNORED:
            return Label(category=Category.OTHER, role=role)
        if category is None:
            category = label.category if role is None else HOMES.get(role, label.category)
        if role is None:
            role = label.role if self.category in {None, HOMES.get(label.role)} else USUAL_ROLES[category]
        if HOMES.get(role, category) is not category:
            raise LabelError(
                "bad_label",
                sentence(
                    "The role “%(role)s” does not belong to the category “%(category)s”.",
                    role=role.label,
                    category=category.label,
                ),
            )
        language = label.language if self.language is None else self.language
        return Label(category=category, language=language, role=role)


def check_language(text: str, *, languages: Iterable[str] = ()) -> str:
    """Return the tag of a language in its usual form.

    `pt_br`, `Brazilian Portuguese` -> `pt-BR`.

    :param text: a tag, or a name in English or in the language itself.
    :param languages: of the session, whose spelling is kept.
    :raises LabelError: it is none.
    """
    text = text.strip()
    known = list(languages)
    found = parse_language_tag(text, languages=known) or parse_language_code(text) or find_language(text)
    if not found or len(found) > TAG_LENGTH_LIMIT:
        raise LabelError(
            "bad_language",
            sentence(
                "“%(text)s” is not a language. Use a name or a tag, such as “Hindi” or “pt-BR”.",
                text=text[:TAG_LENGTH_LIMIT],
            ),
        )
    return parse_language_tag(found, languages=known) or found


def check_sources(changes: Mapping[str, LabelChange]) -> None:
    """Check which files are declared to be the source.

    :raises LabelError: `not_a_source` or `several_sources`.
    """
    sources = sorted(path for path, change in changes.items() if change.makes_source)
    for path in sources:
        if guess_kind(path) in NO_SOURCES:
            raise LabelError(
                "not_a_source",
                sentence("“%(path)s” is a text. Choose a video or audio file as the source.", path=path),
            )
    if len(sources) > 1:
        raise LabelError(
            "several_sources",
            sentence("Only one file can be the source, not %(files)s.", files=_quote_paths(sources)),
        )


def apply_label_changes(
    entries: Mapping[str, ManifestEntry], changes: Mapping[str, LabelChange]
) -> dict[str, ManifestEntry]:
    """Return a version's entries with a person's corrections.

    A project has one source: the file that was it before becomes a dubbed video if its name shows that, or else is labeled “other”.

    :raises LabelError: `bad_label`, `not_a_source`, `several_sources`, `session_metadata` or `no_such_file`.
    """
    if missing := sorted(changes.keys() - entries.keys()):
        raise LabelError(
            "no_such_file",
            sentence("The session has no file %(files)s.", files=_quote_paths(missing)),
        )
    check_sources(changes)
    corrected = {path: _correct(entries[path], change) for path, change in changes.items()}
    has_source = any(change.makes_source for change in changes.values())
    others = {
        path: replace(_demote(entry), labeled_by=LabelAuthor.PERSON)
        for path, entry in entries.items()
        if has_source and entry.role is Role.SOURCE and path not in corrected
    }
    return {**entries, **others, **corrected}


def prefer_persons_source(entries: Mapping[str, ManifestEntry]) -> dict[str, ManifestEntry]:
    """Return the entries without further sources if a person set one."""
    sources = [entry for entry in entries.values() if entry.role is Role.SOURCE]
    if not any(entry.labeled_by is LabelAuthor.PERSON for entry in sources):
        return dict(entries)
    recognized = [entry for entry in sources if entry.labeled_by is LabelAuthor.RECOGNIZER]
    return {**entries, **{entry.path: _demote(entry) for entry in recognized}}


def _correct(entry: ManifestEntry, change: LabelChange) -> ManifestEntry:
    if entry.is_metadata or change.role is Role.SESSION_METADATA:
        raise LabelError(
            "session_metadata",
            sentence(
                "The label of the session's own %(metadata_name)s cannot be changed.",
                metadata_name=METADATA_NAME,
            ),
        )
    return replace(_relabel(entry, change.apply(entry.label)), labeled_by=LabelAuthor.PERSON)


def _demote(entry: ManifestEntry) -> ManifestEntry:
    """Return the former source with another label."""
    if is_generated_video(entry.path) or find_language_tag(entry.path):
        category, role = Category.FINAL_VIDEOS, Role.DUBBED_VIDEO
        language = entry.language or find_language_tag(entry.path)
        return _relabel(entry, Label(category=category, language=language, role=role))
    return _relabel(entry, Label(category=Category.OTHER, language=entry.language))


def _relabel(entry: ManifestEntry, label: Label) -> ManifestEntry:
    return replace(
        entry,
        category=label.category,
        language=label.language,
        role=label.role,
    )


def _quote_paths(paths: list[str]) -> str:
    shown = ", ".join(f"“{path}”" for path in paths[:PATHS_SHOWN])
    return (
        shown
        if len(paths) <= PATHS_SHOWN
        else sentence("%(shown)s and %(count)s more", shown=shown, count=len(paths) - PATHS_SHOWN)
    )
