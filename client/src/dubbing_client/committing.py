"""Asks for a version, once: what is asked is written down before, so that whoever comes back after a kill finds out what became of it."""

from __future__ import annotations

import contextlib

from dubbing_client import jobs
from dubbing_client.api import Api
from dubbing_client.errors import JobFailedError, Problem, UnavailableError, UnreachableError
from dubbing_client.events import SILENCE, Listener
from dubbing_client.objects import Job
from dubbing_client.state import Base, State


def commit(api: Api, state: State, *, listener: Listener) -> int:
    """Ask for the version that is pending, or what became of it, and note it."""
    pending = state.pending
    assert pending is not None
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
    except UnavailableError:
        raise  # and nobody knows yet
    except (Problem, JobFailedError):
        # It was not made, and is not going to be: what is to be saved will be found again.
        state.pending = None
        state.save()
        raise
    state.settle_at(Base(session=pending.session, name=str(request["name"]), version=version), pending.known)
    state.pending = None
    state.save()
    return version


def settle(api: Api, state: State, *, listener: Listener = SILENCE) -> None:
    """Find out what became of a save whose end nobody has seen, and note it. Does nothing where there is none."""
    if state.pending is None:
        return
    with contextlib.suppress(Problem, JobFailedError):
        commit(api, state, listener=listener)
    if state.pending is not None:
        raise UnreachableError(
            "The portal does not say yet what became of the last save. Try again in a while."
        )


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
