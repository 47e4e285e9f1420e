"""Commit of a version, exactly once.

The request is recorded before it is sent, so that its outcome is found out after a kill.
"""

from __future__ import annotations

from typing import Any

from dubbing_client.api import Api
from dubbing_client.errors import JobFailedError, Problem, SignedOutError, UnavailableError, UnreachableError
from dubbing_client.jobs import wait_for_job
from dubbing_client.objects import Job
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.state import Base, PendingSave, State


def commit(api: Api, state: State, pending: PendingSave, *, listener: ProgressListener = NO_PROGRESS) -> Base:
    """Request a version and return it once it exists.

    :raises ConflictError: another user saved first.
    :raises JobFailedError: the portal could not create it.
    """
    state.pending = pending
    state.save()
    return _complete(api, state, pending, listener)


def resolve_pending(api: Api, state: State, *, listener: ProgressListener = NO_PROGRESS) -> Base | None:
    """Find out and record the outcome of an interrupted save.

    :returns: its version, or None if there is no such save or it created none.
    :raises UnreachableError: the outcome is not known yet.
    """
    pending = state.pending
    if pending is None:
        return None
    try:
        return _complete(api, state, pending, listener)
    except SignedOutError:
        raise
    except (Problem, JobFailedError):
        if state.pending is None:
            return None
        raise UnreachableError("The outcome of the last save is not known yet. Try again later.") from None


def _complete(api: Api, state: State, pending: PendingSave, listener: ProgressListener) -> Base:
    try:
        result = wait_for_job(api, _request(api, pending), listener=listener)["result"]
    except (UnavailableError, SignedOutError):
        raise  # the outcome is unknown
    except (Problem, JobFailedError):
        # The version was not created; the next save finds the same changes again.
        state.pending = None
        state.save()
        raise
    # The result of a first save names the session that it created.
    base = Base(
        session=str(result.get("session", pending.session)),
        name=str(result.get("name", pending.request["name"])),
        version=int(result["version"]),
    )
    if pending.synced is not None:
        state.set_base(base, pending.synced, executables=pending.executables)
    state.pending = None
    state.save()
    return base


def _request(api: Api, pending: PendingSave) -> Job:
    request = pending.request
    contents: dict[str, Any] = {
        "message": request["message"],
        "uploads": request["uploads"],
        "blobs": request["blobs"],
        "empty_folders": request.get("empty_folders"),
        "left_out": request.get("left_out", ()),
        "key": pending.key,
    }
    if not pending.session:
        return api.save_new_session(request["name"], **contents)
    return api.save(pending.session, parent=request["parent"], removed=request["removed"], **contents)
