"""Progress of a project by language and step, derived from labeled files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from dubbing_core.categories import Category
from dubbing_core.cell_gaps import LineCounts, ShortVideo, find_short_video
from dubbing_core.checked_results import CheckedResult
from dubbing_core.enums import StrEnum
from dubbing_core.labels import Role
from dubbing_core.languages import fold_language_tag
from dubbing_core.progress import Progress, Stage
from dubbing_core.project_edits import read_edits
from dubbing_core.sentences import sentence
from dubbing_core.stale_results import Staleness
from dubbing_core.steps import Step


class LabeledFile(Protocol):
    """A file with its size and label, such as an entry of a manifest."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def category(self) -> Category: ...
    @property
    def language(self) -> str: ...
    @property
    def role(self) -> Role: ...


class CellState(StrEnum):
    """Progress of one step in one language."""

    MISSING = "missing"
    EMPTY = "empty"
    """There are files, but all of them are empty or cannot be read."""
    PARTIAL = "partial"
    """Only files of which the result is made, such as lines of audio, or only damaged results."""
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Files of one step in one language."""

    state: CellState = CellState.MISSING
    files: int = 0
    empty_files: int = 0
    paths: tuple[str, ...] = field(default=(), repr=False)
    """Of the files that are not empty."""
    results: tuple[str, ...] = field(default=(), repr=False)
    """Those of them that complete the cell."""
    stale: Staleness | None = None
    """Why it must be made again, if it must."""
    lines: LineCounts | None = None
    """Of audio, where the names of the files state their lines."""
    shorter: ShortVideo | None = None
    """Of the longest video, if it is shorter than the source."""
    cut_files: int = 0
    """Number of media files that end before the length that they state, are damaged, or have no sound."""
    flaw: str = ""
    """What is wrong with the first of them, in a clause; empty if it is not known."""
    checked: CheckedResult | None = None
    """That a person found it to be right although an input changed."""

    @property
    def gaps(self) -> list[str]:
        """What is missing or does not fit, in clauses."""
        found = [self.lines.summary] if self.lines and self.lines.has_gaps else []
        if self.shorter:
            found.append(self.shorter.summary)
        if self.cut_files:
            found.append(self._describe_flaw(self.flaw or sentence("cut off")))
        if self.has_results and self.empty_files and not self.lines:  # the lines name what is missing
            count, total = self.empty_files, self.files
            found.append(
                sentence("%(count)s of %(total)s files are empty or unreadable", count=count, total=total)
            )
        return found

    def _describe_flaw(self, flaw: str) -> str:
        if self.files == 1:
            return flaw
        if self.cut_files == 1:
            return sentence("1 of %(total)s files: %(flaw)s", total=self.files, flaw=flaw)
        return sentence(
            "%(count)s of %(total)s files have problems, one of them: %(flaw)s",
            count=self.cut_files,
            total=self.files,
            flaw=flaw,
        )

    @property
    def is_done(self) -> bool:
        return self.state is CellState.DONE

    @property
    def has_results(self) -> bool:
        return self.state in {CellState.PARTIAL, CellState.DONE}


MISSING = Cell()
STEPS = {
    Category.TRANSCRIPTIONS: Step.TRANSCRIBED,
    Category.TRANSLATIONS: Step.TRANSLATED,
    Category.AUDIO: Step.VOICED,
    Category.FINAL_VIDEOS: Step.DUBBED,
    Category.MIXED_VIDEOS: Step.MIXED,
}
# Roles of a step's result, and of files that are only part of one; files in other roles count for nothing.
RESULTS = {
    Step.TRANSCRIBED: {Role.NONE, Role.TRANSCRIPT, Role.UNCONFIRMED, Role.PROJECT},
    Step.TRANSLATED: {Role.NONE, Role.TRANSLATION, Role.UNCONFIRMED, Role.PROJECT},
    Step.VOICED: {Role.NONE, Role.DUBBED_AUDIO},
    Step.DUBBED: {Role.NONE, Role.DUBBED_VIDEO},
    Step.MIXED: {Role.NONE, Role.MIXED_VIDEO},
}
PARTS = {
    Step.TRANSCRIBED: {Role.INTERMEDIATE, Role.BILINGUAL},
    Step.TRANSLATED: {Role.INTERMEDIATE, Role.BILINGUAL},
    Step.VOICED: {Role.SEGMENT},
    Step.DUBBED: set[Role](),
    Step.MIXED: set[Role](),
}
SOURCE_CATEGORIES = {Category.ORIGINAL_VIDEO, Category.TRANSCRIPTIONS}
SOURCE_ROLES = {Role.SOURCE_AUDIO, Role.IGNORED, Role.BILINGUAL}
SOURCES = {Role.NONE, Role.SOURCE}
VIDEO_STEPS = {Step.DUBBED, Step.MIXED}
TARGET_STEPS = (Step.TRANSLATED, Step.VOICED, Step.DUBBED, Step.MIXED)


@dataclass(frozen=True, kw_only=True)
class ProgressMatrix:
    """Cells of every target language; "" stands for files in an unknown language."""

    languages: tuple[str, ...]
    """Target languages."""
    cells: Mapping[tuple[str, Step], Cell]
    transcribed: Cell
    """The transcription is the source's, and common to all target languages."""
    empty_files: tuple[str, ...]
    """Paths of empty files in a category that should have results."""
    source_paths: tuple[str, ...] = ()
    """Files that are the source."""
    steps: tuple[Step, ...] = tuple(Step)
    """Columns: all, unless this is the matrix of a selected part."""
    selected: frozenset[tuple[str, Step]] | None = None
    """Language and step of the cells in a selected part; None if all are."""

    def cell(self, language: str, step: Step) -> Cell:
        return self.transcribed if step is Step.TRANSCRIBED else self.cells.get((language, step), MISSING)

    def is_selected(self, language: str, step: Step) -> bool:
        """Whether a cell is in the part; the state of others is not known."""
        return self.selected is None or step is Step.TRANSCRIBED or (language, step) in self.selected

    def has_video(self, language: str) -> bool:
        return self.cell(language, Step.DUBBED).is_done or self.cell(language, Step.MIXED).is_done

    def is_finished(self, language: str) -> bool:
        """Whether a language has a video and nothing of it is stale."""
        return self.has_video(language) and not any(self.cell(language, step).stale for step in Step)

    @property
    def finished_languages(self) -> list[str]:
        return [language for language in self.languages if self.is_finished(language)]

    @property
    def has_stale(self) -> bool:
        return any(self.cell(*place).stale for place in self.places)

    @property
    def places(self) -> Iterator[tuple[str, Step]]:
        """Language and step of each cell with files or texts.

        The transcription's language is "".
        """
        yield "", Step.TRANSCRIBED
        for language in dict.fromkeys((*self.languages, *(each for each, _ in self.cells))):
            yield from ((language, step) for step in TARGET_STEPS if (language, step) in self.cells)

    def mark_stale(self, stale: Mapping[tuple[str, Step], Staleness]) -> ProgressMatrix:
        """Return the matrix with the given cells stale."""
        cells = {place: replace(cell, stale=stale.get(place)) for place, cell in self.cells.items()}
        transcribed = replace(self.transcribed, stale=stale.get(("", Step.TRANSCRIBED)))
        return replace(self, cells=cells, transcribed=transcribed)

    def mark_checked(self, checked: Mapping[tuple[str, Step], CheckedResult]) -> ProgressMatrix:
        """Return the matrix with the checks of its cells."""
        if not checked:
            return self
        cells = {place: replace(cell, checked=checked.get(place)) for place, cell in self.cells.items()}
        transcribed = replace(self.transcribed, checked=checked.get(("", Step.TRANSCRIBED)))
        return replace(self, cells=cells, transcribed=transcribed)

    def with_lines(self, lines: Mapping[str, LineCounts]) -> ProgressMatrix:
        """Return the matrix with the counts of lines of audio, by language."""
        cells = dict(self.cells)
        for language, counts in lines.items():
            place = (language, Step.VOICED)
            cells[place] = replace(cells.get(place, MISSING), lines=counts)
        return replace(self, cells=cells)

    def with_media(self, durations: Mapping[str, int], flaws: Mapping[str, str]) -> ProgressMatrix:
        """Return the matrix with the gaps that the lengths of media files show.

        :param durations: milliseconds of videos, by path, as far as they are known.
        :param flaws: what is wrong with files that are cut off or damaged or have no sound, by path.
        """
        sources = [durations[path] for path in self.source_paths if path in durations]
        # Of several sources it is unknown which one a video was made of.
        source_ms = sources[0] if len(sources) == len(self.source_paths) == 1 else None
        return replace(
            self,
            cells={
                place: replace(
                    cell,
                    state=CellState.PARTIAL
                    if cell.is_done and cell.results and all(path in flaws for path in cell.results)
                    else cell.state,
                    shorter=find_short_video(cell.paths, durations, source_ms)
                    if place[1] in VIDEO_STEPS
                    else None,
                    cut_files=sum(path in flaws for path in cell.paths),
                    flaw=next((flaws[path] for path in cell.paths if path in flaws), ""),
                )
                for place, cell in self.cells.items()
            },
        )

    @property
    def progress(self) -> Progress:
        """The original session manager's four facts: results that exist in any language."""
        return Progress(
            has_transcription=self.transcribed.has_results,
            has_translations=self._has_any(Step.TRANSLATED),
            has_audio=self._has_any(Step.VOICED),
            has_videos=self._has_any(Step.DUBBED) or self._has_any(Step.MIXED),
        )

    @property
    def is_completed(self) -> bool:
        """Whether every target language has a translation and a video.

        Transcription and audio exist, and nothing is stale.
        """
        progress = self.progress
        return (
            progress.has_transcription
            and progress.has_audio
            and bool(self.languages)
            and all(self.cell(language, Step.TRANSLATED).has_results for language in self.languages)
            and all(map(self.is_finished, self.languages))
        )

    @property
    def stage(self) -> Stage:
        """The furthest stage reached, whether or not the stages before it exist."""
        return Stage.COMPLETED if self.is_completed else self.progress.furthest

    def _has_any(self, step: Step) -> bool:
        return any(cell.has_results for (_, each), cell in self.cells.items() if each is step)


def compute_matrix(
    files: Iterable[LabeledFile],
    *,
    targets: Collection[str] = (),
    excluded: Collection[str] = (),
    has_transcription_text: bool = False,
    translated_texts: Collection[str] = (),
) -> ProgressMatrix:
    """Compute the matrix of one version.

    :param targets: languages that a person added, or that the metadata names; each gets a row, also without files.
    :param excluded: languages that a person excluded.
    :param has_transcription_text: the metadata has a transcription, which needs no file.
    :param translated_texts: languages of translations in the metadata.
    """
    files = list(files)
    spelled: dict[str, str] = {}
    for tag in (*targets, *translated_texts):
        spelled.setdefault(fold_language_tag(tag), tag)
    labeled = _group(files)
    for key, step in labeled:
        if step is not Step.TRANSCRIBED:
            spelled.setdefault(key, labeled[key, step][0].language)
    _assign_unknown(labeled, spelled)
    for tag in excluded:
        spelled.pop(fold_language_tag(tag), None)
    empty = sorted({file.path for group in labeled.values() for file in group if file.size == 0})
    transcribed = _build_cell(
        Step.TRANSCRIBED, _choose_transcriptions(labeled.pop(("", Step.TRANSCRIBED), []))
    )
    if has_transcription_text and not transcribed.has_results:
        transcribed = Cell(state=CellState.DONE)
    cells = {
        (spelled.get(key, ""), step): _build_cell(step, group)
        for (key, step), group in labeled.items()
        if key in spelled or not key
    }
    for tag in translated_texts:
        if (key := fold_language_tag(tag)) not in spelled:
            continue  # excluded
        place = (spelled[key], Step.TRANSLATED)
        if not cells.get(place, MISSING).has_results:
            cells[place] = Cell(state=CellState.DONE)
    return ProgressMatrix(
        languages=tuple(spelled.values()),
        cells=cells,
        transcribed=transcribed,
        empty_files=tuple(empty),
        source_paths=tuple(
            file.path for file in files if file.category is Category.ORIGINAL_VIDEO and file.role in SOURCES
        ),
    )


def _group(files: Iterable[LabeledFile]) -> dict[tuple[str, Step], list[LabeledFile]]:
    """Return the files that count, by folded language and step."""
    labeled: dict[tuple[str, Step], list[LabeledFile]] = defaultdict(list)
    found: dict[tuple[Category, Role, str], list[list[LabeledFile]]] = {}
    for file in files:
        label = file.category, file.role, file.language
        if (groups := found.get(label)) is None:  # thousands of files have the same label
            groups = found[label] = [labeled[place] for place in _find_places(*label)]
        for group in groups:
            group.append(file)
    return labeled


def _find_places(category: Category, role: Role, language: str) -> Iterator[tuple[str, Step]]:
    """Yield folded language and step of the cells for which files with a label count."""
    step = STEPS.get(category)
    if step is None or role not in RESULTS[step] | PARTS[step]:
        return
    if role is Role.PROJECT:
        # A project file has both texts, but only its language proves that it was translated.
        yield "", Step.TRANSCRIBED
        if not language:
            return
    yield "" if step is Step.TRANSCRIBED else fold_language_tag(language), step


def _assign_unknown(labeled: dict[tuple[str, Step], list[LabeledFile]], spelled: dict[str, str]) -> None:
    """Count files in an unknown language for the only known one.

    With several known languages they count for none of them, but a translation may have all in one file.
    """
    known = [key for key in spelled if key]
    if "" not in spelled or not known:
        return
    for step in TARGET_STEPS:
        if len(known) == 1 or step is Step.TRANSLATED:
            files = labeled.pop(("", step), [])
            for key in known if files else ():
                labeled[key, step] = [*labeled.get((key, step), ()), *files]
    del spelled[""]


def _choose_transcriptions(files: list[LabeledFile]) -> list[LabeledFile]:
    """Return the files of the category where one has a transcription, else all.

    Other files are translations that have the lines of the source as well.
    """
    own = [file for file in files if file.category is Category.TRANSCRIPTIONS]
    has_result = any(file.size > 0 and file.role in RESULTS[Step.TRANSCRIBED] for file in own)
    return own if has_result else files


def _build_cell(step: Step, files: Collection[LabeledFile]) -> Cell:
    if not files:
        return MISSING
    filled = [file for file in files if file.size > 0]
    results = [file.path for file in filled if file.role in RESULTS[step]]
    unfinished = CellState.PARTIAL if filled else CellState.EMPTY
    return Cell(
        state=CellState.DONE if results else unfinished,
        files=len(files),
        empty_files=len(files) - len(filled),
        paths=tuple([file.path for file in filled]),
        results=tuple(results),
    )


def compute_document_progress(document: Mapping[str, Any], entries: Iterable[LabeledFile]) -> ProgressMatrix:
    """Return a version's progress, from its files and its document.

    The document has texts, target languages and those that a person excluded.
    """
    return compute_matrix(
        entries,
        targets=document.get("languages") or (),
        excluded=read_edits(document).excluded_languages,
        has_transcription_text=bool(document.get("transcription_text")),
        translated_texts=[tag for tag, text in (document.get("translations") or {}).items() if text],
    )


def list_target_languages(entries: Iterable[LabeledFile]) -> list[str]:
    """Return the languages of translated and dubbed files, in their order."""
    return [
        entry.language
        for entry in entries
        if entry.language and entry.category not in SOURCE_CATEGORIES and entry.role not in SOURCE_ROLES
    ]
