"""Pages of background jobs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action
from sessions_app.http.lookups import get_job_or_404
from sessions_app.models import DubbingSession, Job
from sessions_app.operations.errors import OperationError
from sessions_app.operations.exports.request import retry_export
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.queries.jobs import get_job_page, has_waiting_job, has_worker
from sessions_app.queries.keyset import Position
from sessions_app.views.errors import show_error, show_retry_error
from sessions_app.views.job_notices import get_session_url, has_report
from sessions_app.views.page_view import SignedInRequest, page_view

JOB_STATES: dict[str, tuple[str, ...]] = {
    "unfinished": (Job.State.QUEUED, Job.State.RUNNING),
    "failed": (Job.State.FAILED,),
    "done": (Job.State.SUCCEEDED,),
    "cancelled": (Job.State.CANCELLED,),
}
"""States of jobs by the value of the filter."""
FORWARDING_KINDS = {Job.Kind.SAVE, Job.Kind.IMPORT}
"""Kinds of jobs whose page may forward to a session."""


@require_safe
@page_view
def index(request: SignedInRequest) -> HttpResponse:
    """Show the history, filtered by state and kind."""
    chosen = _read_filter(request.GET)
    state, kind = chosen.get("state", ""), chosen.get("kind", "")
    position = Position.from_query(request.GET)
    page = get_job_page(request.user, position, states=JOB_STATES.get(state, ()), kind=kind)
    is_waiting = has_waiting_job(request.user)
    context = {
        "page": page,
        "has_no_worker": is_waiting and not has_worker(now=timezone.now()),
        "state": state,
        "kind": kind,
        "kinds": Job.Kind.choices,
        "is_newest": not (state or kind) and position == Position(),
    }
    return render(request, "jobs/list.html", context)


@require_safe
@page_view
def detail(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Show a job; with `then=session` only until its session can be shown."""
    context = _job_context(request, code)
    if context["forwards"] and context["job"].is_finished:
        return redirect(_find_session_page(context["job"]))
    return render(request, "jobs/detail.html", context)


@require_safe
@page_view
def progress(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Render the part of the page that is polled while the job runs."""
    context = _job_context(request, code) | {"origin": request.GET.get("from", "")}
    response = render(request, "jobs/_progress.html", context)
    if context["forwards"] and context["job"].is_finished:
        response["HX-Redirect"] = _find_session_page(context["job"])
    return response


def _job_context(request: SignedInRequest, code: UUID) -> dict[str, Any]:
    job = get_job_or_404(request.user, code)
    may_forward = request.GET.get("then") == "session" and job.kind in FORWARDING_KINDS
    forwards = may_forward and (not job.is_finished or bool(_find_session_page(job)))
    return {"job": job, "forwards": forwards} | get_worker_notice(job)


def _find_session_page(job: Job) -> str:
    """Return the address of the session that a job has saved or imported.

    "" if there is none, or if the job's page reports more.
    """
    if job.state != Job.State.SUCCEEDED or (job.kind == Job.Kind.IMPORT and has_report(job)):
        return ""
    return get_session_url(job)


def get_worker_notice(job: Job) -> dict[str, bool]:
    """Return the variable for the notice that a waiting job does not start."""
    return {"has_no_worker": job.state == Job.State.QUEUED and not has_worker(now=timezone.now())}


@require_POST
@page_view
def cancel(request: SignedInRequest, code: UUID) -> HttpResponse:
    job = get_job_or_404(request.user, code, Action.EDIT)
    try:
        has_ended = cancel_job(job=job, now=timezone.now())
    except OperationError as error:
        show_error(request, error)
    else:
        text = gettext("The job was cancelled.") if has_ended else gettext("The job is being cancelled.")
        messages.success(request, text)
    return _go_back(request, job)


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
        show_retry_error(request, error)
    else:
        messages.success(request, gettext("The job was queued again."))
    return _go_back(request, job)


def _go_back(request: SignedInRequest, job: Job) -> HttpResponse:
    """Return to the page with the button.

    That is the session, the form for exports, filtered jobs, or the job.
    """
    origin = request.POST.get("from")
    if job.session is not None and not job.session.is_trashed:
        if origin == "session":
            return redirect("session-detail", job.session.code)
        if origin == "export" and job.kind == Job.Kind.EXPORT:
            return redirect(get_export_page(job.session, job.params["version"], job))
    if origin == "jobs":
        return redirect(reverse("job-list", query=_read_filter(request.POST)))
    return redirect("job-detail", job.code)


def get_export_page(session: DubbingSession, number: int, job: Job) -> str:
    """Return the address of the form for exports that shows an export."""
    return reverse("export-new", args=[session.code, number], query={"job": str(job.code)})


def _read_filter(query: QueryDict) -> dict[str, str]:
    """Return the valid values of the filter of jobs."""
    allowed: dict[str, Collection[str]] = {"state": JOB_STATES, "kind": Job.Kind.values}
    chosen = {name: str(query.get(name, "")) for name in allowed}
    return {name: value for name, value in chosen.items() if value in allowed[name]}
