"""Workers and brokers are killed, frozen and emptied while they work. Every job ends by itself, once, with the right bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.portal import Portal
from tests.journeys.visitor import Visitor
from tests.services.stacks import Stack

MIB = 1024 * 1024
KINDS = ("export", "import", "save")

pytestmark = pytest.mark.slow


@pytest.fixture
def big(stack: Stack) -> int:
    """Bytes that keep a worker busy for about a second: kernels copy faster than S3 does."""
    return {"embedded": 256, "team": 24}[stack.name] * MIB


@pytest.fixture(autouse=True)
def nothing_left(portal: Portal) -> Iterator[None]:
    """After every accident, garbage collection leaves nothing that belongs to nobody, and everything runs again."""
    yield
    portal.recover()
    leave_nothing(portal)
    assert portal.ask("half_done") == []


def leave_nothing(portal: Portal) -> None:
    portal.ask("collect_garbage")
    # A job has ended a moment before what it brought is gone.
    portal.wait_for(lambda: portal.ask("leftovers") == [], what="nothing is left")


def name() -> str:
    return f"talk-{uuid4().hex[:8]}"


def ask_for(portal: Portal, kind: str, *, big: int = 100_000, small: int = 3) -> str:
    """Queue a job of this kind over fresh files; return its code."""
    job: str
    if kind == "export":
        session = portal.ask("saved", name=name(), big=big, small=small)
        job = portal.ask("ask_export", session=session)
    else:
        job = portal.ask(f"ask_{kind}", name=name(), big=big, small=small)
    return job


def done_once(portal: Portal, job: str, *, supervised: bool = False) -> dict[str, Any]:
    """Wait for the job's end and make sure that it took effect exactly once, with the right bytes."""
    row = portal.end_of(job, supervised=supervised)
    assert row["state"] == "succeeded", f"{row}\n{portal.logs()}"
    assert row["done_bytes"] == row["total_bytes"] > 0
    assert portal.ask("outcome", job=job) == {"times": 1, "whole": True}
    return row


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_killed_in_the_middle(portal: Portal, big: int, kind: str):
    portal.worker.pause()
    job = ask_for(portal, kind, big=big, small=12)
    portal.freeze_midway(portal.worker, job)
    portal.worker.kill()
    assert portal.ask("half_done") == []

    portal.worker.resume()

    assert 2 <= done_once(portal, job)["attempt"] <= 3


def test_a_job_that_loses_three_workers_fails_and_can_be_tried_again(portal: Portal, big: int):
    portal.worker.pause()
    job = ask_for(portal, "export", big=big)
    for attempt in (1, 2, 3):
        portal.worker.pause()
        portal.freeze_at_start(portal.worker, job, attempt=attempt)
        portal.worker.kill()

    portal.worker.resume()
    row = portal.end_of(job)
    assert (row["state"], row["error_code"], row["attempt"]) == ("failed", "worker_lost", 3)
    assert portal.ask("outcome", job=job) == {"times": 0, "whole": False}
    leave_nothing(portal)

    portal.ask("retry", job=job)
    assert done_once(portal, job)["attempt"] == 4


def test_a_broker_that_forgets_twenty_jobs(portal: Portal):
    portal.worker.pause()
    jobs = [ask_for(portal, "import") for _ in range(20)]
    portal.broker.flushall()
    assert portal.messages() == 0

    portal.worker.resume()

    for job in jobs:
        done_once(portal, job)


def test_a_broker_that_forgets_twenty_jobs_while_no_worker_runs(portal: Portal):
    portal.stop_worker()
    jobs = [ask_for(portal, "import") for _ in range(20)]
    portal.broker.flushall()

    portal.worker.resume()

    for job in jobs:
        assert done_once(portal, job)["attempt"] == 1


def test_a_broker_killed_with_jobs_waiting_and_one_running(portal: Portal, big: int):
    portal.worker.pause()
    running = ask_for(portal, "export", big=big, small=12)
    portal.freeze_midway(portal.worker, running)
    waiting = [ask_for(portal, kind) for kind in KINDS]
    portal.broker.kill()
    portal.worker.resume()

    # What runs needs no broker.
    done_once(portal, running)
    portal.broker.restart()

    for job in waiting:
        done_once(portal, job, supervised=True)


def test_a_page_that_queues_a_job_while_the_broker_is_away(portal: Portal):
    alice = Visitor(portal.address)
    alice.sign_in("alice", portal.password)
    portal.worker.pause()  # or it would take what the desk is about to do itself
    session = portal.ask("saved", name=name(), big=100_000, small=3)
    portal.worker.resume()
    portal.broker.kill()

    answer = alice.submit(f"/sessions/{session}/versions/1/export/")

    assert answer.elapsed.total_seconds() < 8
    job = answer.url.rstrip("/").rsplit("/", 1)[-1]
    assert portal.ask("job", code=job)["state"] == "queued"
    portal.broker.restart()
    row = portal.end_of(job, supervised=True)
    assert (row["state"], row["attempt"]) == ("succeeded", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_frozen_longer_than_its_lease(portal: Portal, big: int, kind: str):
    frozen = portal.worker
    frozen.pause()
    job = ask_for(portal, kind, big=big, small=12)
    attempt = portal.freeze_midway(frozen, job)
    other = portal.start_worker("other")
    try:
        row = done_once(portal, job)
    finally:
        other.stop()
    assert row["attempt"] == attempt + 1

    frozen.resume()

    portal.wait_for(lambda: f"attempt {attempt} stops" in frozen.log.read_text(), what="it gives up")
    assert portal.ask("job", code=job) == row
    assert portal.ask("outcome", job=job) == {"times": 1, "whole": True}


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_cancelled_in_the_middle(portal: Portal, big: int, kind: str):
    portal.worker.pause()
    job = ask_for(portal, kind, big=big, small=12)
    portal.freeze_midway(portal.worker, job)
    portal.ask("cancel", job=job)

    portal.worker.resume()

    assert portal.end_of(job, timeout=20)["state"] == "cancelled"
    assert portal.ask("outcome", job=job) == {"times": 0, "whole": False}
    leave_nothing(portal)

    portal.ask("retry", job=job)
    done_once(portal, job)


def test_a_message_that_comes_again_after_its_job_has_ended(portal: Portal):
    portal.worker.resume()
    job = ask_for(portal, "import")
    row = done_once(portal, job)

    assert portal.ask("publish", job=job)

    portal.wait_for(lambda: portal.messages() == 0, what="the message is taken")
    done_once(portal, ask_for(portal, "import"))
    assert portal.ask("job", code=job) == row
    assert portal.ask("outcome", job=job) == {"times": 1, "whole": True}


def test_a_database_that_hangs_up_in_the_middle(portal: Portal, big: int):
    """Only servers do; SQLite's file stays where it is, and the job simply goes on."""
    portal.worker.pause()
    job = ask_for(portal, "export", big=big)
    portal.freeze_midway(portal.worker, job)
    portal.ask("hang_up")

    portal.worker.resume()

    assert done_once(portal, job)["attempt"] <= 2
