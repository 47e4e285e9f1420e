"""Staleness: results that are older than their inputs.

A result is compared with its inputs as they were in the version in which its bytes first appeared, not with the time of the last change:
audio of version 2 that is restored in version 5 is stale if the translation changed in between, and is not if the translation was restored too.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dubbing_core.manifest import ManifestEntry
from dubbing_core.progress_matrix import Cell, Input, ProgressMatrix, Staleness, compute_document_progress
from dubbing_core.steps import Step

INPUTS = {
    Step.TRANSCRIBED: (Input.SOURCE,),
    Step.TRANSLATED: (Input.TRANSCRIBED,),
    Step.VOICED: (Input.TRANSLATED, Input.VOICES),
    Step.DUBBED: (Input.SOURCE, Input.VOICED),
    Step.MIXED: (Input.SOURCE, Input.VOICED, Input.DUBBED),
}
"""What the files of each step are made from. If several changed, the last one is reported."""
COMMON_INPUTS = {Input.SOURCE, Input.TRANSCRIBED}
"""Those that all languages share."""
KEPT_CHANGES = 50
"""Of each input. Results that are older than all of them count as stale."""
DIGEST_LENGTH = 12


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
"""In the stored history, beside languages, which have no asterisk."""


@dataclass(frozen=True, slots=True)
class SameText:
    """Earlier contents with the same text.

    A tool wrote only other times, or another format.
    """

    sha256: str
    since: int
    """Version in which the session first had them."""


@dataclass(frozen=True)
class InputHistory:
    """Contents of each input, oldest first."""

    changes: Mapping[Place, tuple[Contents, ...]]
    same_texts: Mapping[str, SameText] = field(default_factory=dict)
    """By the SHA-256 of a file whose text an earlier one had already."""
    unreadable: frozenset[str] = frozenset()
    """SHA-256 of texts that cannot be read: they complete no step."""

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
        return [replace(file, size=0) if file.sha256 in self.unreadable else file for file in files]

    def get_contents(self, files: Iterable[ManifestEntry]) -> dict[str, str]:
        """Return the digest of each file, by path.

        It is that of the earliest file with the same text.
        """
        return {
            file.path: same.sha256 if (same := self.same_texts.get(file.sha256)) else file.sha256
            for file in files
        }

    def correct_since(self, files: Iterable[ManifestEntry], since: Mapping[str, int]) -> dict[str, int]:
        """Return the version in which the text of each file first appeared, by path."""
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
        before = known[index].digest
        return known[-1].version if before and before != known[-1].digest else None

    @classmethod
    def from_dict(cls, stored: Mapping[str, Mapping[str, list[Any]]]) -> InputHistory:
        """Return what `as_dict` stored."""
        same_texts = {sha256: SameText(*row) for sha256, row in stored.get(SAME_TEXTS_KEY, {}).items()}
        return cls({
            (language, Input(name)): tuple(Contents(version, digest) for version, digest in rows)
            for language, inputs in stored.items()
            if language not in {SAME_TEXTS_KEY, UNREADABLE_KEY}
            for name, rows in inputs.items()
        }, same_texts, frozenset(stored.get(UNREADABLE_KEY, {}).get("", ())))  # fmt: skip

    def as_dict(self) -> dict[str, dict[str, list[Any]]]:
        """Return it as JSON values.

        Language -> input -> version and digest of each change.
        """
        stored: dict[str, dict[str, list[Any]]] = {}
        if self.same_texts:
            stored[SAME_TEXTS_KEY] = {
                sha256: [same.sha256, same.since] for sha256, same in self.same_texts.items()
            }
        if self.unreadable:
            stored[UNREADABLE_KEY] = {"": sorted(self.unreadable)}
        for (language, source), rows in self.changes.items():
            stored.setdefault(language, {})[source.value] = [[each.version, each.digest] for each in rows]
        return stored


def compute_input_digests(
    matrix: ProgressMatrix, document: Mapping[str, Any], *, contents: Mapping[str, str]
) -> dict[Place, str]:
    """Return digests of everything from which results are made.

    :param contents: digest of each file, by path. Files of equal digests are equal for those who work with them.
    """
    digests = {("", Input.SOURCE): _digest(contents[path] for path in matrix.source_paths)}
    for language, step in matrix.places:
        if step is Step.MIXED:
            continue
        cell = matrix.cell(language, step)
        texts = _get_text(document, language, step) if cell.has_results and not cell.paths else ""
        digests[language, Input(step.value)] = (
            _digest([texts]) if texts else _digest(contents[path] for path in cell.paths)
        )
    voices = document.get("voices")
    for language in matrix.languages:
        if isinstance(voices, Mapping) and (voice := voices.get(language)):
            digests[language, Input.VOICES] = _digest([repr(voice)])
    return {place: digest for place, digest in digests.items() if digest}


def compute_progress_history(
    document: Mapping[str, Any],
    files: Collection[ManifestEntry],
    *,
    since: Mapping[str, int],
    history: InputHistory,
    number: int,
) -> tuple[ProgressMatrix, InputHistory]:
    """Return the progress of a version with its stale cells, and the history.

    :param since: version in which the contents of each file first appeared, by path.
    :param history: up to the version before it.
    """
    history = history.restrict_to(files)
    files = history.empty_unreadable(files)
    matrix = compute_document_progress(document, files)
    contents = history.get_contents(files)
    history = history.advance(compute_input_digests(matrix, document, contents=contents), number=number)
    since = history.correct_since(files, since)
    return matrix.mark_stale(find_stale(matrix, history, since=since)), history


def estimate_history(document: Mapping[str, Any], files: Collection[ManifestEntry]) -> InputHistory:
    """Return the history of a version of which none was stored.

    Its inputs count as unchanged since version 1: what changes later makes its results stale.
    """
    matrix = compute_document_progress(document, files)
    contents = {file.path: file.sha256 for file in files}
    return InputHistory.empty().advance(compute_input_digests(matrix, document, contents=contents), number=1)


def find_stale(
    matrix: ProgressMatrix, history: InputHistory, *, since: Mapping[str, int]
) -> dict[tuple[str, Step], Staleness]:
    """Return the cells with results that must be made again.

    :param history: up to the matrix's version.
    :param since: version in which the contents of each file first appeared, by path.
    """
    stale: dict[tuple[str, Step], Staleness] = {}
    # Steps follow each other, so that a stale input is known before what was made from it.
    for step in Step:
        for language, each in matrix.places:
            cell = matrix.cell(language, step)
            if each is not step or not cell.has_results:
                continue
            found = _compare_with_inputs(language, step, cell, history, since) or _inherit(
                language, step, cell, stale, since
            )
            if found:
                stale[language, step] = found
    return stale


def _compare_with_inputs(
    language: str, step: Step, cell: Cell, history: InputHistory, since: Mapping[str, int]
) -> Staleness | None:
    for cause in reversed(INPUTS[step]):
        place = ("" if cause in COMMON_INPUTS else language, cause)
        changes = {
            made: change
            for made in {since[path] for path in cell.paths} or _versions_of_text(language, step, history)
            if (change := history.find_change(place, since=made)) is not None
        }
        if changes:
            return Staleness(
                cause=cause,
                changed_in=max(changes.values()),
                made_in=min(changes),
                files=sum(since[path] in changes for path in cell.paths),
            )
    return None


def _versions_of_text(language: str, step: Step, history: InputHistory) -> set[int]:
    """Return the version from which a text in the metadata is."""
    known = history.changes.get((language, Input(step.value)), ()) if step is not Step.MIXED else ()
    return {known[-1].version} if known else set()


def _inherit(
    language: str,
    step: Step,
    cell: Cell,
    stale: Mapping[tuple[str, Step], Staleness],
    since: Mapping[str, int],
) -> Staleness | None:
    for cause in reversed(INPUTS[step]):
        if cause in {Input.SOURCE, Input.VOICES}:
            continue
        found = stale.get(("" if cause in COMMON_INPUTS else language, Step(cause.value)))
        if found:
            return Staleness(
                cause=cause,
                changed_in=found.changed_in,
                made_in=min((since[path] for path in cell.paths), default=found.made_in),
                files=len(cell.paths),
                is_inherited=True,
            )
    return None


def _get_text(document: Mapping[str, Any], language: str, step: Step) -> str:
    if step is Step.TRANSCRIBED:
        return str(document.get("transcription_text") or "")
    if step is Step.TRANSLATED:
        return str((document.get("translations") or {}).get(language) or "")
    return ""


def _digest(contents: Iterable[str]) -> str:
    """Return a digest of contents in any order; "" if there are none."""
    ordered = sorted(contents)
    if not ordered:
        return ""
    return hashlib.sha256("\n".join(ordered).encode()).hexdigest()[:DIGEST_LENGTH]
