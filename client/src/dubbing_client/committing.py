"""Asks for a version, once: what is asked is written down before, so that whoever comes back after a kill finds out what became of it."""

from __future__ import annotations

from dubbing_client import jobs
from dubbing_client.api import Api
from dubbing_client.errors import JobFailedError, Problem, SignedOutError, UnavailableError, UnreachableError
from dubbing_client.events import SILENCE, Listener
from dubbing_client.objects import Job
from dubbing_client.state import Base, Pending, State


def commit(api: Api, state: State, pending: Pending, *, listener: Listener = SILENCE) -> int:
    """Ask for a version, and return its number once it is made.

    :raises ConflictError: somebody else's save came first.
    :raises JobFailedError: the portal could not make it; its sentence says why.
    """
    state.pending = pending
    state.save()
    return _conclude(api, state, pending, listener)


def settle(api: Api, state: State, *, listener: Listener = SILENCE) -> int | None:
    """Find out what became of a save whose end nobody has seen, and note it; return its version, if there is one.

    :raises UnreachableError: the portal cannot tell yet.
    """
    pending = state.pending
    if pending is None:
        return None
    try:
        return _conclude(api, state, pending, listener)
    except SignedOutError:
        raise
    except (Problem, JobFailedError):
        if state.pending is None:
            return None
        raise UnreachableError(
            "The portal does not say yet what became of the last save. Try again in a while."
        ) from None


def _conclude(api: Api, state: State, pending: Pending, listener: Listener) -> int:
    request = pending.request
    try:
        job = api.save(
            pending.session,
            parent=request["parent"],
            message=request["message"],
            uploads=request["uploads"],
            blobs=request["blobs"],
            removed=request["removed"],
            key=pending.key,
        )
        version = _result(api, job, listener)
    except (UnavailableError, SignedOutError):
        raise  # and nobody knows yet
    except (Problem, JobFailedError):
        # It was not made, and is not going to be: what is to be saved will be found again.
        state.pending = None
        state.save()
        raise
    if pending.known is not None:
        base = Base(session=pending.session, name=str(request["name"]), version=version)
        state.settle_at(base, pending.known)
    state.pending = None
    state.save()
    return version


def _result(api: Api, job: Job, listener: Listener) -> int:
    done = 0
    listener.begin("store", job["total_bytes"])

    def on_job(job: Job) -> None:
        nonlocal done
        listener.advance("store", job["done_bytes"] - done)
        done = job["done_bytes"]

    try:
        return int(jobs.wait_for(api, job, on_job=on_job)["result"]["version"])
    finally:
        listener.end("store")
