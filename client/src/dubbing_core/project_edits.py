"""Spoken language, target languages and voices that a person edited.

They are stored in the metadata document, so that they are part of each version, its exports and imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from dubbing_core.checked_results import Check, read_checks
from dubbing_core.enums import StrEnum
from dubbing_core.languages import TAG_LENGTH_LIMIT, fold_language_tag

KEY = "edits"
"""Key in `session_metadata`, which the original session manager neither writes nor reads."""
LANGUAGES_LIMIT = 200
VOICES_LIMIT = 1000
STATED_TEXTS_LIMIT = 1 + LANGUAGES_LIMIT + VOICES_LIMIT
VOICE_KEYS = ("voice", "voice_id", "voice_name", "name")
"""Keys of a voice's name in a tool's settings of it."""
NO_VOICES: Mapping[str, str] = MappingProxyType({})


class Target(StrEnum):
    """Whether a language is one that the project is dubbed into."""

    ADDED = "added"
    EXCLUDED = "excluded"
    AUTOMATIC = "automatic"
    """Where files or the metadata have it."""


@dataclass(frozen=True, kw_only=True)
class ProjectEdits:
    """What a person stated about a project; it stays in later versions."""

    added_languages: tuple[str, ...] = ()
    excluded_languages: tuple[str, ...] = ()
    voices: Mapping[str, str] = field(default_factory=dict)
    """Voice by language or speaker, the name of one that has a tool's settings; "" for one that was removed."""
    source_language: str = ""
    """Spoken in the source; "" where no person stated it."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    """Stale results that are right, by cell (``hi:audio``)."""
    stated_texts: tuple[str, ...] = ()
    """Texts of the document that no file replaces (`dubbing_core.stated_texts`)."""

    def __bool__(self) -> bool:
        languages = self.added_languages or self.excluded_languages or self.source_language
        return bool(languages or self.voices or self.checks or self.stated_texts)

    def has_added(self, tag: str) -> bool:
        return fold_language_tag(tag) in map(fold_language_tag, self.added_languages)

    def set_target(self, tag: str, target: Target) -> ProjectEdits:
        added, excluded = _without(self.added_languages, tag), _without(self.excluded_languages, tag)
        return replace(
            self,
            added_languages=(*added, tag) if target is Target.ADDED else added,
            excluded_languages=(*excluded, tag) if target is Target.EXCLUDED else excluded,
        )

    def set_voice(self, key: str, voice: str) -> ProjectEdits:
        """Return the edits with another voice; "" removes it."""
        return replace(self, voices={**self.voices, key: voice})

    def set_check(self, cell: str, check: Check | None) -> ProjectEdits:
        """Return the edits with another check of a cell; None withdraws it."""
        others = {key: each for key, each in self.checks.items() if key != cell}
        return replace(self, checks={**others, cell: check} if check else others)

    def correct_languages(self, tags: Iterable[str]) -> list[str]:
        """Return the target languages, each once."""
        languages: dict[str, str] = {}
        for tag in (*tags, *self.added_languages):
            languages.setdefault(fold_language_tag(tag), tag)
        for tag in self.excluded_languages:
            languages.pop(fold_language_tag(tag), None)
        return [tag for tag in languages.values() if tag]

    def correct_voices(
        self, voices: Mapping[str, Any], *, found: Mapping[str, str] = NO_VOICES
    ) -> dict[str, Any]:
        """Return a document's voices with those of files and the edited ones.

        A tool's settings of a voice stay where a file or an edit names it.

        :param found: names of voices in files.
        """
        named = {
            key: name
            for key, name in found.items()
            if key not in voices or (key not in self.voices and name_voice(voices[key]) != name)
        }
        removed = {key for key, voice in self.voices.items() if not voice}
        edited = {key: _rename_voice(voices.get(key), voice) for key, voice in self.voices.items()}
        return {key: voice for key, voice in {**voices, **named, **edited}.items() if key not in removed}

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {}
        if self.added_languages:
            document["added_languages"] = list(self.added_languages)
        if self.excluded_languages:
            document["excluded_languages"] = list(self.excluded_languages)
        if self.voices:
            document["voices"] = dict(self.voices)
        if self.source_language:
            document["source_language"] = self.source_language
        if self.checks:
            document["checks"] = {cell: check.to_json() for cell, check in self.checks.items()}
        if self.stated_texts:
            document["stated_texts"] = list(self.stated_texts)
        return document


def name_voice(voice: Any) -> str:
    """Return the name of a voice or of a tool's settings of one, or ""."""
    key = _find_name_key(voice)
    return voice[key] if key else voice if isinstance(voice, str) else ""


def _rename_voice(voice: Any, name: str) -> Any:
    """Return a tool's settings of a voice with another name, or the name alone."""
    key = _find_name_key(voice)
    return {**voice, key: name} if key else name


def _find_name_key(voice: Any) -> str:
    if not isinstance(voice, dict):
        return ""
    return next((key for key in VOICE_KEYS if isinstance(voice.get(key), str)), "")


def read_edits(document: Mapping[str, Any] | None) -> ProjectEdits:
    """Read the edits of a metadata document; values that are invalid are ignored."""
    facts = (document or {}).get("session_metadata")
    edits = facts.get(KEY) if isinstance(facts, dict) else None
    if not isinstance(edits, dict):
        return ProjectEdits()
    voices = edits.get("voices")
    return ProjectEdits(
        added_languages=_read_tags(edits.get("added_languages")),
        excluded_languages=_read_tags(edits.get("excluded_languages")),
        voices={
            key: voice
            for key, voice in list(voices.items() if isinstance(voices, dict) else ())[:VOICES_LIMIT]
            if isinstance(voice, str)
        },
        source_language=next(iter(_read_tags([edits.get("source_language")])), ""),
        checks=read_checks(edits.get("checks")),
        stated_texts=_read_names(edits.get("stated_texts")),
    )


def write_edits(document: Mapping[str, Any], edits: ProjectEdits) -> dict[str, Any]:
    """Return a metadata document with other edits."""
    facts = {key: value for key, value in (document.get("session_metadata") or {}).items() if key != KEY}
    if edits:
        facts[KEY] = edits.to_json()
    return {**document, "session_metadata": facts}


def state_source_language(document: Mapping[str, Any], tag: str) -> dict[str, Any]:
    """Return a metadata document with the language that is spoken in the source.

    It is no target language, unless a person added it as one.

    :param tag: "" withdraws the statement.
    """
    edits = read_edits(document)
    is_target = not tag or edits.has_added(tag)
    languages = [
        each
        for each in document.get("languages") or ()
        if is_target or fold_language_tag(each) != fold_language_tag(tag)
    ]
    edited = write_edits(document, replace(edits, source_language=tag))
    return {**edited, "languages": languages} if "languages" in document else edited


def _read_tags(value: Any) -> tuple[str, ...]:
    tags = value[:LANGUAGES_LIMIT] if isinstance(value, list) else []
    return tuple(tag for tag in tags if isinstance(tag, str) and 0 < len(tag) <= TAG_LENGTH_LIMIT)


def _read_names(value: Any) -> tuple[str, ...]:
    names = value[:STATED_TEXTS_LIMIT] if isinstance(value, list) else []
    return tuple(name for name in names if isinstance(name, str))


def _without(tags: Iterable[str], tag: str) -> tuple[str, ...]:
    return tuple(each for each in tags if fold_language_tag(each) != fold_language_tag(tag))
