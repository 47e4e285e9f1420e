"""Commit of a version, exactly once.

The request is recorded before it is sent, so that its outcome is found out after a kill.
"""

from __future__ import annotations

from dubbing_client.api import Api
from dubbing_client.errors import JobFailedError, Problem, SignedOutError, UnavailableError, UnreachableError
from dubbing_client.jobs import wait_for_job
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.state import Base, PendingSave, State


def commit(api: Api, state: State, pending: PendingSave, *, listener: ProgressListener = NO_PROGRESS) -> int:
    """Request a version and return its number once it exists.

    :raises ConflictError: another user saved first.
    :raises JobFailedError: the portal could not create it.
    """
    state.pending = pending
    state.save()
    return _complete(api, state, pending, listener)


def resolve_pending(api: Api, state: State, *, listener: ProgressListener = NO_PROGRESS) -> int | None:
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


def _complete(api: Api, state: State, pending: PendingSave, listener: ProgressListener) -> int:
    request = pending.request
    try:
        job = api.save(
            pending.session,
            parent=request["parent"],
            message=request["message"],
            uploads=request["uploads"],
            blobs=request["blobs"],
            removed=request["removed"],
            empty_folders=request.get("empty_folders"),
            left_out=request.get("left_out", ()),
            key=pending.key,
        )
        version = int(wait_for_job(api, job, listener=listener)["result"]["version"])
    except (UnavailableError, SignedOutError):
        raise  # the outcome is unknown
    except (Problem, JobFailedError):
        # The version was not created; the next save finds the same changes again.
        state.pending = None
        state.save()
        raise
    if pending.synced is not None:
        base = Base(session=pending.session, name=str(request["name"]), version=version)
        state.set_base(base, pending.synced, executables=pending.executables)
    state.pending = None
    state.save()
    return version
