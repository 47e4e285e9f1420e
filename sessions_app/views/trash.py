"""Pages of the trash: restore sessions, delete them permanently."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.sizes import format_size
from sessions_app.access import Action, manageable_by
from sessions_app.forms import TrashForm
from sessions_app.http.lookups import get_session_or_404, get_trashed_session_or_404
from sessions_app.models import DubbingSession
from sessions_app.models.session import DubbingSessionQuerySet
from sessions_app.operations.errors import OperationError
from sessions_app.operations.sessions.permanent_deletion import (
    CONFIRMATION,
    check_confirmation,
    delete_permanently,
)
from sessions_app.operations.sessions.trash import trash_sessions, untrash_session
from sessions_app.queries.keyset import Position
from sessions_app.queries.sessions import get_trash_page
from sessions_app.views.errors import run_with_message, show_error
from sessions_app.views.page_view import SignedInRequest, page_view


@require_safe
@page_view
def index(request: SignedInRequest) -> HttpResponse:
    page = get_trash_page(request.user, Position.from_query(request.GET))
    context = {"page": page, "retention": settings.TRASH_RETENTION, "confirmation": CONFIRMATION}
    return render(request, "sessions/trash.html", context)


@require_POST
@page_view
def trash(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = get_session_or_404(request.user, code, Action.MANAGE)
    trash_sessions(sessions=[session], now=timezone.now())
    messages.success(request, f"“{session.name}” was moved to the trash.", extra_tags=f"undo-{session.code}")
    return redirect("session-list")


@require_POST
@page_view
def untrash(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = get_trashed_session_or_404(request.user, code, Action.MANAGE)
    if not run_with_message(request, lambda: _restore(request, session)):
        return redirect("session-trash-list")
    return redirect("session-detail", session.code)


@require_POST
@page_view
def batch(request: SignedInRequest) -> HttpResponse:
    """Restore the selected sessions, or delete them permanently."""
    form = TrashForm(request.POST)
    if not form.is_valid():
        problem = form.errors.get("codes", ["Choose an action for the sessions."])[0]
        messages.error(request, str(problem))
        return redirect("session-trash-list")
    selected = manageable_by(
        request.user, DubbingSession.objects.filter(code__in=form.cleaned_data["codes"]).trashed()
    )
    if form.cleaned_data["action"] == "delete":
        return _delete(request, selected, confirmation=form.cleaned_data["confirmation"])
    sessions = list(selected.order_by("trashed_at", "pk"))
    if not sessions:
        messages.error(request, "These sessions were restored or deleted already.")
    for session in sessions:
        run_with_message(request, partial(_restore, request, session))
    return redirect("session-trash-list")


@require_POST
@page_view
def empty(request: SignedInRequest) -> HttpResponse:
    """Delete all sessions in the trash permanently."""
    sessions = manageable_by(request.user, DubbingSession.objects.all())
    return _delete(request, sessions, confirmation=request.POST.get("confirmation", ""))


def _restore(request: SignedInRequest, session: DubbingSession) -> None:
    old_name = session.name
    restored = untrash_session(session=session)
    suffix = f" as “{restored.name}”, because its name is in use" if restored.name != old_name else ""
    messages.success(request, f"“{old_name}” was restored{suffix}.")


def _delete(request: SignedInRequest, sessions: DubbingSessionQuerySet, *, confirmation: str) -> HttpResponse:
    try:
        check_confirmation(confirmation)
        deletion = delete_permanently(sessions=sessions, now=timezone.now())
    except OperationError as error:
        show_error(request, error)
        return redirect("session-trash-list")
    if not deletion.count:
        messages.error(request, "These sessions were restored or deleted already.")
        return redirect("session-trash-list")
    deleted = "1 session was" if deletion.count == 1 else f"{deletion.count} sessions were"
    messages.success(request, f"{deleted} deleted permanently, {format_size(deletion.size)}.")
    return redirect("session-trash-list")
