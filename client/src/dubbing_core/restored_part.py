"""Part of an earlier version that is restored: files, and metadata values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.languages import fold_language_tag
from dubbing_core.manifest import ManifestEntry
from dubbing_core.project_edits import ProjectEdits, Target, read_edits, write_edits
from dubbing_core.selected_cells import SelectedCell, describe_cells
from dubbing_core.sentences import Number, join_with_and, sentence

MESSAGE_PATHS = 3
"""Paths that a description names."""


@dataclass(frozen=True, kw_only=True)
class RestoredPart:
    """Categories and languages, for example "audio in French", and single files."""

    categories: frozenset[Category] = frozenset()
    """Empty for all."""
    languages: frozenset[str] = frozenset()
    """Folded; "" for files without a language. Empty for all."""
    paths: frozenset[str] = frozenset()
    """Files beside those of the categories and languages."""
    cells: frozenset[SelectedCell] = frozenset()
    """Categories in one language each, beside those."""
    shared: frozenset[Category] = frozenset()
    """Categories of which files without a language belong to the cells, because they have the cells' languages."""
    keeps_newer: bool = False
    """Keep files that the earlier version does not have."""

    @classmethod
    def from_choices(
        cls,
        *,
        categories: Iterable[str] = (),
        languages: Iterable[str] = (),
        paths: Iterable[str] = (),
        keeps_newer: bool = False,
        cells: Iterable[str] = (),
    ) -> RestoredPart:
        """Return the part of the choices.

        :raises CellError: a text names no cell.
        """
        return cls(
            categories=frozenset(map(Category, categories)),
            languages=frozenset(map(fold_language_tag, languages)),
            paths=frozenset(paths),
            keeps_newer=keeps_newer,
            cells=frozenset(map(SelectedCell.parse, cells)),
        )

    @property
    def has_area(self) -> bool:
        """Whether categories or languages are chosen."""
        return bool(self.categories or self.languages)

    def __bool__(self) -> bool:
        return bool(self.has_area or self.paths or self.cells)

    def includes(self, entry: ManifestEntry) -> bool:
        """Return whether a file belongs to the part.

        The session's own metadata.json never does.
        """
        if entry.is_metadata:
            return False
        return entry.path in self.paths or self.has(entry.category, entry.language)

    def has(self, category: Category, language: str | None = None) -> bool:
        """Return whether a category, in a language, belongs to the part.

        :param language: None for a value that belongs to no language or to all of them.
        """
        if any(cell.includes(category, language) for cell in self.cells):
            return True
        if language == "" and category in self.shared:
            return True
        if not self.has_area or (self.categories and category not in self.categories):
            return False
        if not self.languages:
            return True
        return fold_language_tag(language or "") in self.languages

    def describe(self) -> str:
        """Return for example `audio and translations in fr`, or `2 files`."""
        parts: list[str] = []
        if self.has_area:
            names = [category.noun for category in Category if category in self.categories]
            text = join_with_and(names) if names else sentence("everything")
            tags = [tag or sentence("no language") for tag in sorted(self.languages)]
            parts.append(
                sentence("%(what)s in %(languages)s", what=text, languages=join_with_and(tags))
                if tags
                else text
            )
        parts += describe_cells(self.cells)
        if self.paths:
            names = sorted(path.rpartition("/")[2] for path in self.paths)
            parts.append(
                join_with_and(names)
                if len(names) <= MESSAGE_PATHS
                else sentence("%(count)s files", count=Number(len(names)))
            )
        return join_with_and(parts)


def restore_entries(
    current: Iterable[ManifestEntry], earlier: Iterable[ManifestEntry], part: RestoredPart
) -> dict[str, ManifestEntry]:
    """Return the current entries, with the part as in the earlier version.

    By path.
    """
    entries = {entry.path: entry for entry in current if part.keeps_newer or not part.includes(entry)}
    entries.update({entry.path: entry for entry in earlier if part.includes(entry)})
    return entries


def restore_values(
    document: Mapping[str, Any], earlier: Mapping[str, Any], part: RestoredPart
) -> dict[str, Any]:
    """Return a metadata document with the part's values as in the earlier one.

    Texts belong to transcriptions and translations, voices to voice assignments, the video's name to the original video. What a
    person stated about target languages is restored with whole languages.
    """
    restored = dict(document)
    if part.has(Category.TRANSCRIPTIONS):
        restored["transcription_text"] = earlier.get("transcription_text") or ""
    if part.has(Category.ORIGINAL_VIDEO):
        restored["video_name"] = earlier.get("video_name") or ""
    restored["translations"] = _merge(document, earlier, "translations", part, Category.TRANSLATIONS)
    restored["voices"] = _merge(document, earlier, "voices", part, Category.VOICES)
    return write_edits(restored, _restore_edits(read_edits(document), read_edits(earlier), part))


def _merge(
    document: Mapping[str, Any], earlier: Mapping[str, Any], key: str, part: RestoredPart, category: Category
) -> dict[str, Any]:
    """Return values by language or speaker: those of the part as they were."""
    values: Mapping[str, Any] = document.get(key) or {}
    former: Mapping[str, Any] = earlier.get(key) or {}
    remaining = {
        tag: value for tag, value in values.items() if part.keeps_newer or not part.has(category, tag)
    }
    return {**remaining, **{tag: value for tag, value in former.items() if part.has(category, tag)}}


def _restore_edits(current: ProjectEdits, earlier: ProjectEdits, part: RestoredPart) -> ProjectEdits:
    keys = {key for key in (*current.voices, *earlier.voices) if part.has(Category.VOICES, key)}
    voices = {key: voice for key, voice in current.voices.items() if key not in keys}
    voices |= {key: voice for key, voice in earlier.voices.items() if key in keys}
    edits = replace(current, voices=voices)
    if part.categories or not part.languages:
        return edits
    for tag in (*current.added_languages, *current.excluded_languages):
        if fold_language_tag(tag) in part.languages:
            edits = edits.set_target(tag, Target.AUTOMATIC)
    for target, tags in (
        (Target.ADDED, earlier.added_languages),
        (Target.EXCLUDED, earlier.excluded_languages),
    ):
        for tag in tags:
            if fold_language_tag(tag) in part.languages:
                edits = edits.set_target(tag, target)
    return edits
