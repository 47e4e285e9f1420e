"""Template filters for progress by language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from dubbing_core.categories import Category
from dubbing_core.languages import fold_language_tag
from dubbing_core.progress_matrix import Cell, CellState, ProgressMatrix
from dubbing_core.selected_cells import ALL_LANGUAGES, SelectedCell
from dubbing_core.selection import Selection
from dubbing_core.sentences import sentence
from dubbing_core.stale_warnings import list_stale
from dubbing_core.steps import Step
from dubbing_core.timeline.catalog import SOURCE_KEY
from sessions_app.language_names import localize_language
from sessions_app.models import Version
from sessions_app.templatetags.portal import icon
from sessions_app.translation import localize, localize_iso_date, localize_number, localize_stored

register = template.Library()

SHOWN_STEPS = {
    Step.TRANSLATED: (pgettext_lazy("column", "Translation"), Category.TRANSLATIONS),
    Step.VOICED: (pgettext_lazy("column", "Audio"), Category.AUDIO),
    Step.DUBBED: (pgettext_lazy("column", "Dubbed video"), Category.FINAL_VIDEOS),
    Step.MIXED: (pgettext_lazy("column", "Mixed video"), Category.MIXED_VIDEOS),
}
TEXTS = {Category.TRANSCRIPTIONS, Category.TRANSLATIONS}
WORDS = {
    CellState.MISSING: gettext_lazy("Missing"),
    CellState.EMPTY: gettext_lazy("Nothing readable"),
    CellState.PARTIAL: gettext_lazy("Partial"),
    CellState.DONE: gettext_lazy("Done"),
}
SHARED_NOTE = gettext_lazy("one file for several languages")
SHORT_NOTE = 20
"""Characters of a note that fits in a cell; longer ones are listed below the row."""
ICONS = {"done": "check", "stale": "retry", "partial": "sliders", "empty": "warning"}


@dataclass(frozen=True, kw_only=True)
class ShownCell:
    """A cell as the page shows it."""

    step: str
    category: Category
    language: str
    cell: Cell
    is_being_read: bool = False
    is_shared: bool = True
    """Whether the cell is in the part that a link shares."""

    @property
    def key(self) -> str:
        """Name of the cell in selections; the transcription belongs to all languages."""
        is_common = self.category is Category.TRANSCRIPTIONS
        return str(
            SelectedCell(ALL_LANGUAGES if is_common else fold_language_tag(self.language), self.category)
        )

    @property
    def lines_query(self) -> str:
        """Query of the transcript page for the lines of a gap, or the first changed ones.

        Empty without any.
        """
        key = fold_language_tag(self.language)
        stale = self.cell.stale.lines if self.cell.stale else None
        if not key:
            return ""
        if stale:
            of = key if self.category is Category.AUDIO else SOURCE_KEY
            numbers = ",".join(map(str, stale.numbers))
            return urlencode({"show": f"source,{key}", "line": numbers, "of": of}, safe=",")
        if self.cell.lines and self.cell.lines.gaps:
            return urlencode({"show": f"source,{key}", "silent": key}, safe=",")
        return ""

    @property
    def state(self) -> str:
        if not self.is_shared:
            return "unshared"
        return "stale" if self.cell.stale else self.cell.state.value

    @property
    def word(self) -> str:
        if self.is_being_read:
            return gettext("Being read")
        if not self.is_shared:
            return gettext("Not shared")
        return gettext("Stale") if self.cell.stale else str(WORDS[self.cell.state])

    @cached_property
    def note(self) -> str:
        """Why the cell is stale, or the number of its files."""
        cell = self.cell
        if cell.stale:
            filled = cell.files - cell.empty_files
            is_part = not cell.stale.is_inherited and not cell.stale.lines and 0 < cell.stale.files < filled
            reason = localize(cell.stale.reason)
            if is_part:
                values = {"count": cell.stale.files, "total": filled, "reason": reason}
                return gettext("%(count)s of %(total)s files: %(reason)s") % values
            return reason
        gaps = replace(cell, flaw=localize_stored(cell.flaw)).gaps
        if cell.lines and not cell.lines.has_gaps and cell.state is not CellState.DONE:
            is_whole = cell.lines.total and cell.state is CellState.PARTIAL and not cell.cut_files
            summary: str = cell.lines.summary
            if is_whole:
                summary = sentence("%(lines)s, not joined yet", lines=summary)
            gaps = [summary, *gaps]
        if cell.checked:
            by = cell.checked
            date = localize_iso_date(by.at)
            checked = sentence(
                "checked by %(user)s on %(date)s (v%(number)s)", user=by.by, date=date, number=by.version
            )
            gaps = [checked, *gaps]
        if gaps:
            return "; ".join(map(localize, gaps))
        if cell.state is CellState.PARTIAL:
            return gettext("only parts, no complete result")
        return gettext("%(count)s files") % {"count": localize_number(cell.files)} if cell.files > 1 else ""

    @property
    def has_long_note(self) -> bool:
        """Whether the row lists what the cell has no room for.

        A reason, or an available action.
        """
        is_checked = self.cell.stale is not None or self.cell.checked is not None
        return is_checked or bool(self.lines_query) or len(self.note) > SHORT_NOTE


@dataclass(frozen=True, kw_only=True)
class MatrixRow:
    """A language; "" if it is unknown."""

    language: str
    cells: list[ShownCell]
    is_finished: bool


@register.filter
def matrix_steps(matrix: ProgressMatrix) -> list[str]:
    """Return the names of the columns; mixed videos only where there are some."""
    return [str(name) for step, (name, _) in SHOWN_STEPS.items() if _is_shown(matrix, step)]


@register.filter
def matrix_rows(matrix: ProgressMatrix) -> list[MatrixRow]:
    """Return a row for each target language, and one for files in an unknown language."""
    unknown = [""] if any(not language for language, _ in matrix.cells) and "" not in matrix.languages else []
    return [
        MatrixRow(
            language=language,
            cells=[
                ShownCell(
                    step=str(name),
                    category=category,
                    language=language,
                    cell=matrix.cell(language, step),
                    is_shared=matrix.is_selected(language, step),
                )
                for step, (name, category) in SHOWN_STEPS.items()
                if _is_shown(matrix, step)
            ],
            is_finished=matrix.is_finished(language),
        )
        for language in [*matrix.languages, *unknown]
    ]


@register.simple_tag
def progress_cell(cell: ShownCell, page_url: str, is_being_read: object) -> SafeString:
    """Return the state of a cell as a link to its files, or as text if it has none.

    :param page_url: page that lists the files; "" if none does.
    :param is_being_read: the texts are not read yet, so that the state of their cells is not known.
    """
    cell = _adapt(cell, page_url, is_being_read)
    text = _describe(cell, shows_all_notes=cell.category is Category.TRANSCRIPTIONS)
    if not cell.cell.files or not page_url:
        return format_html('<span class="cell {}">{}</span>', cell.state, text)
    query = {"category": cell.category.value} | ({"language": cell.language} if cell.language else {})
    return format_html(
        '<a class="cell {}" href="{}?{}#files">{}</a>', cell.state, page_url, urlencode(query), text
    )


@register.simple_tag
def long_notes(row: MatrixRow, page_url: str, is_being_read: object) -> list[ShownCell]:
    """Return the cells of a row whose notes are listed below it.

    The parameters are those of `progress_cell`.
    """
    return [cell for each in row.cells if (cell := _adapt(each, page_url, is_being_read)).has_long_note]


def _adapt(cell: ShownCell, page_url: str, is_being_read: object) -> ShownCell:
    if is_being_read and cell.category in TEXTS and cell.cell.files and not cell.cell.stale:
        cell = replace(cell, cell=replace(cell.cell, state=CellState.MISSING, lines=None), is_being_read=True)
    if not page_url:  # a shared page, which names no users
        cell = replace(cell, cell=replace(cell.cell, checked=None))
    return cell


@register.simple_tag
def selectable_cell(
    cell: ShownCell, chosen: Collection[str], selectable: Collection[str], shared: Collection[str]
) -> SafeString:
    """Return the state of a cell with a check box.

    Without one if there is nothing to select.

    :param chosen: cells that are checked.
    :param selectable: cells with files.
    :param shared: those of them whose files have several languages; they are selected together.
    """
    if cell.key not in selectable:
        return format_html('<span class="cell {}">{}</span>', cell.state, _describe(cell))
    checked = SafeString(" checked") if cell.key in chosen else ""
    name = f"{localize_language(cell.language)} {cell.step}" if cell.language else cell.step
    is_shared = cell.key in shared
    return format_html(
        '<label class="cell selectable {}"><input type="checkbox" name="cell" value="{}"{}{}>'
        '<span class="visually-hidden">{}: </span>{}{}</label>',
        *(cell.state, cell.key, format_html(' data-shared="{}"', cell.category.value) if is_shared else ""),
        *(checked, name, _describe(cell), _note(str(SHARED_NOTE)) if is_shared else ""),
    )


def _describe(cell: ShownCell, *, shows_all_notes: bool = True) -> SafeString:
    mark = icon(ICONS[cell.state]) if cell.state in ICONS else ""
    note = _note(cell.note) if cell.note and (shows_all_notes or not cell.has_long_note) else ""
    return format_html('<span class="cell-state">{}{}</span>{}', mark, cell.word, note)


def _note(text: str) -> SafeString:
    return format_html('<span class="cell-note">{}</span>', text)


@register.filter
def transcription_cell(matrix: ProgressMatrix) -> ShownCell | None:
    """Return the cell that all languages share; None in a part without it."""
    if Step.TRANSCRIBED not in matrix.steps:
        return None
    return ShownCell(
        step=gettext("Transcription"), category=Category.TRANSCRIPTIONS, language="", cell=matrix.transcribed
    )


STALE_LISTED = 100


@register.inclusion_tag("sessions/_stale.html")
def stale_warning(version: Version, selection: Mapping[str, Any] | None = None) -> dict[str, object]:
    """Show which results in a version, or an exported part, are stale.

    :param selection: as an export stores it.
    """
    results = list_stale(version.progress_matrix, Selection.from_dict(selection or {}))
    listed = results[:STALE_LISTED]
    return {"results": listed, "more": len(results) - len(listed), "number": version.number}


def _is_shown(matrix: ProgressMatrix, step: Step) -> bool:
    return step in matrix.steps and (
        step is not Step.MIXED or any(each is Step.MIXED for _, each in matrix.cells)
    )
