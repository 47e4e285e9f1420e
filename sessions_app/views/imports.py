"""Pages of imports."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action
from sessions_app.http.lookups import get_job_or_404
from sessions_app.operations.errors import OperationError
from sessions_app.operations.imports.request import request_previewed_import
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
    """Import the ZIP of a preview job."""
    preview = get_job_or_404(request.user, code, Action.EDIT)
    try:
        job = request_previewed_import(preview=preview, name=request.POST.get("name", ""), now=timezone.now())
    except OperationError as error:
        show_error(request, error)
        return redirect("job-detail", preview.code)
    return redirect("job-detail", job.code)
