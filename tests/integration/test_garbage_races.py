"""Garbage collection beside other transactions on the same blobs: threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connections, transaction

from dubbing_core.digests import Digest
from sessions_app.models import Blob, Entry, GarbageCandidate, Job, Pin
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.ingest.rows import claim_rows, pin_for_job
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key
from tests.services.waits import LIMIT, wait_until
from tests.world import World, read_object, stored_keys

T = TypeVar("T")
CONTENT = b"needed again"


@contextmanager
def in_thread(act: Callable[[], T]) -> Iterator[Any]:
    """Run a function in a thread during the block; wait for it, and raise its exception."""

    def run() -> T:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(run)
        yield future
        future.result(timeout=LIMIT)


@pytest.fixture
def due(world: World) -> Blob:
    """A blob whose grace period is over."""
    purge(world, "purged")
    collect(world)
    world.clock.forward(seconds=settings.GARBAGE_GRACE.total_seconds() + 1)
    return Blob.objects.get()


@pytest.fixture
def job(world: World, due: Blob) -> Job:
    """An unfinished job that may pin blobs."""
    version = world.saved("other", {"other.wav": b"other"}).current
    assert version is not None
    return request_export(version=version, owner=world.alice, now=world.clock())


def purge(world: World, name: str) -> None:
    session = world.saved(name, {"one.wav": CONTENT})
    trash_sessions(sessions=[session], now=world.clock())
    purge_session(session=session, now=world.clock())


def collect(world: World) -> int:
    return collect_garbage(now=world.clock(), dry_run=False).blobs.count


def claim(world: World, job: Job, blob: Blob) -> Blob:
    digest = Digest(sha256=blob.sha256, crc32=blob.crc32, size=blob.size)
    return claim_rows({0: digest}, pin=pin_for_job(job.pk), now=world.clock())[0]


def test_a_blob_that_an_open_transaction_claims_is_not_deleted(world: World, due: Blob, job: Job):
    claimed, may_commit = threading.Event(), threading.Event()

    def claim_slowly() -> None:
        with transaction.atomic():
            claim(world, job, due)
            claimed.set()
            assert may_commit.wait(LIMIT)

    with in_thread(claim_slowly):
        assert claimed.wait(LIMIT)
        # SQLite's collection waits for the transaction, PostgreSQL's leaves the locked row out.
        with in_thread(lambda: collect(world)) as collection:
            collection.add_done_callback(lambda _: may_commit.set())
            may_commit.wait(0.5)
            may_commit.set()
        assert collection.result() == 0

    assert Blob.objects.get(pk=due.pk).state == Blob.State.STORED
    assert read_object(blob_key(due.sha256)) == CONTENT


def test_a_claim_during_the_deletion_of_the_bytes_gets_a_new_row(
    world: World, due: Blob, job: Job, monkeypatch: pytest.MonkeyPatch
):
    """The claim waits for the row's lock, so that its bytes are stored after the others were deleted."""
    store = get_store()
    delete_all, order = store.delete_all, []
    claims = ThreadPoolExecutor(1)

    def claim_and_close() -> Blob:
        try:
            return claim(world, job, due)
        finally:
            order.append("claimed")
            connections.close_all()

    def delete_while_claiming(keys: list[str]) -> None:
        claims_started.append(claims.submit(claim_and_close))
        delete_all(keys)
        order.append("deleted")

    claims_started: list[Any] = []
    monkeypatch.setattr(store, "delete_all", delete_while_claiming)
    assert collect(world) == 1
    new = claims_started[0].result(timeout=LIMIT)
    claims.shutdown()

    assert order == ["deleted", "claimed"]
    assert (new.sha256, new.state) == (due.sha256, Blob.State.WRITING)
    assert new.pk != due.pk
    assert Pin.objects.get(blob=new).job == job


def test_two_collections_delete_a_blob_once(world: World, due: Blob, monkeypatch: pytest.MonkeyPatch):
    store = get_store()
    delete_all, deleted = store.delete_all, []
    others = ThreadPoolExecutor(1)

    def delete_beside_another(keys: list[str]) -> None:
        deleted.append(keys)
        if len(deleted) == 1:
            second.append(others.submit(collect_and_close, world))
        delete_all(keys)

    second: list[Any] = []
    monkeypatch.setattr(store, "delete_all", delete_beside_another)
    first = collect(world)

    assert (first, second[0].result(timeout=LIMIT)) == (1, 0)
    assert [keys for keys in deleted if keys] == [[blob_key(due.sha256)]]
    others.shutdown()


def collect_and_close(world: World) -> int:
    try:
        return collect(world)
    finally:
        connections.close_all()


def test_a_reference_deleted_by_an_open_transaction_is_found_later(world: World):
    session = world.saved(files={"one.wav": CONTENT})
    deleted, may_commit = threading.Event(), threading.Event()

    def delete_slowly() -> None:
        with transaction.atomic():
            GarbageCandidate.objects.record(Entry.objects.filter(session=session))
            Entry.objects.filter(session=session).delete()
            deleted.set()
            assert may_commit.wait(LIMIT)

    with in_thread(delete_slowly):
        assert deleted.wait(LIMIT)
        with in_thread(lambda: collect(world)) as collection:
            collection.add_done_callback(lambda _: may_commit.set())
            may_commit.wait(0.5)
            may_commit.set()

    collect(world)
    assert Blob.objects.get().unreferenced_since == world.clock()


def test_saves_purges_and_collections_at_once_lose_nothing(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    """The same content is saved and purged again and again while two collections run without a grace period."""
    settings.GARBAGE_GRACE = timedelta(0)
    monkeypatch.setattr("sessions_app.operations.ingest.rows.PAUSES", (0.05,) * 1000)  # on a busy machine
    stop, deleted = threading.Event(), threading.Event()

    def collect_until_stopped() -> None:
        try:
            while not stop.is_set():
                if collect(world):
                    deleted.set()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        collections = [threads.submit(collect_until_stopped) for _ in range(2)]
        try:
            for number in range(4):
                purge(world, f"purged {number}")
            wait_until(deleted.is_set)
            purge(world, "purged last")
            session = world.saved("kept", {"one.wav": CONTENT})
        finally:
            stop.set()
        for each in collections:
            each.result(timeout=LIMIT)

    assert session.current is not None
    assert list(world.files(session.current).values()) == [CONTENT]
    collect(world)
    blob = Blob.objects.get()
    assert (blob.state, stored_keys()) == (Blob.State.STORED, [blob_key(blob.sha256)])
