"""Template filters for progress by language."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dubbing_core.categories import Category
from dubbing_core.progress_matrix import Cell, CellState, ProgressMatrix
from dubbing_core.steps import Step
from sessions_app.templatetags.portal import icon

register = template.Library()

SHOWN_STEPS = {
    Step.TRANSLATED: ("Translation", Category.TRANSLATIONS),
    Step.VOICED: ("Audio", Category.AUDIO),
    Step.DUBBED: ("Dubbed video", Category.FINAL_VIDEOS),
    Step.MIXED: ("Mixed video", Category.MIXED_VIDEOS),
}
WORDS = {
    CellState.MISSING: "Missing",
    CellState.EMPTY: "Nothing readable",
    CellState.PARTIAL: "Partial",
    CellState.DONE: "Done",
}
ICONS = {"done": "check", "stale": "retry", "partial": "sliders", "empty": "warning"}


@dataclass(frozen=True, kw_only=True)
class ShownCell:
    """A cell as the page shows it."""

    step: str
    category: Category
    language: str
    cell: Cell

    @property
    def state(self) -> str:
        return "stale" if self.cell.stale else self.cell.state.value

    @property
    def word(self) -> str:
        return "Stale" if self.cell.stale else WORDS[self.cell.state]

    @property
    def note(self) -> str:
        """Why the cell is stale, or the number of its files."""
        cell = self.cell
        if cell.stale:
            filled = cell.files - cell.empty_files
            is_part = not cell.stale.is_inherited and 0 < cell.stale.files < filled
            some = f"{cell.stale.files} of {filled} files: " if is_part else ""
            return f"{some}{cell.stale.reason}"
        if cell.lines and (cell.state is not CellState.DONE or cell.lines.unvoiced_speakers):
            return cell.lines.summary
        if cell.state is CellState.PARTIAL:
            return "only parts, no complete result"
        if 0 < cell.empty_files < cell.files:
            return f"{cell.empty_files} of {cell.files} files are empty or unreadable"
        return f"{cell.files} files" if cell.files > 1 else ""


@dataclass(frozen=True, kw_only=True)
class MatrixRow:
    """A language; "" if it is unknown."""

    language: str
    cells: list[ShownCell]
    is_finished: bool


@register.filter
def matrix_steps(matrix: ProgressMatrix) -> list[str]:
    """Return the names of the columns; mixed videos only where there are some."""
    return [name for step, (name, _) in SHOWN_STEPS.items() if _is_shown(matrix, step)]


@register.filter
def matrix_rows(matrix: ProgressMatrix) -> list[MatrixRow]:
    """Return a row for each target language, and one for files in an unknown language."""
    unknown = [""] if any(not language for language, _ in matrix.cells) and "" not in matrix.languages else []
    return [
        MatrixRow(
            language=language,
            cells=[
                ShownCell(step=name, category=category, language=language, cell=matrix.cell(language, step))
                for step, (name, category) in SHOWN_STEPS.items()
                if _is_shown(matrix, step)
            ],
            is_finished=matrix.is_finished(language),
        )
        for language in [*matrix.languages, *unknown]
    ]


@register.simple_tag
def progress_cell(cell: ShownCell, page_url: str) -> SafeString:
    """Return the state of a cell as a link to its files, or as text if it has none.

    :param page_url: page that lists the files; "" if none does.
    """
    mark = icon(ICONS[cell.state]) if cell.state in ICONS else ""
    note = format_html('<span class="cell-note">{}</span>', cell.note) if cell.note else ""
    text = format_html('<span class="cell-state">{}{}</span>{}', mark, cell.word, note)
    if not cell.cell.files or not page_url:
        return format_html('<span class="cell {}">{}</span>', cell.state, text)
    query = {"category": cell.category.value} | ({"language": cell.language} if cell.language else {})
    return format_html(
        '<a class="cell {}" href="{}?{}#files">{}</a>', cell.state, page_url, urlencode(query), text
    )


@register.filter
def transcription_cell(matrix: ProgressMatrix) -> ShownCell:
    """Return the cell that all languages share."""
    return ShownCell(
        step="Transcription", category=Category.TRANSCRIPTIONS, language="", cell=matrix.transcribed
    )


def _is_shown(matrix: ProgressMatrix, step: Step) -> bool:
    return step is not Step.MIXED or any(each is Step.MIXED for _, each in matrix.cells)
