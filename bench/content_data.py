"""Pages with contents of versions, and commits, measured in a worker.

Imported only there, after Django is set up; also with the code of an earlier version.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import User
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sessions_app.models import DubbingSession
from sessions_app.operations.saves import job as save_job
from tests.world import Clock, World

Files = Mapping[str, bytes]
COMMIT_FUNCTIONS = ("prepare_version", "commit_prepared", "commit_version")
"""Functions that the job of a save calls to commit it; earlier versions have only the last one."""


class WallClock(Clock):
    def __call__(self) -> Any:
        return timezone.now()


def set_up() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    # The style sheets of the earlier version need not be built.
    staticfiles_storage.stored_name = str  # type: ignore[attr-defined]  # a lazy object
    World.create()


def save(name: str, files: Files) -> None:
    """Save files as a new session, and read its texts if this version does."""
    _get_world().saved(name, files)
    try:
        from sessions_app.operations.timelines import (  # noqa: PLC0415 (earlier versions do not have it)
            read_pending_texts,
        )
    except ImportError:
        return
    read_pending_texts(clock=timezone.now)


def commit_again(name: str, versions: list[Files]) -> float:
    """Save changed files as the next versions.

    :returns: the mean seconds of their commits alone.
    """
    seconds: list[float] = []

    def measure(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*arguments, **more)
        finally:
            seconds.append(time.perf_counter() - start)

    session = DubbingSession.objects.get(name=name)
    functions = {each: vars(save_job)[each] for each in COMMIT_FUNCTIONS if each in vars(save_job)}
    vars(save_job).update({each: partial(measure, function) for each, function in functions.items()})
    try:
        for files in versions:
            _get_world().save(session, files)
    finally:
        vars(save_job).update(functions)
    assert len(seconds) == len(functions) * len(versions)
    return sum(seconds) / len(versions)


def count_queries(url: str) -> int:
    """Return the number of queries of a page."""
    client = _sign_in()
    _get(client, url)
    with CaptureQueriesContext(connection) as queries:
        _get(client, url)
    return len(queries)


def measure_transcript(name: str, *, shown: str, rounds: int) -> float:
    """Return the most CPU seconds of the page of a session's texts."""
    client = _sign_in()
    session = DubbingSession.objects.get(name=name)
    url = f"/sessions/{session.code}/versions/1/transcript/?show={shown}"
    _get(client, url)
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        _get(client, url)
        seconds.append(time.process_time() - start)
    return max(seconds)


def _get_world() -> World:
    users = {user.username: user for user in User.objects.all()}
    return World(alice=users["alice"], bob=users["bob"], charlie=users["charlie"], clock=WallClock())


def _sign_in() -> Client:
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(username="alice"))
    return client


def _get(client: Client, url: str) -> None:
    response = client.get(url)
    assert response.status_code == HTTPStatus.OK, f"{url}: {response.status_code}"
    assert response.content
