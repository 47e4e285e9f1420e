"""Importing a ZIP as a new session."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sessions_app.http.lookups import job_of, uploads_of
from sessions_app.models import Job
from sessions_app.operations import imports
from sessions_app.operations.errors import OperationError
from sessions_app.views.answers import SignedInRequest, body_of, json_view, page_view, text_in


@require_safe
@page_view
def page(request: SignedInRequest) -> HttpResponse:
    return render(request, "imports/new.html")


@require_POST
@json_view
def create(request: SignedInRequest) -> HttpResponse:
    return _requested(request, Job.Kind.IMPORT)


@require_POST
@json_view
def check(request: SignedInRequest) -> HttpResponse:
    """Find out what an import would bring: a job, whose result tells it."""
    return _requested(request, Job.Kind.CHECK)


def _requested(request: SignedInRequest, kind: Job.Kind) -> HttpResponse:
    body = body_of(request)
    (upload,) = uploads_of(request.user, [text_in(body, "upload")])
    name = text_in(body, "name", default="")
    job = imports.request(upload=upload, owner=request.user, name=name, now=timezone.now(), kind=kind)
    return JsonResponse({"job": str(job.code), "url": reverse("job-detail", args=[job.code])}, status=202)


@require_POST
@page_view
def create_checked(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Import what a job has looked into."""
    checked = job_of(request.user, code)
    try:
        job = imports.request_checked(check=checked, name=request.POST.get("name", ""), now=timezone.now())
    except OperationError as error:
        messages.error(request, error.message)
        return redirect("job-detail", checked.code)
    return redirect("job-detail", job.code)
