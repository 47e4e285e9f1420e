"""Pages of the trash: restore sessions, delete them permanently."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action, manageable_by
from sessions_app.forms.batch import TrashForm
from sessions_app.forms.search import SearchForm, render_query
from sessions_app.http.lookups import get_session_or_404, get_trashed_session_or_404
from sessions_app.models import DubbingSession
from sessions_app.models.bulk import select_numbers
from sessions_app.models.session import DubbingSessionQuerySet
from sessions_app.operations.errors import OperationError
from sessions_app.operations.sessions.permanent_deletion import (
    CONFIRMATION,
    check_confirmation,
    delete_permanently,
)
from sessions_app.operations.sessions.trash import trash_sessions, untrash_session
from sessions_app.queries.derivatives import get_posters
from sessions_app.queries.keyset import Position
from sessions_app.queries.sessions import SessionSearch, get_trash_page
from sessions_app.translation import localize_number, localize_size
from sessions_app.views.errors import run_with_message, show_error
from sessions_app.views.marks import go_back
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.session_batch import restore_with_messages, select_sessions
from sessions_app.views.session_list import parse_number

COLLECTION_HOURS = 2
"""Garbage is collected every hour: one run starts the grace period of a blob, another one ends it."""


@require_safe
@page_view
def index(request: SignedInRequest) -> HttpResponse:
    search = SessionSearch(text=SearchForm(request.GET).search().text)
    page = get_trash_page(
        request.user, search, Position.from_query(request.GET), parse_number(request.GET.get("page"))
    )
    context = {
        "page": page,
        "posters": get_posters(page),
        "search": search,
        "query": urlencode(render_query(search)),
        "retention": settings.TRASH_RETENTION,
        "confirmation": CONFIRMATION,
        "disk_hours": settings.GARBAGE_GRACE // timedelta(hours=1) + COLLECTION_HOURS,
    }
    return render(request, "sessions/trash.html", context)


@require_POST
@page_view
def trash(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = get_session_or_404(request.user, code, Action.MANAGE)
    trash_sessions(sessions=[session], now=timezone.now())
    messages.success(
        request,
        gettext("“%(name)s” was moved to the trash.") % {"name": session.name},
        extra_tags=f"undo-{session.code}",
    )
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
def batch(request: SignedInRequest) -> HttpResponseBase:
    """Restore the selected sessions, or delete them permanently."""
    form = TrashForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.problem)
        return go_back(request, "session-trash-list")
    try:
        keys = [session.pk for session in select_sessions(request, form, trashed=True)]
    except OperationError as error:
        show_error(request, error)
        return go_back(request, "session-trash-list")
    rows = DubbingSession.objects.filter(pk__in=select_numbers(keys)).trashed()
    selected = manageable_by(request.user, rows)
    if form.cleaned_data["action"] == "delete":
        return _delete(request, selected, confirmation=form.cleaned_data["confirmation"])
    restore_with_messages(request, list(selected.order_by("trashed_at", "pk")))
    return go_back(request, "session-trash-list")


@require_POST
@page_view
def empty(request: SignedInRequest) -> HttpResponseBase:
    """Delete all sessions in the trash permanently."""
    sessions = manageable_by(request.user, DubbingSession.objects.all())
    return _delete(request, sessions, confirmation=request.POST.get("confirmation", ""))


def _restore(request: SignedInRequest, session: DubbingSession) -> None:
    old_name = session.name
    restored = untrash_session(session=session, user=request.user, now=timezone.now())
    text = gettext("“%(old_name)s” was restored.")
    if restored.name != old_name:
        text = gettext("“%(old_name)s” was restored as “%(name)s”, because its name is in use.")
    messages.success(request, text % {"old_name": old_name, "name": restored.name})


def _delete(
    request: SignedInRequest, sessions: DubbingSessionQuerySet, *, confirmation: str
) -> HttpResponseBase:
    try:
        check_confirmation(confirmation)
        deletion = delete_permanently(sessions=sessions, now=timezone.now())
    except OperationError as error:
        show_error(request, error)
        return go_back(request, "session-trash-list")
    if not deletion.count:
        messages.error(request, gettext("These sessions were restored or deleted already."))
        return go_back(request, "session-trash-list")
    text = ngettext(
        "%(count)s session was deleted permanently, %(size)s.",
        "%(count)s sessions were deleted permanently, %(size)s.",
        deletion.count,
    )
    count = localize_number(deletion.count)
    messages.success(request, text % {"count": count, "size": localize_size(deletion.size)})
    return go_back(request, "session-trash-list")
