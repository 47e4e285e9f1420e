"""Search: the page of results, and results as one types."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dubbing_core.timeline.catalog import SOURCE_KEY
from sessions_app.http.lookups import get_session_or_404
from sessions_app.queries.keyset import Position
from sessions_app.queries.search import MAX_QUERY, TextSearch
from sessions_app.queries.search_places import FilePlace, find_line_place
from sessions_app.queries.search_results import describe_results, get_line_page
from sessions_app.queries.timelines import get_version_texts
from sessions_app.views.page_view import SignedInRequest, page_view

SESSIONS_PER_PAGE = 10
SUGGESTED_SESSIONS = 6
LINES_OF_SUGGESTION = 1
NUMBER = re.compile("[0-9]{1,8}")


@require_safe
@page_view
def results(request: SignedInRequest) -> HttpResponse:
    """Show a page of sessions with what was found in each."""
    search = _read_search(request)
    page = search.get_page(size=SESSIONS_PER_PAGE, position=Position.from_query(request.GET))
    context = {"search": search, "page": page, "results": describe_results(search, page.items)}
    return render(request, "search/results.html", context)


@require_safe
@page_view
def lines(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Show all lines of a session that match, a page at a time."""
    session = get_session_or_404(request.user, code)
    search = _read_search(request)
    page = get_line_page(search, session, after=request.GET.get("after", ""))
    return render(request, "search/lines.html", {"search": search, "session": session, "page": page})


@require_safe
@page_view
def line(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Lead to a line in the transcript of a session, or to its file.

    The latter if the transcript does not have the line. The key of its track depends on all texts.
    """
    session = get_session_or_404(request.user, code)
    if session.current is None:
        return redirect("session-detail", code)
    session.current.session = session
    texts = get_version_texts(session.current)
    index, number = _read_number(request, "track"), _read_number(request, "line")
    place = find_line_place(session, texts, path=request.GET.get("path", ""), index=index, number=number)
    address = reverse("version-transcript", args=[code, session.current.number])
    if place is None:  # the file was replaced in the meantime
        return redirect(address)
    if isinstance(place, FilePlace):
        return redirect(f"{reverse('session-detail', args=[code])}?{urlencode({'find': place.path})}#files")
    key = place.track.key
    shown = dict.fromkeys(each.key for each in texts.tracks if each.key in {SOURCE_KEY, key})
    target = {} if place.number is None else {"of": key, "line": place.number + 1}
    return redirect(f"{address}?{urlencode({'show': ','.join(shown)} | target)}")


@require_safe
@page_view
def suggestions(request: SignedInRequest) -> HttpResponse:
    """Return the options of the search box."""
    search = _read_search(request)
    page = search.get_page(size=SUGGESTED_SESSIONS)
    found = describe_results(search, page.items, line_limit=LINES_OF_SUGGESTION)
    return render(request, "search/_suggestions.html", {"search": search, "page": page, "results": found})


def _read_number(request: SignedInRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if NUMBER.fullmatch(text) else None


def _read_search(request: SignedInRequest) -> TextSearch:
    return TextSearch(request.user, request.GET.get("q", "").strip()[:MAX_QUERY])
