"""Page with every component of the pages, for those who work on them."""

from __future__ import annotations

import json
from functools import cache

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dubbing_core.cell_gaps import LineCounts
from dubbing_core.progress_matrix import Cell, CellState, ProgressMatrix
from dubbing_core.stale_results import Input, Staleness
from dubbing_core.steps import Step
from sessions_app.queries.numbered_pages import NumberedPage
from sessions_app.views.page_view import SignedInRequest, page_view

COLORS = {
    "Surfaces": ("page", "surface", "raised", "sunken", "hover", "line", "line-strong"),
    "Text and accent": ("text", "muted", "accent", "accent-strong", "accent-soft"),
    "Messages": ("good", "good-soft", "warn", "warn-soft", "bad", "bad-soft"),
    "States": ("done", "done-soft", "part", "part-soft", "stale", "stale-soft", "none", "none-soft"),
}
SCRIPTS = {
    "en": "Today we look at rivers. 0:42.5",
    "hi": "आज हम नदियाँ देखेंगे।",
    "ar": "اليوم ننظر إلى الأنهار.",
    "he": "היום נסתכל על נהרות.",
    "th": "วันนี้เราดูแม่น้ำ",
    "ja": "今日は川を見ます。",
    "ko": "오늘은 강을 봅니다.",
    "zh-Hans": "今天我们看河流。",
}


MATRIX = ProgressMatrix(
    languages=("es", "hi", "fr"),
    transcribed=Cell(state=CellState.DONE, files=1),
    empty_files=(),
    cells={
        ("es", Step.TRANSLATED): Cell(state=CellState.DONE, files=1),
        ("es", Step.VOICED): Cell(state=CellState.DONE, files=13),
        ("es", Step.DUBBED): Cell(state=CellState.DONE, files=1),
        ("hi", Step.TRANSLATED): Cell(state=CellState.DONE, files=1),
        ("hi", Step.VOICED): Cell(
            state=CellState.DONE,
            files=12,
            stale=Staleness(cause=Input.TRANSLATED, changed_in=5, made_in=2, files=12),
        ),
        ("fr", Step.TRANSLATED): Cell(state=CellState.EMPTY, files=1, empty_files=1),
        ("fr", Step.VOICED): Cell(state=CellState.PARTIAL, files=41, lines=LineCounts(total=48, voiced=41)),
    },
)


@cache
def _read_icon_names() -> list[str]:
    file = settings.BASE_DIR / "frontend/icons.json"
    return sorted(json.loads(file.read_text(encoding="utf-8")))


@require_safe
@page_view
def page(request: SignedInRequest) -> HttpResponse:
    """Show the components in both themes, to staff only."""
    if not request.user.is_staff:
        raise Http404
    context = {
        "themes": ("light", "dark"),
        "colors": COLORS,
        "scripts": SCRIPTS,
        "icons": _read_icon_names(),
        "matrix": MATRIX,
        "page": NumberedPage(items=[], total=300, size=25, number=3),
    }
    return render(request, "styleguide/page.html", context)
