"""Pages of imports."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.zips.name_encodings import NameReading
from sessions_app.access import Action
from sessions_app.http.lookups import get_job_or_404
from sessions_app.models import Job
from sessions_app.operations.errors import OperationError
from sessions_app.operations.imports.request import ImportChoice, request_previewed_import
from sessions_app.views.errors import show_error
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.upload_page import upload_page


@require_safe
@upload_page
@page_view
def new(request: SignedInRequest) -> HttpResponse:
    return render(request, "imports/new.html")


@require_POST
@page_view
def create_from_preview(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Import the ZIP of a preview job, or preview it with another reading."""
    preview = get_job_or_404(request.user, code, Action.EDIT)
    kind = Job.Kind.PREVIEW if "preview" in request.POST else Job.Kind.IMPORT
    try:
        choice = _read_choice(request)
        job = request_previewed_import(preview=preview, choice=choice, now=timezone.now(), kind=kind)
    except OperationError as error:
        show_error(request, error)
        return redirect("job-detail", preview.code)
    page = reverse("job-detail", args=[job.code])
    return redirect(page if kind == Job.Kind.PREVIEW else f"{page}?then=session")


def _read_choice(request: SignedInRequest) -> ImportChoice:
    """Return the choice of the preview's form: a name, or folders with a name each."""
    reading = request.POST.get("reading", "")
    names = None
    if "choose" in request.POST:
        names = {
            folder: request.POST.get(f"name of {folder}", "") for folder in request.POST.getlist("folder")
        }
    return ImportChoice(
        name=request.POST.get("name", ""),
        reading=NameReading(reading) if reading in set(NameReading) else None,
        names_by_folder=names,
    )
