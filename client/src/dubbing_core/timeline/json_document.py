"""JSON of speech recognition and of dubbing tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dubbing_core.dialog_lines import LINE_LISTS
from dubbing_core.languages import parse_language_code, parse_language_tag
from dubbing_core.sentences import sentence
from dubbing_core.timeline.builder import Budget, TrackBuilder
from dubbing_core.timeline.dialog import Dialog
from dubbing_core.timeline.fields import find_fields, fold_key, read_string, read_times
from dubbing_core.timeline.json_stream import JsonStream, Path
from dubbing_core.timeline.tracks import Problems, Track, TrackKind, UnreadableError
from dubbing_core.timeline.words import WORD_LIMIT, Word, add_lines

NAME = "JSON"
LISTS = {
    key: rank
    for rank, key in enumerate(
        (
            "",
            *(name.casefold() for name in LINE_LISTS),
            "transcription",
            "subtitles",
            "cues",
            "results",
            "data",
        )
    )
}
"""Keys of lists of lines; the first one that has any counts."""
WORDS = {"words", "wordsegments", "tokens"}
TRANSLATIONS = {"translation", "translations", "translated", "languages", "languagetranslations"}
TRANSCRIPTS = {"transcription", "transcript", "transcriptions", "original", "source"}
SPOKEN_TEXT = ("text", "transcript", "transcription", "transcriptiontext", "fulltext")
TRANSLATED_TEXT = ("translatedtext", "translation", "text")
LANGUAGE = ("language", "languagecode", "lang", "sourcelanguage", "originallanguage", "sourcelang")
TARGET_LANGUAGE = ("targetlanguage", "translatelanguage", "targetlang")
VALUES_KEPT = 2000
LISTS_KEPT = 500
NESTING_LIMIT = 3


class Document:
    """What was found in a document so far."""

    def __init__(self, problems: Problems, budget: Budget) -> None:
        self._problems = problems
        self._budget = budget
        self._lists: dict[Path, Dialog] = {}
        self._values: dict[Path, str] = {}
        self._words: list[Word] = []

    def add(self, path: Path, value: Any, depth: int = 0) -> None:
        """Add a value, or an item of a list, at a path."""
        if isinstance(value, dict):
            if path and fold_key(path[-1]) in WORDS:
                self._add_word(value)
            else:
                self._add_line(path, value, depth)
        elif isinstance(value, str) and value:
            if path and len(self._values) < VALUES_KEPT:
                # The text of a list's items is joined: they are lines without times.
                if path in self._values or path in self._lists:
                    self._dialog(path).add_text(self._values.pop(path, ""))
                    self._dialog(path).add_text(value)
                else:
                    self._values[path] = value
            elif not path:
                self._dialog(path).add_text(value)

    def _add_line(self, path: Path, line: dict[str, Any], depth: int) -> None:
        if self._dialog(path).add(line) or depth >= NESTING_LIMIT:
            return
        for key, value in line.items():
            if isinstance(value, list) and fold_key(key) in LISTS:
                for item in value:
                    self.add((*path, key), item, depth + 1)

    def _add_word(self, item: Mapping[str, Any]) -> None:
        if len(self._words) >= WORD_LIMIT or any(not dialog.is_empty for dialog in self._lists.values()):
            return
        by_name = {fold_key(key): key for key in item}
        key = by_name.get("word") or by_name.get("text") or by_name.get("punctuatedword")
        if key is not None:
            fields = find_fields(item)
            speaker = read_string(item[fields.speaker]) if fields.speaker else ""
            self._words.append(Word(*read_times(item, fields), speaker, read_string(item[key])))

    def _dialog(self, path: Path) -> Dialog:
        dialog = self._lists.get(path)
        if dialog is None:
            if len(self._lists) >= LISTS_KEPT:
                raise UnreadableError(sentence("has more than %(lists_kept)s lists", lists_kept=LISTS_KEPT))
            dialog = self._lists[path] = Dialog(self._problems, self._budget)
        return dialog

    def build(self) -> list[Track]:
        """Return the tracks of the most specific source of text that has any."""
        language, target = self._find_language(LANGUAGE), self._find_language(TARGET_LANGUAGE)
        tracks = self._build_lists(language, target)
        if not tracks:
            tracks = self._build_languages()
        if not tracks and self._words:
            builder = TrackBuilder(self._problems, self._budget)
            add_lines(self._words, builder)
            tracks = [builder.build(TrackKind.TEXT, language)]
        return [track for track in tracks or self._build_text(language) if track.segments]

    def _build_lists(self, language: str, target: str) -> list[Track]:
        found: dict[tuple[TrackKind, str], list[Track]] = {}
        for path in sorted(self._lists, key=_rank):
            kind, own = _read_path(path)
            if kind is TrackKind.TEXT and path and fold_key(path[-1]) not in LISTS:
                continue
            # A key names the language of the translation; the original beside it is in the language of the document.
            tracks = self._lists[path].build(kind=kind, language=language, target=own or target)
            if tracks:
                found.setdefault((kind, own), tracks)
        if len(found) > 1:
            found.pop((TrackKind.TEXT, ""), None)
        return _remove_copies(track for tracks in found.values() for track in tracks)

    def _build_languages(self) -> list[Track]:
        """Return a track for each language of an object whose keys are languages."""
        by_parent: dict[Path, dict[str, str]] = {}
        for path, value in self._values.items():
            owner = path[:-1] if fold_key(path[-1]) in TRANSLATED_TEXT and len(path) > 1 else path
            by_parent.setdefault(owner[:-1], {}).setdefault(owner[-1], value)
        tracks = []
        for parent, texts in by_parent.items():
            is_named = bool(parent) and fold_key(parent[-1]) in TRANSLATIONS
            tags = {key: parse_language_tag(key) for key in texts}
            if is_named or all(tags.values()):
                for key, text in texts.items():
                    if tags[key]:
                        builder = TrackBuilder(self._problems, self._budget)
                        builder.add(None, None, "", text)
                        tracks.append(builder.build(TrackKind.TRANSLATION, tags[key]))
        return tracks

    def _build_text(self, language: str) -> list[Track]:
        for names, kind in ((SPOKEN_TEXT, TrackKind.TEXT), (TRANSLATED_TEXT, TrackKind.TRANSLATION)):
            for path, value in self._values.items():
                if fold_key(path[-1]) in names:
                    builder = TrackBuilder(self._problems, self._budget)
                    builder.add(None, None, "", value)
                    return [builder.build(kind, language if kind is TrackKind.TEXT else "")]
        return []

    def _find_language(self, names: tuple[str, ...]) -> str:
        for path, value in self._values.items():
            if fold_key(path[-1]) in names and (tag := parse_language_code(value[:40])):
                return tag
        return ""


def read(chunks: Iterator[str], problems: Problems, budget: Budget, *, is_lines: bool = False) -> list[Track]:
    """Read a document.

    :param is_lines: it is JSON Lines.
    """
    document = Document(problems, budget)
    for path, value in JsonStream(chunks).events(has_many_values=is_lines):
        document.add(path, value)
    return document.build()


def _remove_copies(tracks: Iterable[Track]) -> list[Track]:
    """Return the tracks without copies.

    Some tools repeat the original beside each translation.
    """
    different: list[Track] = []
    for track in tracks:
        if track not in different:
            different.append(track)
    return different


def _rank(path: Path) -> tuple[int, int]:
    return LISTS.get(fold_key(path[-1]) if path else "", len(LISTS)), len(path)


def _read_path(path: Path) -> tuple[TrackKind, str]:
    """Return the kind and language that the keys around a list state."""
    for at, key in enumerate(path):
        name = fold_key(key)
        around = fold_key(path[at - 1]) if at else ""
        may_be_language = around in TRANSLATIONS or (at == 0 and name not in LISTS)
        if may_be_language and (language := parse_language_tag(key)):
            return TrackKind.TRANSLATION, language
        if name in TRANSCRIPTS:
            return TrackKind.TRANSCRIPT, ""
    if any(fold_key(key) in TRANSLATIONS for key in path):
        return TrackKind.TRANSLATION, ""
    return TrackKind.TEXT, ""
