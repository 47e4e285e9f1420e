"""State that open pages poll: new versions and jobs appear without a reload."""

from __future__ import annotations

import json
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from sessions_app.http.downloads import etag_matches
from sessions_app.http.lookups import parse_uuid
from sessions_app.models import Job
from sessions_app.queries.jobs import has_worker
from sessions_app.queries.updates import SessionState, find_session_state, get_current_jobs
from sessions_app.views.job_notices import describe_job
from sessions_app.views.page_view import SignedInRequest, page_view

BUSY_SECONDS = 3
IDLE_SECONDS = 10


@require_safe
@page_view
def updates(request: SignedInRequest) -> HttpResponse:
    """Return the user's current jobs and the state of the session that the page shows.

    The response to a known ETag is 304: a page on which nothing happens costs the same five queries each time.
    """
    now = timezone.now()
    jobs = [describe_job(job, now=now) for job in get_current_jobs(request.user, now=now)]
    code = parse_uuid(request.GET.get("session", ""))
    state = find_session_state(request.user, code) if code else None
    session = describe_session(code, state) if code and state else None
    is_waiting = any(job["state"] == Job.State.QUEUED for job in jobs)
    is_busy = any(job["finished_at"] is None for job in jobs) or bool(state and state.has_unread_texts)
    body = json.dumps(
        {
            "jobs": jobs,
            "has_no_worker": is_waiting and not has_worker(now=now),
            "session": session,
            "seconds": BUSY_SECONDS if is_busy else IDLE_SECONDS,
        },
        ensure_ascii=False,
    ).encode()
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    response = (
        HttpResponse(status=HTTPStatus.NOT_MODIFIED)
        if etag_matches(request, etag)
        else HttpResponse(body, content_type="application/json")
    )
    response["ETag"] = etag
    return response


def describe_session(code: UUID, state: SessionState) -> dict[str, Any]:
    return {
        "code": str(code),
        "name": state.name,
        "version": state.version,
        "saved_by": state.saved_by,
        "saved_at": state.saved_at.isoformat() if state.saved_at else None,
        "texts_read": not state.has_unread_texts,
        "media_read": not state.has_unread_media,
        "digest": state.digest,
    }
