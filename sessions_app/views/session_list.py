"""Pages of the list of sessions, and of a new one."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.progress import Stage
from sessions_app.forms.search import SearchForm, render_query
from sessions_app.http.statuses import status_of
from sessions_app.operations.errors import OperationError
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.sessions.names import suggest_name
from sessions_app.queries.derivatives import get_posters
from sessions_app.queries.jobs import has_worker
from sessions_app.queries.keyset import Position
from sessions_app.queries.marks import get_marks, list_filters, list_tags
from sessions_app.queries.sessions import (
    SessionOrder,
    count_sessions,
    get_session_languages,
    get_session_page,
    has_trash,
    list_owners,
)
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.sort_columns import COLUMNS
from sessions_app.views.upload_page import upload_page

CARDS, TABLE = "cards", "table"
VIEW_COOKIE = "list_view"
VIEW_AGE = timedelta(days=365)
MAX_DIGITS = 7
"""Of the number of a page."""


@require_safe
@upload_page
@page_view
def index(request: SignedInRequest) -> HttpResponse:
    search = SearchForm(request.GET).search()
    page = get_session_page(
        request.user, search, Position.from_query(request.GET), parse_number(request.GET.get("page"))
    )
    view = _choose_view(request)
    query = render_query(search)
    saved_filters = list_filters(request.user)
    address = urlencode(query)
    tags = list_tags(request.user)
    context = {
        "page": page,
        "marks": get_marks(request.user, page),
        "posters": get_posters(page),
        "session_count": page.total if search.is_empty else count_sessions(request.user),
        "has_trash": partial(has_trash, request.user),
        "search": search,
        "query": address,
        "orders": list(SessionOrder),
        "stages": list(Stage),
        "languages": get_session_languages(request.user),
        "tags": tags,
        "has_tag": any(tag.name == search.tag for tag in tags),
        "saved_filters": saved_filters,
        "saved_filter": next((each for each in saved_filters if each.query == address), None),
        "owners": list_owners(request.user),
        "view": view,
        "columns": [column.show(search, query) for column in COLUMNS],
        "has_worker": partial(has_worker, now=timezone.now()),
    }
    response = render(request, "sessions/list.html", context)
    if view != request.COOKIES.get(VIEW_COOKIE, CARDS):
        response.set_cookie(
            VIEW_COOKIE, view, max_age=VIEW_AGE, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


def _choose_view(request: SignedInRequest) -> str:
    """Return the view that the address asks for, or the last one."""
    candidates = (request.GET.get("view"), request.COOKIES.get(VIEW_COOKIE))
    return next((each for each in candidates if each in {CARDS, TABLE}), CARDS)


def parse_number(text: str | None) -> int | None:
    """Return the number of a page, or None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < MAX_DIGITS else None


@require_safe
@upload_page
@page_view
def new(request: SignedInRequest) -> HttpResponse:
    return render(request, "sessions/new.html")


@require_POST
@upload_page
@page_view
def create(request: SignedInRequest) -> HttpResponse:
    """Create an empty session: what the form of a new session does without its script."""
    name = request.POST.get("name", "")
    requested = name.strip() or suggest_name(
        owner=request.user, video_filename=None, now=timezone.localtime()
    )
    try:
        session = create_session(owner=request.user, name=requested, now=timezone.now())
    except OperationError as error:
        context = {"name": name, "error": error.message}
        return render(request, "sessions/new.html", context, status=status_of(error))
    return redirect("session-detail", session.code)
