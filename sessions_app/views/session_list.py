"""Pages with several sessions: list, new session, batch actions."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.progress import Stage
from sessions_app.access import Action, require, visible_to
from sessions_app.forms import BatchForm, SearchForm
from sessions_app.http.statuses import status_of
from sessions_app.models import DubbingSession
from sessions_app.operations.errors import OperationError
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.sessions.names import suggest_name
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.queries.keyset import Position
from sessions_app.queries.sessions import (
    SessionOrder,
    count_sessions,
    get_session_languages,
    get_session_page,
)
from sessions_app.views.errors import show_error
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.upload_page import upload_page


@require_safe
@page_view
def index(request: SignedInRequest) -> HttpResponse:
    search = SearchForm(request.GET).search()
    page = get_session_page(request.user, search, Position.from_query(request.GET))
    context = {
        "page": page,
        "session_count": count_sessions(request.user),
        "search": search,
        "orders": list(SessionOrder),
        "stages": list(Stage),
        "languages": get_session_languages(request.user),
    }
    return render(request, "sessions/list.html", context)


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


@require_POST
@page_view
def batch(request: SignedInRequest) -> HttpResponse:
    """Export several sessions, or move them to the trash."""
    form = BatchForm(request.POST)
    if not form.is_valid():
        problem = form.errors.get("codes", ["Choose an action for the sessions."])[0]
        messages.error(request, str(problem))
        return redirect("session-list")
    sessions_in_list = visible_to(request.user, DubbingSession.objects.live()).select_related("current")
    selected = list(sessions_in_list.filter(code__in=form.cleaned_data["codes"]))
    if not selected:
        messages.error(request, "These sessions were deleted or are already in the trash.")
        return redirect("session-list")
    if form.cleaned_data["action"] == "trash":
        for session in selected:
            require(request.user, Action.MANAGE, session)
        return _trash(request, selected)
    return _export(request, selected)


def _trash(request: SignedInRequest, selected: list[DubbingSession]) -> HttpResponse:
    count = trash_sessions(sessions=selected, now=timezone.now())
    moved = f"“{selected[0].name}” was" if count == 1 else f"{count} sessions were"
    messages.success(request, f"{moved} moved to the trash and can be restored there.", extra_tags="undo")
    return redirect("session-list")


def _export(request: SignedInRequest, selected: list[DubbingSession]) -> HttpResponse:
    queued = 0
    for session in selected:
        if session.current is None:
            messages.warning(request, f"“{session.name}” has no version yet, so there is nothing to export.")
            continue
        session.current.session = session
        try:
            request_export(version=session.current, owner=request.user, now=timezone.now())
        except OperationError as error:
            show_error(request, error)
        else:
            queued += 1
    if queued:
        messages.success(request, f"{queued} {'export was' if queued == 1 else 'exports were'} queued.")
    return redirect("job-list")
