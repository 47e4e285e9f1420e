"""Header ``Prefer: wait=<seconds>``: responses come when the job has ended.

Source: RFC 7240. Without it, a client that polls a job notices its end late, and each of its requests waits for a turn.
"""

from __future__ import annotations

import re
import time
from uuid import UUID

from django.db import connection
from django.http import HttpRequest

from dubbing_sessions.request_queue import END_TURN
from sessions_app.http.transfers import claim_transfer, release_database
from sessions_app.models import Job
from sessions_app.operations.errors import BusyError

MAX_WAIT = 10
"""Seconds; a web process that stops waits for its requests."""
FIRST_PAUSE = 0.02
PAUSE_RATIO = 0.15
"""Pause between two queries, as a share of the time waited so far."""
WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


PREFER = {
    "in": "header",
    "name": "Prefer",
    "required": False,
    "schema": {"type": "string"},
    "description": (
        f"`wait=<seconds>`, at most {MAX_WAIT}: the response comes when the job has ended, or after this time (RFC 7240)."
    ),
}


def wait_for_job(request: HttpRequest, code: UUID) -> None:
    """Wait until the job has ended, as long as the request prefers.

    Does not wait if the user has too many transfers: a waiting request holds a thread, like these.
    """
    seconds = get_preferred_wait(request)
    if not seconds or _has_ended(code):
        return
    try:
        claim_transfer(request)
    except BusyError:
        return
    if end_turn := request.META.get(END_TURN):
        end_turn()
    start = time.monotonic()
    while (waited := time.monotonic() - start) < seconds:
        if connection.vendor != "sqlite":  # where opening one again takes longer than a query
            release_database()
        time.sleep(min(max(FIRST_PAUSE, PAUSE_RATIO * waited), seconds - waited))
        if _has_ended(code):
            return


def get_preferred_wait(request: HttpRequest) -> int:
    """Return the seconds that the client prefers to wait; 0 without a preference."""
    found = WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), MAX_WAIT) if found else 0


def _has_ended(code: UUID) -> bool:
    return not Job.objects.unfinished().filter(code=code).exists()
