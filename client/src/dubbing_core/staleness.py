"""Staleness: results that are older than their inputs.

A result is compared with its inputs as they were in the version in which its bytes first appeared, not with the time of the last change:
audio of version 2 that is restored in version 5 is stale if the translation changed in between, and is not if the translation was restored too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from dubbing_core.checked_results import Check, CheckedResult
from dubbing_core.input_history import ComparedLines, InputHistory, Place
from dubbing_core.languages import fold_language_tag
from dubbing_core.manifest import ManifestEntry
from dubbing_core.own_texts import NO_OWN_TEXTS, OwnTexts, find_own_texts, get_cell_contents, get_cell_since
from dubbing_core.progress_matrix import Cell, ProgressMatrix, compute_document_progress
from dubbing_core.project_edits import read_edits
from dubbing_core.selected_cells import ALL_LANGUAGES, SelectedCell
from dubbing_core.stale_results import Input, Staleness
from dubbing_core.stale_warnings import CATEGORIES
from dubbing_core.steps import Step
from dubbing_core.voice_changes import digest_voices

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
LINE_INPUTS = {Step.TRANSLATED: Input.TRANSCRIBED, Step.VOICED: Input.TRANSLATED}
"""Inputs of which the lines are compared."""
NO_CHECKS: Mapping[Any, KnownCheck] = MappingProxyType({})
NO_CONTENTS: Mapping[str, str] = MappingProxyType({})
DIGEST_LENGTH = 12


@dataclass(frozen=True, kw_only=True)
class KnownCheck:
    """A person's check of a cell, and the version in which it was made."""

    version: int
    check: Check

    def covers(self, cell: Cell, contents: Mapping[str, str]) -> bool:
        """Return whether all files of a cell were checked."""
        digests = {contents[path] for path in cell.paths}
        return bool(digests) and self.check.covers(digests) == digests

    def correct_since(
        self, cell: Cell, contents: Mapping[str, str], since: Mapping[str, int]
    ) -> Mapping[str, int]:
        """Return the version from which inputs each file counts as made, by path."""
        covered = self.check.covers(contents[path] for path in cell.paths)
        return {
            path: max(since[path], self.version) if contents[path] in covered else since[path]
            for path in cell.paths
        }


@dataclass(frozen=True, kw_only=True)
class OutdatedResult:
    """Files of a cell that are older than the text from which they are made."""

    language: str
    step: Step
    paths: tuple[str, ...]
    """Of all files of the cell."""
    since: Mapping[str, int]
    """Version in which each outdated file first appeared, by path."""
    changes: tuple[int, ...]
    """Versions that changed the text, oldest first."""
    stale: Staleness | None
    """Why whole files are stale; None if only lines in them may be."""
    check: KnownCheck | None = None
    """A person's check of the cell."""

    @property
    def place(self) -> Place:
        """Of the text."""
        return _get_place(self.language, LINE_INPUTS[self.step])

    @property
    def name(self) -> str:
        """Name of the cell among the compared ones."""
        return self.language if self.step is Step.VOICED else f"{self.language}*{self.step.value}"

    def compute_key(self, text: str, since: Mapping[str, int]) -> str:
        """Return a digest of everything on which the comparison of its lines depends.

        :param text: digest of the current text.
        """
        checked = [f"checked\0{self.check.version}\0{self.check.check.key}"] if self.check else []
        return _digest([text, *checked, *(f"{path}\0{since[path]}" for path in self.paths)])


CompareLines = Callable[[OutdatedResult], "Staleness | None"]
"""Returns why outdated files are stale, by their lines; None if the text of none of them changed."""


def compute_input_digests(
    matrix: ProgressMatrix,
    document: Mapping[str, Any],
    *,
    contents: Mapping[str, str],
    own_texts: OwnTexts = NO_OWN_TEXTS,
) -> dict[Place, str]:
    """Return digests of everything from which results are made.

    :param contents: digest of each file, by path. Files of equal digests are equal for those who work with them.
    :param own_texts: lines of cells in files with several texts.
    """
    digests = {("", Input.SOURCE): _digest([contents[path] for path in matrix.source_paths])}
    for language, step in matrix.places:
        if step is Step.MIXED:
            continue
        cell = matrix.cell(language, step)
        texts = _get_text(document, language, step) if cell.has_results and not cell.paths else ""
        own = own_texts.get((language, step), {})
        of_cell = get_cell_contents(contents, cell, own)
        digests[language, Input(step.value)] = _digest(
            [texts] if texts else [of_cell[path] for path in cell.paths if own.get(path, True)]
        )
    voices = document.get("voices")
    if isinstance(voices, Mapping):
        for language in matrix.languages:
            digests[language, Input.VOICES] = digest_voices(voices, language)
    return {place: digest for place, digest in digests.items() if digest}


def compute_progress_history(
    document: Mapping[str, Any],
    files: Collection[ManifestEntry],
    *,
    since: Mapping[str, int],
    history: InputHistory,
    number: int,
    compare_lines: CompareLines | None = None,
) -> tuple[ProgressMatrix, InputHistory]:
    """Return the progress of a version with its stale cells, and the history.

    :param since: version in which the contents of each file first appeared, by path.
    :param history: up to the version before it.
    :param compare_lines: None until the texts were read: then whole files count, unless the version before had the same ones.
    """
    history = history.restrict_to(files)
    files = history.empty_unreadable(files)
    matrix = compute_document_progress(document, files)
    contents = history.get_contents(files)
    own_texts = find_own_texts(matrix, files, history)
    digests = compute_input_digests(matrix, document, contents=contents, own_texts=own_texts)
    history = history.advance(digests, number=number)
    since = history.correct_since(files, since)
    compared: dict[str, ComparedLines] = {}

    def compare_or_recall(outdated: OutdatedResult) -> Staleness | None:
        place = (outdated.language, outdated.step)
        of_cell = get_cell_since(since, matrix.cell(*place), own_texts.get(place))
        key = outdated.compute_key(digests[outdated.place], of_cell)
        known = history.compared_lines.get(outdated.name)
        if compare_lines is not None:
            known = ComparedLines(key, compare_lines(outdated))
        elif known is None or known.key != key:
            return outdated.stale
        compared[outdated.name] = known
        return known.stale

    checks = _find_checks(document, matrix, history, digests, number)
    stale = find_stale(
        matrix,
        history,
        since=since,
        compare_lines=compare_or_recall,
        checks=checks,
        contents=contents,
        own_texts=own_texts,
    )
    matrix = matrix.mark_stale(stale).mark_checked(
        {
            place: CheckedResult(version=known.version, by=known.check.by, at=known.check.at)
            for place, known in checks.items()
            if place not in stale
            and known.covers(
                (cell := matrix.cell(*place)), get_cell_contents(contents, cell, own_texts.get(place))
            )
        }
    )
    names = {name_cell(*place): (known.version, known.check.key) for place, known in checks.items()}
    return matrix, replace(history, compared_lines=compared, checks=names)


def name_cell(language: str, step: Step) -> str:
    """Return the name of a cell in selections and checks."""
    key = ALL_LANGUAGES if step is Step.TRANSCRIBED else fold_language_tag(language)
    return str(SelectedCell(key, CATEGORIES[step]))


def describe_inputs(language: str, step: Step, digests: Mapping[Place, str]) -> dict[str, str]:
    """Return the digest of each input of a cell."""
    return {
        cause.value: digest for cause in INPUTS[step] if (digest := digests.get(_get_place(language, cause)))
    }


def _find_checks(
    document: Mapping[str, Any],
    matrix: ProgressMatrix,
    history: InputHistory,
    digests: Mapping[Place, str],
    number: int,
) -> dict[tuple[str, Step], KnownCheck]:
    """Return the checks in a document that were made of these inputs, or before."""
    checks = read_edits(document).checks
    found: dict[tuple[str, Step], KnownCheck] = {}
    for language, step in matrix.places if checks else ():
        name = name_cell(language, step)
        if (check := checks.get(name)) is None:
            continue
        version, key = history.checks.get(name, (number, ""))
        if key == check.key:
            found[language, step] = KnownCheck(version=version, check=check)
        elif dict(check.inputs) == describe_inputs(language, step, digests):
            # Otherwise a metadata.json of another time has it: nothing is known about today's inputs.
            found[language, step] = KnownCheck(version=number, check=check)
    return found


def estimate_history(document: Mapping[str, Any], files: Collection[ManifestEntry]) -> InputHistory:
    """Return the history of a version of which none was stored.

    Its inputs count as unchanged since version 1: what changes later makes its results stale.
    """
    matrix = compute_document_progress(document, files)
    contents = {file.path: file.sha256 for file in files}
    return InputHistory.empty().advance(compute_input_digests(matrix, document, contents=contents), number=1)


def find_stale(
    matrix: ProgressMatrix,
    history: InputHistory,
    *,
    since: Mapping[str, int],
    compare_lines: CompareLines = attrgetter("stale"),
    checks: Mapping[tuple[str, Step], KnownCheck] = NO_CHECKS,
    contents: Mapping[str, str] = NO_CONTENTS,
    own_texts: OwnTexts = NO_OWN_TEXTS,
) -> dict[tuple[str, Step], Staleness]:
    """Return the cells with results that must be made again.

    :param history: up to the matrix's version.
    :param since: version in which the contents of each file first appeared, by path.
    :param compare_lines: by default whole files count.
    :param checks: of cells; their files count as made from the inputs of that version.
    :param contents: digest of each file of these cells, by path.
    :param own_texts: lines of cells in files with several texts.
    """
    all_since, all_contents = since, contents
    stale: dict[tuple[str, Step], Staleness] = {}
    # Steps follow each other, so that a stale input is known before what was made from it.
    for step in Step:
        for language, each in matrix.places:
            cell = matrix.cell(language, step)
            if each is not step or not cell.has_results:
                continue
            check = checks.get((language, step))
            own = own_texts.get((language, step))
            contents, since = (
                get_cell_contents(all_contents, cell, own),
                get_cell_since(all_since, cell, own),
            )
            if check:
                since = check.correct_since(cell, contents, since)
            found = _compare_with_inputs(language, step, cell, history, since)
            if (
                cell.paths
                and step in LINE_INPUTS
                and (
                    found.cause is LINE_INPUTS[step]
                    if found
                    else _may_have_older_lines(language, step, history)
                )
            ):
                outdated = _describe_outdated((language, step), cell, history, since, found)
                found = compare_lines(replace(outdated, check=check))
            is_checked = check is not None and check.covers(cell, contents)
            checked_in = check.version if check and is_checked else 0
            found = found or _inherit(language, step, cell, stale, since, checked_in=checked_in)
            if found:
                stale[language, step] = found
    return stale


def _compare_with_inputs(
    language: str, step: Step, cell: Cell, history: InputHistory, since: Mapping[str, int]
) -> Staleness | None:
    for cause in reversed(INPUTS[step]):
        place = _get_place(language, cause)
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


def _may_have_older_lines(language: str, step: Step, history: InputHistory) -> bool:
    """Return whether lines of a translation may be older than its file.

    The transcript changed after the language was first translated, and the file was saved again.
    """
    changes = history.changes.get(_get_place(language, Input.TRANSCRIBED), ())
    own = history.changes.get((language, Input.TRANSLATED), ())
    if step is not Step.TRANSLATED or not own[1:] or not changes[1:]:
        return False
    return bool(changes[-1].digest) and changes[-1].version > own[0].version


def _get_place(language: str, cause: Input) -> Place:
    return ("" if cause in COMMON_INPUTS else language, cause)


def _describe_outdated(
    cell_place: tuple[str, Step],
    cell: Cell,
    history: InputHistory,
    since: Mapping[str, int],
    stale: Staleness | None,
) -> OutdatedResult:
    language, step = cell_place
    place = _get_place(language, LINE_INPUTS[step])
    outdated = {
        made
        for made in {since[path] for path in cell.paths}
        if history.find_change(place, since=made) is not None
    }
    return OutdatedResult(
        language=language,
        step=step,
        paths=cell.paths,
        since={path: since[path] for path in cell.paths if since[path] in outdated},
        changes=tuple(each.version for each in history.changes[place]),
        stale=stale,
    )


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
    *,
    checked_in: int,
) -> Staleness | None:
    """Return that an input is stale, unless a person checked the result afterwards."""
    for cause in reversed(INPUTS[step]):
        if cause in {Input.SOURCE, Input.VOICES}:
            continue
        found = stale.get((_get_place(language, cause)[0], Step(cause.value)))
        if found and found.changed_in > checked_in:
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
