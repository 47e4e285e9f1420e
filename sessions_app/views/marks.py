"""Tags and stars of a session, as forms and for scripts."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from sessions_app.access import Action
from sessions_app.http.lookups import get_session_or_404
from sessions_app.http.statuses import status_of
from sessions_app.models import DubbingSession
from sessions_app.operations.errors import OperationError
from sessions_app.operations.marks.stars import set_star
from sessions_app.operations.marks.tags import change_tags, split_tags
from sessions_app.queries.marks import list_tags, marks_of
from sessions_app.views.errors import show_error
from sessions_app.views.page_view import SignedInRequest, page_view


def is_partial(request: SignedInRequest) -> bool:
    """Return whether a script asks for the changed part of a page alone."""
    return request.headers.get("HX-Request") == "true"


def go_back(request: SignedInRequest, fallback: str, *arguments: object) -> HttpResponseBase:
    """Redirect to the page of the portal whose form was submitted."""
    page = request.POST.get("next") or request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return redirect(page)
    return redirect(fallback, *arguments)


@require_POST
@page_view
def star(request: SignedInRequest, code: UUID) -> HttpResponseBase:
    """Set the user's star if ``starred`` has a value, else remove it."""
    session = get_session_or_404(request.user, code)
    is_starred = bool(request.POST.get("starred"))
    set_star(user=request.user, session=session, is_starred=is_starred)
    if is_partial(request):
        return render(request, "sessions/_star.html", {"session": session, "is_starred": is_starred})
    return go_back(request, "session-detail", code)


@require_POST
@page_view
def tags(request: SignedInRequest, code: UUID) -> HttpResponseBase:
    """Put the tags in ``add`` on a session, and take those in ``remove`` off.

    Commas separate the former.
    """
    session = get_session_or_404(request.user, code, Action.EDIT)
    add = split_tags(request.POST.get("add", ""))
    problem = None
    try:
        change_tags(
            sessions=[session],
            user=request.user,
            now=timezone.now(),
            add=add,
            remove=request.POST.getlist("remove"),
        )
    except OperationError as error:
        problem = error
    if is_partial(request):
        return _render_tags(request, session, problem)
    if problem:
        show_error(request, problem)
    return go_back(request, "session-detail", code)


def _render_tags(
    request: SignedInRequest, session: DubbingSession, problem: OperationError | None
) -> HttpResponse:
    context = {
        "session": session,
        "tags": marks_of(request.user, session).tags,
        "known_tags": list_tags(request.user),
        "problem": problem.message if problem else "",
        "text": request.POST.get("add", "") if problem else "",
        "is_open": True,
    }
    return render(request, "sessions/_tags.html", context, status=status_of(problem) if problem else 200)
