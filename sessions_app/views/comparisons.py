"""Comparison of two versions of a session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dubbing_core.comparison.files import Grouping
from dubbing_core.comparison.line_rows import LineRow, build_rows
from dubbing_core.comparison.lines import TrackComparison
from sessions_app.http.lookups import get_session_or_404
from sessions_app.queries.comparisons import (
    Comparison,
    FilePage,
    compare_versions,
    find_versions,
    get_difference_page,
    list_versions,
)
from sessions_app.queries.keyset import CursorError
from sessions_app.queries.text_comparisons import compare_texts, find_text
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.versions import MAX_SEARCH_LENGTH

DIGITS_LIMIT = 9
LINES_PER_PAGE = 100


@require_safe
@page_view
def detail(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Compare two versions; only the list of files with the parameter `part`.

    By default the current version and the one before it.
    """
    session = get_session_or_404(request.user, code)
    current = session.current.number if session.current else 0
    if current < 2:  # noqa: PLR2004 (two versions are compared)
        return render(request, "comparisons/detail.html", {"session": session})
    new = read_version_number(request, "to", current) or current
    old = read_version_number(request, "from", current) or (new - 1 if new > 1 else current)
    found = find_versions(session, [old, new])
    comparison = compare_versions(found[old], found[new])
    context = {
        "session": session,
        "before": found[old],
        "after": found[new],
        "comparison": comparison,
        **_list_files(request, comparison),
    }
    if "part" in request.GET:
        return render(request, "comparisons/_files.html", context)
    listed = {version.number: version for version in list_versions(session)} | found
    context["versions"] = [listed[number] for number in sorted(listed, reverse=True)]
    return render(request, "comparisons/detail.html", context)


@require_safe
@page_view
def lines(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Compare a text file line by line; only the lines with the parameter `part`."""
    session = get_session_or_404(request.user, code)
    current = session.current.number if session.current else 0
    old, new = (read_version_number(request, name, current) for name in ("from", "to"))
    if old is None or new is None:
        raise Http404
    found = find_versions(session, [old, new])
    before, after = (find_text(found[number], request.GET.get("path", "")) for number in (old, new))
    if before is None or after is None:
        raise Http404
    comparison = compare_texts(before, after)
    start = _read_start(request)
    rows = [(track, build_rows(track.lines.differences)) for track in comparison.tracks]
    total = sum(len(each) for _, each in rows)
    context = {
        "session": session,
        "before": found[old],
        "after": found[new],
        "comparison": comparison,
        "tracks": [
            {"track": track, "rows": each}
            for track, each in _cut(rows, start, start + LINES_PER_PAGE)
            if each
        ],
        "has_tracks": len(comparison.tracks) > 1,
        "total": total,
        "previous": max(0, start - LINES_PER_PAGE) if start else None,
        "next": start + LINES_PER_PAGE if start + LINES_PER_PAGE < total else None,
        "is_part": "part" in request.GET,
    }
    return render(
        request, "comparisons/_lines.html" if context["is_part"] else "comparisons/lines.html", context
    )


def _cut(
    rows: Sequence[tuple[TrackComparison, Sequence[LineRow]]], start: int, end: int
) -> Iterator[tuple[TrackComparison, Sequence[LineRow]]]:
    """Yield the rows of each track between two positions in all rows."""
    for track, each in rows:
        yield track, each[max(0, start) : max(0, end)]
        start, end = start - len(each), end - len(each)


def _read_start(request: SignedInRequest) -> int:
    text = request.GET.get("start", "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= DIGITS_LIMIT
    return int(text) if is_number else 0


def read_version_number(request: SignedInRequest, name: str, current: int) -> int | None:
    """Return the number of a version that exists; None for anything else."""
    text = request.GET.get(name, "").lstrip("v")
    if not text.isascii() or not text.isdecimal() or len(text) > DIGITS_LIMIT:
        return None
    return int(text) if 1 <= int(text) <= current else None


def _list_files(request: SignedInRequest, comparison: Comparison) -> dict[str, object]:
    groups = comparison.summary.groups
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "")[:MAX_SEARCH_LENGTH].strip()
    kind = kind if kind in groups else ""
    by = request.GET.get("by", "")
    grouping = Grouping(by) if by in set(Grouping) else Grouping.CATEGORY
    return {
        "choices": [
            {
                "words": each.words,
                "count": group.count,
                "is_chosen": each == kind,
                "next": None if each == kind else each.value,
            }
            for each, group in groups.items()
        ],
        "kind": kind,
        "text": text,
        "grouping": grouping,
        "groupings": list(Grouping),
        "page": _get_page(request, comparison, grouping=grouping, kind=kind, text=text),
    }


def _get_page(
    request: SignedInRequest, comparison: Comparison, *, grouping: Grouping, kind: str, text: str
) -> FilePage:
    def get(cursor: str) -> FilePage:
        return get_difference_page(comparison, grouping=grouping, kind=kind, text=text, cursor=cursor)

    try:
        return get(request.GET.get("after", ""))
    except CursorError:
        return get("")
