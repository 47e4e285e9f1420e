"""Saving files as a session's next version."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.http.lookups import job_of, session_of, uploads_of
from sessions_app.models import Job
from sessions_app.operations import saves
from sessions_app.operations.errors import OperationError
from sessions_app.operations.saves import SaveRequest
from sessions_app.views.answers import (
    SignedInRequest,
    body_of,
    json_view,
    number_in,
    page_view,
    text_in,
    texts_in,
)


@require_http_methods(["GET", "HEAD"])
@page_view
def page(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = session_of(request.user, code)
    return render(request, "sessions/save.html", {"session": session})


@require_POST
@json_view
def create(request: SignedInRequest, code: UUID) -> HttpResponse:
    session = session_of(request.user, code)
    body = body_of(request)
    asked = SaveRequest(
        parent=number_in(body, "parent"),
        message=text_in(body, "message", default="").strip(),
        replace=body.get("replace") is True,
        removed=texts_in(body, "removed"),
    )
    files = uploads_of(request.user, texts_in(body, "uploads"))
    job = saves.request(session=session, author=request.user, files=files, request=asked, now=timezone.now())
    return JsonResponse({"job": str(job.code), "url": reverse("job-detail", args=[job.code])}, status=202)


@require_POST
@page_view
def on_top(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Save again what met a conflict, on top of what is current now."""
    job = job_of(request.user, code)
    if job.kind != Job.Kind.SAVE or job.session is None:
        messages.error(request, "Only a save can be put on top of another.")
        return redirect("job-detail", job.code)
    try:
        saves.save_on_top(job=job, now=timezone.now())
    except OperationError as error:
        messages.error(request, error.message)
    return redirect("job-detail", job.code)
