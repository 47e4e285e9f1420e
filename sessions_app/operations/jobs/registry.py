"""Registry of job handlers.

Each use case registers its own, in a module called `job`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

from dubbing_core.sentences import sentence
from sessions_app import operations
from sessions_app.access import Action, can
from sessions_app.models import Job
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.jobs.context import JobContext

Handler = Callable[[JobContext], None]

_HANDLERS: dict[Job.Kind, Handler] = {}
_ACTIONS: dict[Job.Kind, Action] = {}


def handles(kind: Job.Kind, action: Action) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of jobs of this kind.

    :param action: what the job's owner must be allowed to do with its session when the job starts.
    """

    def register(handler: Handler) -> Handler:
        assert kind not in _HANDLERS, f"Two handlers for {kind}"
        _HANDLERS[kind] = handler
        _ACTIONS[kind] = action
        return handler

    return register


def get_handler(kind: Job.Kind) -> Handler:
    """Return the handler of jobs of this kind."""
    return _HANDLERS[kind]


def check_access(job: Job) -> None:
    """Check that the job's owner still may do with its session what the job does.

    :raises NotAllowedError: they may not.
    """
    if job.session is not None and not can(job.owner, _ACTIONS[Job.Kind(job.kind)], job.session):
        raise NotAllowedError(
            sentence("You may not do this with the session any more. Ask its owner."),
            code="forbidden",
        )


def load_handlers() -> None:
    """Import the module `job` of each use case that has one."""
    for package in pkgutil.iter_modules(operations.__path__, f"{operations.__name__}."):
        if package.ispkg:
            modules = pkgutil.iter_modules(importlib.import_module(package.name).__path__)
            if any(module.name == "job" for module in modules):
                importlib.import_module(f"{package.name}.job")
