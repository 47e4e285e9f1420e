"""Pages of saves; the upload page's script saves through the API."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action
from sessions_app.http.lookups import get_job_or_404, get_session_or_404
from sessions_app.models import Job
from sessions_app.operations.errors import OperationError
from sessions_app.operations.saves.retry import retry_on_top
from sessions_app.views.errors import show_retry_error
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.upload_page import upload_page


@require_safe
@upload_page
@page_view
def new(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = get_session_or_404(request.user, code, Action.EDIT)
    return render(request, "saves/new.html", {"session": session})


@require_POST
@page_view
def save_on_top(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Retry a save that met a conflict, on top of the current version."""
    job = get_job_or_404(request.user, code, Action.EDIT)
    if job.kind != Job.Kind.SAVE or job.session is None:
        messages.error(request, gettext("Only a save can be repeated on top of another version."))
        return redirect("job-detail", job.code)
    try:
        retry_on_top(job=job, now=timezone.now())
    except OperationError as error:
        show_retry_error(request, error)
    return redirect("session-detail", job.session.code)
