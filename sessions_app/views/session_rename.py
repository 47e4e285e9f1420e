"""Page that renames a session."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action
from sessions_app.http.lookups import get_session_or_404
from sessions_app.http.statuses import status_of
from sessions_app.operations.errors import OperationError
from sessions_app.operations.sessions.rename import rename_session
from sessions_app.views.page_view import SignedInRequest, page_view


@require_safe
@page_view
def form(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = get_session_or_404(request.user, code, Action.MANAGE)
    return render(request, "sessions/rename.html", {"session": session, "name": session.name})


@require_POST
@page_view
def rename(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = get_session_or_404(request.user, code, Action.MANAGE)
    name = request.POST.get("name", "")
    former = session.name
    try:
        rename_session(
            session=session,
            name=name,
            user=request.user,
            now=timezone.now(),
            previous_name=request.POST.get("previous_name"),
        )
    except OperationError as error:
        context = {"session": session, "name": name, "error": error.message}
        return render(request, "sessions/rename.html", context, status=status_of(error))
    if session.name != former:
        messages.success(
            request,
            gettext("“%(former)s” was renamed to “%(name)s”.") % {"former": former, "name": session.name},
        )
    return redirect("session-detail", session.code)
