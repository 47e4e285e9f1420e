"""Template tags and filters for comparisons of versions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.utils.formats import number_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind
from dubbing_core.comparison.documents import ValueDifference
from dubbing_core.comparison.files import FileDifference, Grouping
from dubbing_core.comparison.line_rows import LineRow
from dubbing_core.comparison.lines import LineKind
from dubbing_core.comparison.progress import CellDifference
from dubbing_core.comparison.words import mark_words
from dubbing_core.paths import escape_lines
from dubbing_core.progress import Stage
from dubbing_core.progress_matrix import Cell
from dubbing_core.project_edits import KEY as EDITS
from dubbing_core.selected_cells import ALL_LANGUAGES
from dubbing_core.text_part import TextPart
from dubbing_core.timeline.tracks import Segment
from sessions_app.queries.text_comparisons import has_comparable_lines
from sessions_app.templatetags.page_urls import page_url
from sessions_app.templatetags.progress import WORDS
from sessions_app.translation import localize

register = template.Library()

VALUE_LIMIT = 2000
"""In characters, of a value of the metadata that a page shows."""
VALUE_NAMES = {
    "video_name": gettext_lazy("Video"),
    "languages": gettext_lazy("Languages"),
    "transcription_text": gettext_lazy("Transcription"),
    "translations": gettext_lazy("Translation"),
    "voices": gettext_lazy("Voice"),
    "session_metadata": gettext_lazy("Session"),
    "pipeline_stage": gettext_lazy("Stage"),
    "source_language": gettext_lazy("Spoken language"),
    "checks": gettext_lazy("Checked by"),
}
STAGE = "pipeline_stage"
LINE_BADGES = {LineKind.NEW: "good", LineKind.REMOVED: "bad", LineKind.RETIMED: "accent"}
BADGES = {ChangeKind.NEW: "good", ChangeKind.REMOVED: "bad", ChangeKind.MOVED: "accent"}


@dataclass(frozen=True, kw_only=True)
class GroupHeading:
    name: str
    count: int
    """Files of the group on all pages."""
    category: str
    """"" if the group is a folder."""


@register.simple_tag
def group_heading(difference: FileDifference, grouping: Grouping, counts: Mapping[str, int]) -> GroupHeading:
    """Return the heading of the group that a file belongs to."""
    group = difference.get_group(grouping)
    if grouping is Grouping.CATEGORY:
        return GroupHeading(name=Category(group).label, count=counts[group], category=group)
    return GroupHeading(name=group or gettext("Topmost folder"), count=counts[group], category="")


@register.simple_tag
def kind_badge(kind: str) -> SafeString:
    """Return the badge of a `ChangeKind`."""
    words = capfirst(localize(ChangeKind(kind).words))
    return format_html('<span class="badge {}">{}</span>', BADGES.get(ChangeKind(kind), "warn"), words)


@register.filter
def cell_step(difference: CellDifference) -> str:
    return localize(difference.step.label)


@register.filter
def cell_state(cell: Cell) -> str:
    """Return the class of a cell."""
    return "stale" if cell.stale else cell.state.value


@register.filter
def cell_word(cell: Cell) -> str:
    return gettext("Stale") if cell.stale else str(WORDS[cell.state])


@register.filter
def has_lines(difference: FileDifference) -> bool:
    """Return whether a file is a changed text, whose lines are compared."""
    return has_comparable_lines(difference)


@register.simple_tag(takes_context=True)
def lines_url(context: Context, path: str) -> str:
    """Return the address of the comparison of a text's lines."""
    query = {"from": context["before"].number, "to": context["after"].number, "path": path}
    return f"{page_url(context, 'session-compare-lines', context['session'].code)}?{urlencode(query)}"


@register.simple_tag
def mark_row(row: LineRow) -> tuple[SafeString, SafeString]:
    """Return the texts of a row as HTML, before and after."""
    before, after = row.mark()
    # Marks of direction belong to Arabic subtitles; each text is isolated by its own element.
    return render_parts(before, "del", show=str), render_parts(after, "ins", show=str)


@register.filter
def shift(time_ms: int) -> str:
    """Return for example `2.5 s later`."""
    seconds = number_format(abs(time_ms) / 1000, 3, force_grouping=True)
    separator = number_format(0.5, 1)[1]
    text = gettext("%(seconds)s s later") if time_ms > 0 else gettext("%(seconds)s s earlier")
    return text % {"seconds": seconds.rstrip("0").removesuffix(separator)}


@register.filter
def last_end(lines: Sequence[Segment]) -> int | None:
    """Return the end of the last line in milliseconds."""
    return lines[-1].end_ms


@register.simple_tag
def line_badge(row: LineRow) -> SafeString:
    kind = row.kind.label
    return format_html('<span class="badge {}">{}</span>', LINE_BADGES.get(row.kind, "warn"), kind)


@register.filter
def value_name(difference: ValueDifference) -> str:
    """Return the name of a value of the metadata, such as "Voice, hi"."""
    key = difference.key
    if key[:2] == ("session_metadata", EDITS):
        key = key[2:]
        if key[0] == "checks":
            language, _, category = key[1].partition(":")
            label = localize(Category(category).label) if category in set(Category) else category
            key = ("checks", label) if language == ALL_LANGUAGES else ("checks", language, label)
    return ", ".join(str(VALUE_NAMES.get(name, name)) for name in key)


@register.filter
def marked_before(difference: ValueDifference) -> SafeString:
    """Return the former value with its removed words marked."""
    return render_parts(_mark(difference)[0], "del")


@register.filter
def marked_after(difference: ValueDifference) -> SafeString:
    """Return the new value with its added words marked."""
    return render_parts(_mark(difference)[1], "ins")


def render_parts(
    parts: Iterable[TextPart], name: str, *, show: Callable[[str], str] = escape_lines
) -> SafeString:
    """Return parts of a text as HTML, the marked ones as `<mark>`.

    :param show: by default makes invisible characters visible.
    """
    escaped = []
    for part in parts:
        text = conditional_escape(show(part.text))
        escaped.append(f'<mark class="{name}">{text}</mark>' if part.is_marked else text)
    return mark_safe("".join(escaped))  # noqa: S308 (each part is escaped)


def _mark(difference: ValueDifference) -> tuple[list[TextPart], list[TextPart]]:
    before, after = (
        _name_stage(text) if difference.key[-1] == STAGE else text
        for text in (_as_text(difference.before), _as_text(difference.after))
    )
    if difference.kind is not ChangeKind.CHANGED:
        return [TextPart(before, is_marked=False)], [TextPart(after, is_marked=False)]
    return mark_words(before, after)


def _name_stage(value: str) -> str:
    return localize(Stage(value).label) if value in set(Stage) else value


def _as_text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        text = ", ".join(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_LIMIT else f"{text[:VALUE_LIMIT]}…"
