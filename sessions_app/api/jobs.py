"""Background jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any, Concatenate, Literal, ParamSpec
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Query, Router, Status
from pydantic import BaseModel

from sessions_app import models
from sessions_app.access import Action, visible_to
from sessions_app.api.auth import ApiRequest
from sessions_app.api.chosen_imports import ChosenImport
from sessions_app.api.endpoints import read_endpoint, write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.job_waits import PREFER, get_preferred_wait, wait_for_job
from sessions_app.api.pagination import Cursor, Limit, Page, paginate
from sessions_app.http.lookups import get_job_or_404
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.exports.request import retry_export
from sessions_app.operations.imports.request import request_previewed_import
from sessions_app.operations.jobs import cancel, retry
from sessions_app.operations.jobs.run import run_claimed_job
from sessions_app.operations.saves.retry import retry_on_top
from sessions_app.queries.jobs import NEWEST_FIRST
from sessions_app.translation import localize_stored

P = ParamSpec("P")

router = Router()

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class JobError(BaseModel):
    code: str
    message: str


class Job(BaseModel):
    code: UUID
    kind: Literal["save", "import", "export", "preview", "cleanup"]
    state: State
    session: UUID | None
    percent: int
    done_bytes: int
    total_bytes: int
    error: JobError | None
    result: dict[str, Any]
    """Save: `version`, `files`, `stored_size`. Export: `export`, its code. Import: the created sessions. Preview: the sessions
    that an import would create. Cleanup: counts and sizes by kind of data, `freed` bytes."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: models.Job) -> Job:
        error = (
            JobError(code=job.error_code, message=localize_stored(job.error_message))
            if job.error_code
            else None
        )
        return cls.model_validate(
            {
                "code": job.code,
                "kind": job.kind,
                "state": job.state,
                "session": job.session.code if job.session else None,
                "percent": job.percent,
                "done_bytes": job.done_bytes,
                "total_bytes": job.total_bytes,
                "error": error,
                "result": job.result,
                "created_at": job.created_at,
                "started_at": job.started_at,
                "finished_at": job.finished_at,
            }
        )


def job_url(job: Job) -> str:
    return f"/api/v1/jobs/{job.code}"


def describe_new_job(request: ApiRequest, job: models.Job) -> Job:
    """Return the response for a job; let the request run it if it has claimed it."""
    if job.state == models.Job.State.RUNNING:
        request.claimed_job = job
    return Job.of(job)


def waits_for_job(
    endpoint: Callable[Concatenate[ApiRequest, P], HttpResponse],
) -> Callable[Concatenate[ApiRequest, P], HttpResponse]:
    """Let an endpoint that creates a job wait for its end, if the client prefers.

    It is the outer decorator: workers see the job when the transaction of the inner one has ended.
    """

    @wraps(endpoint)
    def wrapper(request: ApiRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = endpoint(request, *args, **kwargs)
        if not get_preferred_wait(request):
            return response
        code = Job.model_validate_json(response.content).code
        job: models.Job | None = getattr(request, "claimed_job", None)
        if job is not None:
            run_claimed_job(job, clock=timezone.now, log_level=logging.INFO)
        else:
            wait_for_job(request, code)
        response.content = Job.of(get_job_or_404(request.auth.user, code)).model_dump_json().encode()
        return response

    return wrapper


@router.get(
    "/jobs",
    **read_endpoint(Page[Job], errors=(), operation_id="list_jobs", summary="List jobs, newest first"),
)
def list_jobs(
    request: ApiRequest, state: Annotated[State | None, Query(None)], limit: Limit, cursor: Cursor
) -> Page[Job]:
    rows = visible_to(request.auth.user, models.Job.objects.all()).select_related("session")
    if state:
        rows = rows.filter(state=state)
    page, next_cursor = paginate(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
    return Page(items=[Job.of(row) for row in page], next=next_cursor)


@router.get(
    "/jobs/{uuid:code}",
    **read_endpoint(
        Job,
        operation_id="get_job",
        summary="Get a job with its progress",
        openapi_extra={"parameters": [PREFER]},
    ),
)
def get_job(request: ApiRequest, code: UUID) -> Job:
    job = get_job_or_404(request.auth.user, code)
    if not job.is_finished and get_preferred_wait(request):
        wait_for_job(request, code)
        job = get_job_or_404(request.auth.user, code)
    return Job.of(job)


@router.post(
    "/jobs/{uuid:code}/cancel",
    **write_endpoint(Job, operation_id="cancel_job", summary="Cancel a job"),
)
def cancel_job(request: ApiRequest, code: UUID) -> Job:
    cancel.cancel_job(job=get_job_or_404(request.auth.user, code, Action.EDIT), now=timezone.now())
    return Job.of(get_job_or_404(request.auth.user, code))


@router.post(
    "/jobs/{uuid:code}/retry",
    **write_endpoint(Job, status=202, operation_id="retry_job", summary="Retry a failed or cancelled job"),
)
def retry_job(request: ApiRequest, code: UUID) -> Status[Job]:
    job = get_job_or_404(request.auth.user, code, Action.EDIT)
    if job.kind == models.Job.Kind.EXPORT:
        job = retry_export(job=job, now=timezone.now())
    else:
        retry.retry_job(job=job, now=timezone.now())
    return Status(HTTPStatus.ACCEPTED, Job.of(get_job_or_404(request.auth.user, job.code)))


@router.post(
    "/jobs/{uuid:code}/save-on-top",
    **write_endpoint(
        Job,
        status=202,
        operation_id="save_on_top",
        summary="Retry a save that met a conflict, on top of the current version",
    ),
)
def save_on_top(request: ApiRequest, code: UUID) -> Status[Job]:
    job = get_job_or_404(request.auth.user, code, Action.EDIT)
    if job.kind != models.Job.Kind.SAVE or job.session is None:
        raise NotAllowedError(
            gettext("Only a save can be repeated on top of another version."), code="not_a_save"
        )
    retry_on_top(job=job, now=timezone.now())
    return Status(HTTPStatus.ACCEPTED, Job.of(get_job_or_404(request.auth.user, code)))


@router.post(
    "/jobs/{uuid:code}/import",
    **write_endpoint(
        Job,
        status=202,
        is_idempotent=True,
        operation_id="import_previewed",
        summary="Import the ZIP of a preview",
    ),
)
@idempotent(status=202, location=job_url)
def import_previewed(request: ApiRequest, code: UUID, body: ChosenImport) -> Job:
    preview = get_job_or_404(request.auth.user, code, Action.EDIT)
    return Job.of(request_previewed_import(preview=preview, choice=body.get_choice(), now=timezone.now()))
