"""Saving files as a session's next version: the page whose script does it by the API, and what a conflict leaves."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action
from sessions_app.http.lookups import get_job_or_404, get_session_or_404
from sessions_app.models import Job
from sessions_app.operations.errors import OperationError
from sessions_app.operations.saves.retry import retry_on_top
from sessions_app.views.errors import SignedInRequest, page_view
from sessions_app.views.upload_page import sends_files


@require_safe
@sends_files
@page_view
def page(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = get_session_or_404(request.user, code, Action.EDIT)
    return render(request, "saves/new.html", {"session": session})


@require_POST
@page_view
def on_top(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Save again what met a conflict, on top of what is current now."""
    job = get_job_or_404(request.user, code, Action.EDIT)
    if job.kind != Job.Kind.SAVE or job.session is None:
        messages.error(request, "Only a save can be put on top of another.")
        return redirect("job-detail", job.code)
    try:
        retry_on_top(job=job, now=timezone.now())
    except OperationError as error:
        messages.error(request, error.message)
    return redirect("job-detail", job.code)
