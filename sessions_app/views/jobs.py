"""Pages of background jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action
from sessions_app.http.lookups import get_job_or_404
from sessions_app.models import Job, Worker
from sessions_app.operations.errors import OperationError
from sessions_app.operations.exports.request import retry_export
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.queries.jobs import get_job_page
from sessions_app.queries.keyset import Position
from sessions_app.views.errors import run_with_message, show_error
from sessions_app.views.page_view import SignedInRequest, page_view


@require_safe
@page_view
def index(request: SignedInRequest) -> HttpResponse:
    page = get_job_page(request.user, Position.from_query(request.GET))
    is_waiting = any(job.state == Job.State.QUEUED for job in page)
    return render(request, "jobs/list.html", {"page": page, "has_no_worker": is_waiting and not has_worker()})


@require_safe
@page_view
def detail(request: SignedInRequest, code: UUID) -> HttpResponse:
    return render(request, "jobs/detail.html", _job_context(request, code))


@require_safe
@page_view
def progress(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Render the part of the page that is polled while the job runs."""
    return render(request, "jobs/_progress.html", _job_context(request, code))


def _job_context(request: SignedInRequest, code: UUID) -> dict[str, Any]:
    job = get_job_or_404(request.user, code)
    return {"job": job, "has_no_worker": job.state == Job.State.QUEUED and not has_worker()}


def has_worker() -> bool:
    """Return whether a worker runs that will start waiting jobs."""
    return Worker.objects.running(now=timezone.now()).exists()


@require_safe
@page_view
def row(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Render a row of the list, which is polled while the job runs."""
    return render(request, "jobs/_row.html", {"job": get_job_or_404(request.user, code)})


@require_POST
@page_view
def cancel(request: SignedInRequest, code: UUID) -> HttpResponse:
    job = get_job_or_404(request.user, code, Action.EDIT)
    run_with_message(
        request,
        lambda: cancel_job(job=job, now=timezone.now()),
        success="The job is being cancelled.",
    )
    return redirect("job-detail", job.code)


@require_POST
@page_view
def retry(request: SignedInRequest, code: UUID) -> HttpResponse:
    job = get_job_or_404(request.user, code, Action.EDIT)
    try:
        if job.kind == Job.Kind.EXPORT:
            job = retry_export(job=job, now=timezone.now())
        else:
            retry_job(job=job, now=timezone.now())
    except OperationError as error:
        show_error(request, error)
    else:
        messages.success(request, "The job was queued again.")
    return redirect("job-detail", job.code)
