from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import av
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from sessions_app import account_adapter, tasks
from sessions_app.api.rates import counter
from sessions_app.storage import get_store
from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.s3 import S3Store
from sessions_app.views import accounts
from tests.integration.mail import drop_messages
from tests.world import World, stored_keys

LARGE_SIZE = 256 * 1024


@pytest.fixture(autouse=True)
def _reset_rate_limits() -> None:
    """Reset all rate limits: their keys contain primary keys, which repeat from test to test."""
    cache.clear()
    counter.clear()


@pytest.fixture(scope="module")
def module_transaction(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A transaction for rows of all tests of a module, each of which runs in a savepoint of it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


class StoppedClock:
    """A clock for sign-in and password resets, whose delays a busy machine could otherwise wait out."""

    def __init__(self) -> None:
        self.time = timezone.now()

    def now(self) -> datetime:
        return self.time

    def let_pass(self, time: timedelta) -> None:
        self.time += time


@pytest.fixture
def sign_in_clock(monkeypatch: pytest.MonkeyPatch) -> StoppedClock:
    clock = StoppedClock()
    for module in (account_adapter, accounts, tasks):
        monkeypatch.setattr(module, "timezone", clock)
    return clock


@pytest.fixture
def mail_queue(broker: str) -> None:
    """A running broker without messages: ``run_mail_tasks`` runs those of the test."""
    drop_messages()


@pytest.fixture
def world(transactional_db: None, broker: str) -> Iterator[World]:
    """Three users, a clock, and an empty store. Transactions are real: jobs use several threads."""
    with empty_store():
        yield World.create()


@contextmanager
def empty_store() -> Iterator[None]:
    """Empty the store; in a bucket, use a new prefix, because each request there costs 10 to 30 ms."""
    store = get_store()
    if isinstance(store, S3Store):
        prefix = f"test-{uuid4().hex}"
        store.objects._location = f"{prefix}/"
        settings.STORAGES["default"]["OPTIONS"]["location"] = prefix  # of stores that the test creates
    else:
        for key in stored_keys():
            store.delete(key)
        for upload in list(store.open_uploads("staging/")):
            store.abort(upload.key, upload.upload_id)
    yield
    if isinstance(store, S3Store):  # its server keeps them in memory
        for stored in store.list(""):
            if stored.size > LARGE_SIZE:
                store.delete(stored.key)


@pytest.fixture(scope="module")
def module_store() -> Iterator[None]:
    """A store for what all tests of a module read, emptied after them."""
    yield
    for key in stored_keys():
        get_store().delete(key)


@pytest.fixture
def large_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report a disk with room for files of any size; tests only declare such files."""
    monkeypatch.setattr(FileSystemStore, "get_free_space", lambda _: 2**60)


@pytest.fixture
def film() -> dict[str, bytes]:
    """A session with a video that browsers do not play."""
    data = BytesIO()
    with av.open(data, "w", format="mp4") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame(64, 36, "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return {"film.mp4": data.getvalue()}
