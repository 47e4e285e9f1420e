"""Progress by language of a version, and its stale results."""

from __future__ import annotations

from pydantic import BaseModel

from dubbing_core.cell_gaps import LineCounts as CoreLineCounts, ShortVideo as CoreShortVideo
from dubbing_core.progress_matrix import CellState, ProgressMatrix
from dubbing_core.selection import Selection
from dubbing_core.stale_results import Input, StaleLines as CoreStaleLines, Staleness
from dubbing_core.stale_warnings import list_stale
from dubbing_core.steps import Step
from sessions_app import models
from sessions_app.translation import localize


class StaleLines(BaseModel):
    """Lines whose text changed after the result that is made from them."""

    total: int
    """Lines of the text."""
    changed: int
    numbers: list[int]
    """Of the first changed ones, counted from 1."""

    @classmethod
    def of(cls, lines: CoreStaleLines) -> StaleLines:
        return cls(total=lines.total, changed=lines.changed, numbers=list(lines.numbers))


class Stale(BaseModel):
    """Why results must be made again."""

    cause: Input
    """The input that changed, or is stale itself."""
    changed_in: int
    """Version that changed it."""
    made_in: int
    """Version of the oldest result."""
    files: int
    lines: StaleLines | None
    """Of audio whose file names state their lines; for a translation, lines of the transcript."""
    reason: str

    @classmethod
    def of(cls, stale: Staleness) -> Stale:
        return cls(
            cause=stale.cause,
            changed_in=stale.changed_in,
            made_in=stale.made_in,
            files=stale.files,
            lines=StaleLines.of(stale.lines) if stale.lines else None,
            reason=localize(stale.reason),
        )


class StaleResult(Stale):
    """Files of a step in a language that must be made again."""

    language: str
    """Empty for the transcription, and for files in an unknown language."""
    step: Step

    @classmethod
    def list_of(cls, version: models.Version, selection: Selection) -> list[StaleResult]:
        """Return those in a part of a version."""
        return [
            cls(language=result.language, step=result.step, **Stale.of(result.stale).model_dump())
            for result in list_stale(version.progress_matrix, selection)
        ]


class LineCounts(BaseModel):
    """Lines of a language's text that have audio of their own."""

    total: int
    voiced: int
    gaps: list[int]
    """Numbers of the first lines without audio."""
    unvoiced_speakers: list[str]
    """The first speakers without an assigned voice, where voices are assigned to speakers."""
    too_long: list[int]
    """Numbers of the first lines whose audio is longer than they are, by more than 10 % and 0.3 seconds."""
    too_long_count: int

    @classmethod
    def of(cls, lines: CoreLineCounts) -> LineCounts:
        return cls(
            total=lines.total,
            voiced=lines.voiced,
            gaps=list(lines.gaps),
            unvoiced_speakers=list(lines.unvoiced_speakers),
            too_long=list(lines.too_long),
            too_long_count=lines.too_long_count,
        )


class ShortVideo(BaseModel):
    """A video that is shorter than its source, by more than 2 % and a second."""

    duration_ms: int
    source_ms: int

    @classmethod
    def of(cls, shorter: CoreShortVideo) -> ShortVideo:
        return cls(duration_ms=shorter.duration_ms, source_ms=shorter.source_ms)


class Checked(BaseModel):
    """A user's check of a stale result."""

    version: int
    """What changes after it makes the result stale again."""
    by: str
    at: str


class ProgressCell(BaseModel):
    """Files of one step in one language."""

    language: str
    """Empty for the transcription, and for files in an unknown language."""
    step: Step
    state: CellState
    files: int
    empty_files: int
    stale: Stale | None
    lines: LineCounts | None
    """Null until the texts were read, and where the names of audio files state no lines."""
    shorter_video: ShortVideo | None
    """The longest video of the language, if it is shorter than the source."""
    cut_files: int
    """Number of media files that end before the length that they state, are damaged, or have no sound."""
    gaps: list[str]
    """What is missing or does not fit, in clauses."""
    checked: Checked | None
    """That a user found it to be right although an input changed."""


class ProgressByLanguage(BaseModel):
    languages: list[str]
    """Target languages."""
    finished: list[str]
    """Those with a video and without stale results."""
    cells: list[ProgressCell]
    """Those with files or texts; others are missing."""
    is_read: bool
    """Whether the texts were read. Before, unreadable ones count as done, and lines are neither counted nor compared."""

    @classmethod
    def of(cls, matrix: ProgressMatrix, *, is_read: bool) -> ProgressByLanguage:
        cells = [
            ProgressCell(
                language=language,
                step=step,
                state=cell.state,
                files=cell.files,
                empty_files=cell.empty_files,
                stale=Stale.of(cell.stale) if cell.stale else None,
                lines=LineCounts.of(cell.lines) if cell.lines else None,
                shorter_video=ShortVideo.of(cell.shorter) if cell.shorter else None,
                cut_files=cell.cut_files,
                gaps=cell.gaps,
                checked=Checked(**cell.checked.as_dict()) if cell.checked else None,
            )
            for language, step in matrix.places
            if (cell := matrix.cell(language, step)).files or cell.has_results or cell.lines
        ]
        return cls(
            languages=list(matrix.languages),
            finished=matrix.finished_languages,
            cells=cells,
            is_read=is_read,
        )
