"""Idempotency: a request with a key is performed once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from sessions_app.models import DubbingSession, IdempotencyRecord, Job, Share
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.sessions import create
from sessions_app.operations.sessions.create import create_session
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import now, sketch_export, sketch_session
from tests.services.waits import LIMIT
from tests.world import World


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


def test_a_repeated_request_is_performed_once_with_the_same_response(alice: Program):
    first = alice.post("/sessions", {"name": "talk"}, idempotency_key="k-1")
    again = alice.post("/sessions", {"name": "talk"}, idempotency_key="k-1")

    assert (first.status_code, first.content, first["Location"]) == (201, again.content, again["Location"])
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert DubbingSession.objects.count() == 1


def test_requests_without_a_key_or_with_different_keys_are_all_performed(alice: Program):
    for key in ("k-1", "k-2"):
        alice.post("/sessions", {"name": "talk"}, idempotency_key=key)
    alice.post("/sessions", {"name": "talk"})

    assert DubbingSession.objects.count() == 3


def test_a_key_of_another_request_is_refused(alice: Program):
    alice.post("/sessions", {"name": "talk"}, idempotency_key="k-1")

    problem_of(
        alice.post("/sessions", {"name": "other"}, idempotency_key="k-1"), 422, "idempotency_key_reused"
    )
    problem_of(
        alice.post("/uploads", {"uploads": [{"path": "a", "size": 1}]}, idempotency_key="k-1"),
        422,
        "idempotency_key_reused",
    )
    assert DubbingSession.objects.count() == 1


def test_keys_belong_to_one_user(world: World, alice: Program):
    bob = Program.of(world.bob)

    for program in (alice, bob):
        made = program.post("/sessions", {"name": "talk"}, idempotency_key="k-1")
        assert "Idempotent-Replayed" not in made
    assert DubbingSession.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "caf\u00e9", "a\tb"])
def test_a_key_is_visible_ascii(alice: Program, key: str):
    sent = key.encode().decode("latin-1")

    problem_of(alice.post("/sessions", {"name": "talk"}, idempotency_key=sent), 400, "bad_idempotency_key")
    assert not DubbingSession.objects.exists()


def test_a_refusal_is_not_recorded(world: World, alice: Program):
    refused = alice.post("/sessions", {"name": "a\u202eb"}, idempotency_key="k-1")

    problem_of(refused, 400, "name_control")
    assert not IdempotencyRecord.objects.exists()
    assert alice.post("/sessions", {"name": "talk"}, idempotency_key="k-1").status_code == 201


def test_a_failed_request_leaves_nothing_and_is_performed_by_the_next(
    alice: Program, monkeypatch: pytest.MonkeyPatch
):
    """The record and the effect are one transaction."""

    def create_and_fail(**arguments: Any) -> DubbingSession:
        create_session(**arguments)
        raise RuntimeError("power failure")

    with monkeypatch.context() as broken:
        broken.setattr(create, "create_session", create_and_fail)
        problem_of(alice.post("/sessions", {"name": "talk"}, idempotency_key="k-1"), 500, "internal")

    assert not DubbingSession.objects.exists()
    assert alice.post("/sessions", {"name": "talk"}, idempotency_key="k-1").status_code == 201


def test_a_record_expires_after_a_day(alice: Program):
    alice.post("/sessions", {"name": "talk"}, idempotency_key="k-1")
    IdempotencyRecord.objects.update(created_at=now() - settings.IDEMPOTENCY_RETENTION - timedelta(seconds=1))

    assert "Idempotent-Replayed" not in alice.post("/sessions", {"name": "talk"}, idempotency_key="k-1")
    IdempotencyRecord.objects.update(created_at=now() - settings.IDEMPOTENCY_RETENTION - timedelta(seconds=1))
    collect_garbage(now=now(), dry_run=True)
    assert IdempotencyRecord.objects.count() == 1
    collect_garbage(now=now(), dry_run=False)
    assert IdempotencyRecord.objects.count() == 0


def test_the_url_of_a_link_is_not_recorded(world: World, alice: Program):
    export = sketch_export(sketch_session(world.alice))

    first, again = (
        alice.post(f"/exports/{export.code}/shares", {"days": 7}, idempotency_key="k-1") for _ in range(2)
    )

    token = first.json()["url"].rstrip("/").rsplit("/", 1)[-1]
    assert again.json() == first.json() | {"url": None}
    assert Share.objects.count() == 1
    assert token not in IdempotencyRecord.objects.get().body


def run_at_once(count: int, act: Callable[[], Any]) -> list[Any]:
    ready = threading.Barrier(count)

    def one(_: int) -> Any:
        ready.wait(timeout=LIMIT)
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def test_concurrent_requests_are_performed_once_with_the_same_response(world: World, alice: Program):
    secret = alice.client.defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")

    def post() -> Any:
        return Program(secret).post("/sessions", {"name": "talk"}, idempotency_key="k-1")

    responses = run_at_once(4, post)

    assert {response.status_code for response in responses} == {201}, [
        response.content for response in responses
    ]
    assert len({response.content for response in responses}) == 1
    assert sum("Idempotent-Replayed" in response for response in responses) == 3
    assert DubbingSession.objects.count() == 1


def test_a_job_is_queued_once(world: World, alice: Program):
    session = sketch_session(world.alice)
    body = {"parent": 1, "removed": ["audio/hi_audio.wav"]}

    jobs = {
        alice.post(f"/sessions/{session.code}/versions", body, idempotency_key="k-1").json()["code"]
        for _ in range(2)
    }

    assert Job.objects.count() == len(jobs) == 1
