"""History of the inputs from which results are made, stored with each version."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dubbing_core.languages import fold_language_tag
from dubbing_core.manifest import ManifestEntry
from dubbing_core.stale_results import Input, Staleness
from dubbing_core.voice_changes import has_changed_voice

TRANSCRIPT = "*transcript"
"""Key of the transcript in a file with several texts."""
ANY_LANGUAGE = ""
"""Key of a translation that is the only one of its file, or whose language the file does not state."""
KEPT_CHANGES = 50
"""Of each input. Results that are older than all of them count as stale."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an input contained from a version on."""

    version: int
    digest: str
    """Of the contents without names; empty if there was nothing."""


Place = tuple[str, Input]
"""Language and input; the language of common inputs is ""."""


UNREADABLE_KEY = "*unreadable"
SAME_TEXTS_KEY = "*same_texts"
COMPARED_LINES_KEY = "*lines"
CHECKS_KEY = "*checks"
"""In the stored history, beside languages, which have no asterisk."""


@dataclass(frozen=True, slots=True)
class SameText:
    """Earliest contents with the same text.

    A tool wrote only other times, or another format.
    """

    sha256: str
    since: int
    """Version in which the session first had them."""
    own: Mapping[str, SameText] | None = None
    """Of a file that has, or had, several texts: the earliest contents with each, by folded language, `ANY_LANGUAGE` or `TRANSCRIPT`."""

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> SameText:
        """Return what `as_json` stored."""
        sha256, since, *own = row
        return cls(sha256, since, {key: cls(*each) for key, each in own[0].items()} if own else None)

    def as_json(self) -> list[Any]:
        """Return it as JSON values."""
        own = {key: [each.sha256, each.since] for key, each in (self.own or {}).items()}
        return [self.sha256, self.since, *([own] if own else [])]

    def find_transcript(self) -> SameText | None:
        """Return the transcript in a file with several texts, if it has one."""
        return (self.own or {}).get(TRANSCRIPT)

    def find_translation(self, language: str) -> SameText | None:
        """Return a translation in a file with several texts, if it has one."""
        own = self.own or {}
        return own.get(fold_language_tag(language)) or own.get(ANY_LANGUAGE)


@dataclass(frozen=True, slots=True)
class ComparedLines:
    """Result of comparing the lines of a language with their audio."""

    key: str
    stale: Staleness | None


@dataclass(frozen=True)
class InputHistory:
    """Contents of each input, oldest first."""

    changes: Mapping[Place, tuple[Contents, ...]]
    same_texts: Mapping[str, SameText] = field(default_factory=dict)
    """By the SHA-256 of a file whose text an earlier one had already, or that has several texts."""
    unreadable: frozenset[str] = frozenset()
    """SHA-256 of texts that cannot be read: they complete no step."""
    compared_lines: Mapping[str, ComparedLines] = field(default_factory=dict)
    """By language, as of the last version: texts are compared after a commit, and mostly the next one changes none of them."""
    checks: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Version in which a person checked a result, and the key of that check, by cell."""

    @classmethod
    def empty(cls) -> InputHistory:
        return cls({})

    def advance(self, digests: Mapping[Place, str], *, number: int) -> InputHistory:
        """Return the history with version ``number``.

        :param digests: of the inputs in it; others have nothing.
        """
        changes = dict(self.changes)
        for place in {*changes, *digests}:
            known = changes.get(place, ())
            digest = digests.get(place, "")
            if (known[-1].digest if known else "") != digest:
                changes[place] = (*known, Contents(number, digest))[-KEPT_CHANGES:]
        return replace(self, changes=changes)

    def with_texts(self, same_texts: Mapping[str, SameText], unreadable: Collection[str]) -> InputHistory:
        """Return the history with what reading the texts of the files resulted in."""
        return replace(self, same_texts=same_texts, unreadable=frozenset(unreadable))

    def restrict_to(self, files: Collection[ManifestEntry]) -> InputHistory:
        """Return the history without the texts of other files."""
        if not self.same_texts and not self.unreadable:
            return self
        present = {file.sha256 for file in files}
        same_texts = {key: same for key, same in self.same_texts.items() if key in present}
        return self.with_texts(same_texts, self.unreadable & present)

    def empty_unreadable(self, files: Iterable[ManifestEntry]) -> list[ManifestEntry]:
        """Return the files, those that cannot be read as empty ones."""
        if not self.unreadable:
            return list(files)
        return [replace(file, size=0) if file.sha256 in self.unreadable else file for file in files]

    def get_contents(self, files: Iterable[ManifestEntry]) -> dict[str, str]:
        """Return the digest of each file, by path.

        It is that of the earliest file with the same text.
        """
        if not self.same_texts:
            return {file.path: file.sha256 for file in files}
        return {
            file.path: same.sha256 if (same := self.same_texts.get(file.sha256)) else file.sha256
            for file in files
        }

    def correct_since(self, files: Iterable[ManifestEntry], since: Mapping[str, int]) -> dict[str, int]:
        """Return the version in which the text of each file first appeared, by path."""
        if not self.same_texts:
            return dict(since)
        earlier = {
            file.path: same.since for file in files if (same := self.same_texts.get(file.sha256)) is not None
        }
        return {**since, **{path: min(number, since[path]) for path, number in earlier.items()}}

    def find_change(self, place: Place, *, since: int) -> int | None:
        """Return the version that changed an input after another one.

        None if it is as it was, if there was nothing in that version, or if there is nothing now.
        """
        known = self.changes.get(place, ())
        if not known or not known[-1].digest:
            return None
        index = bisect_right([each.version for each in known], since) - 1
        if index < 0:
            # Nothing was there, or so many changes ago that it is not known any more.
            return known[-1].version if len(known) == KEPT_CHANGES else None
        now = known[-1].digest
        if place[1] is not Input.VOICES:
            before = known[index].digest
            return known[-1].version if before and before != now else None
        if not has_changed_voice(known[index].digest, now):
            return None
        # Later versions may have added voices of other speakers.
        later = range(len(known) - 1, index, -1)
        return next(known[at].version for at in later if has_changed_voice(known[at - 1].digest, now))

    @classmethod
    def from_dict(cls, stored: Mapping[str, Mapping[str, list[Any]]]) -> InputHistory:
        """Return what `as_dict` stored."""
        same_texts = {
            sha256: SameText.from_json(row) for sha256, row in stored.get(SAME_TEXTS_KEY, {}).items()
        }
        compared = {
            language: ComparedLines(key, Staleness.from_dict(stale[0]) if stale else None)
            for language, (key, *stale) in stored.get(COMPARED_LINES_KEY, {}).items()
        }
        return cls({
            (language, Input(name)): tuple(Contents(version, digest) for version, digest in rows)
            for language, inputs in stored.items()
            if language not in {SAME_TEXTS_KEY, UNREADABLE_KEY, COMPARED_LINES_KEY, CHECKS_KEY}
            for name, rows in inputs.items()
        }, same_texts, frozenset(stored.get(UNREADABLE_KEY, {}).get("", ())), compared, {
            cell: (version, key) for cell, (version, key) in stored.get(CHECKS_KEY, {}).items()
        })  # fmt: skip

    def as_dict(self) -> dict[str, dict[str, list[Any]]]:
        """Return it as JSON values.

        Language -> input -> version and digest of each change.
        """
        stored: dict[str, dict[str, list[Any]]] = {}
        if self.same_texts:
            stored[SAME_TEXTS_KEY] = {sha256: same.as_json() for sha256, same in self.same_texts.items()}
        if self.unreadable:
            stored[UNREADABLE_KEY] = {"": sorted(self.unreadable)}
        if self.compared_lines:
            stored[COMPARED_LINES_KEY] = {
                language: [each.key, *([each.stale.as_dict()] if each.stale else [])]
                for language, each in self.compared_lines.items()
            }
        if self.checks:
            stored[CHECKS_KEY] = {cell: list(check) for cell, check in self.checks.items()}
        for (language, source), rows in self.changes.items():
            stored.setdefault(language, {})[source.value] = [[each.version, each.digest] for each in rows]
        return stored
