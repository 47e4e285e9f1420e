"""Workers, brokers and databases fail mid-job. Every job ends once, with the right bytes."""

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
ONE_KIND = [pytest.param(kind, marks=[pytest.mark.variant] * (kind != "save")) for kind in KINDS]
"""`make test` runs one, `make test-large` the others."""
WAITING_JOBS = 8
TRIES = 5
"""Jobs of which one is paused in the middle."""

pytestmark = pytest.mark.slow


@pytest.fixture
def big(stack: Stack) -> int:
    """Bytes that keep a worker busy for about a second: files are copied faster than S3 objects."""
    return {"embedded": 256, "team": 48}[stack.name] * MIB


@pytest.fixture(autouse=True)
def no_leftovers(portal: Portal) -> Iterator[None]:
    """Restart everything after each test; garbage collection must then leave no orphans."""
    yield
    portal.recover()
    assert_nothing_left(portal)
    assert portal.call("find_inconsistencies") == []


def assert_nothing_left(portal: Portal) -> None:
    portal.call("collect_garbage")
    # A job ends a moment before its uploads are deleted.
    portal.wait_for(lambda: portal.call("find_leftovers") == [], condition="nothing is left")


def unique_name() -> str:
    return f"talk-{uuid4().hex[:8]}"


def request_job(portal: Portal, kind: str, *, big: int = 100_000, small: int = 3) -> str:
    """Queue a job of this kind with new files; return its code."""
    job: str
    if kind == "export":
        session = portal.call("create_saved_session", name=unique_name(), big=big, small=small)
        job = portal.call("request_export", session=session)
    else:
        job = portal.call(f"request_{kind}", name=unique_name(), big=big, small=small)
    return job


def pause_midway(portal: Portal, kind: str, *, big: int, small: int = 12) -> tuple[str, int]:
    """Pause the worker in the middle of a job of this kind; return the job's code and the attempt's number."""
    for _ in range(TRIES):
        portal.worker.pause()
        job = request_job(portal, kind, big=big, small=small)
        if attempt := portal.pause_midway(portal.worker, job):
            return job, attempt
    raise AssertionError(f"{TRIES} jobs ended before they could be paused.\n{portal.logs()}")


def lose_three_workers(portal: Portal, *, big: int) -> str:
    """Kill three workers in the middle of one job; return its code."""
    for _ in range(TRIES):
        portal.worker.pause()
        job = request_job(portal, "export", big=big)
        if all(kill_at_start(portal, job, attempt=attempt) for attempt in (1, 2, 3)):
            return job
    raise AssertionError(f"{TRIES} jobs ended before they lost three workers.\n{portal.logs()}")


def kill_at_start(portal: Portal, job: str, *, attempt: int) -> bool:
    """Kill the worker when it has started this attempt of a job; return whether it was in time."""
    portal.worker.pause()
    is_running = portal.pause_at_start(portal.worker, job, attempt=attempt)
    portal.worker.kill()
    return is_running


def wait_for_success(portal: Portal, job: str, *, supervised: bool = False) -> dict[str, Any]:
    """Wait for the job's end; it must have taken effect exactly once, with the right bytes."""
    row = portal.end_of(job, supervised=supervised)
    assert row["state"] == "succeeded", f"{row}\n{portal.logs()}"
    assert row["done_bytes"] == row["total_bytes"] > 0
    assert portal.call("get_outcome", job=job) == {"times": 1, "is_whole": True}
    return row


@pytest.mark.either_stack
@pytest.mark.parametrize("kind", ONE_KIND)
def test_a_worker_killed_in_the_middle(portal: Portal, big: int, kind: str):
    job, attempt = pause_midway(portal, kind, big=big)
    portal.worker.kill()
    assert portal.call("find_inconsistencies") == []

    portal.worker.resume()

    assert wait_for_success(portal, job)["attempt"] > attempt


@pytest.mark.accident
def test_a_job_that_loses_three_workers_fails_and_can_be_retried(portal: Portal, big: int):
    job = lose_three_workers(portal, big=big)

    portal.worker.resume()
    row = portal.end_of(job)
    assert (row["state"], row["error_code"], row["attempt"]) == ("failed", "worker_lost", 3)
    assert portal.call("get_outcome", job=job) == {"times": 0, "is_whole": False}
    assert_nothing_left(portal)

    portal.call("retry_job", job=job)
    assert wait_for_success(portal, job)["attempt"] > 3


@pytest.mark.accident
def test_a_broker_that_loses_all_jobs(portal: Portal):
    portal.worker.pause()
    jobs = [request_job(portal, "import") for _ in range(WAITING_JOBS)]
    portal.broker.flushall()
    assert portal.count_messages() == 0

    portal.worker.resume()

    for job in jobs:
        wait_for_success(portal, job)


@pytest.mark.accident
def test_a_broker_that_loses_all_jobs_while_no_worker_runs(portal: Portal):
    portal.stop_worker()
    jobs = [request_job(portal, "import") for _ in range(WAITING_JOBS)]
    portal.broker.flushall()

    portal.worker.resume()

    for job in jobs:
        wait_for_success(portal, job)


@pytest.mark.accident
def test_a_broker_killed_with_jobs_waiting_and_one_running(portal: Portal, big: int):
    running, _ = pause_midway(portal, "export", big=big)
    waiting = [request_job(portal, kind) for kind in KINDS]
    portal.broker.kill()
    portal.worker.resume()

    # A running job needs no broker.
    wait_for_success(portal, running)
    portal.broker.restart()

    for job in waiting:
        wait_for_success(portal, job, supervised=True)


@pytest.mark.accident
def test_a_page_queues_a_job_while_the_broker_is_down(portal: Portal):
    alice = Visitor(portal.address)
    alice.sign_in("alice", portal.password)
    portal.worker.pause()  # the controller does the work of this save
    session = portal.call("create_saved_session", name=unique_name(), big=100_000, small=3)
    portal.worker.resume()
    portal.broker.kill()

    response = alice.submit(f"/sessions/{session}/versions/1/export/")

    job = response.url.rpartition("?job=")[2]
    assert portal.call("get_job", code=job)["state"] == "queued"
    portal.broker.restart()
    assert portal.end_of(job, supervised=True)["state"] == "succeeded"


@pytest.mark.accident
@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_paused_longer_than_its_lease(portal: Portal, big: int, kind: str):
    job, attempt = pause_midway(portal, kind, big=big)
    paused = portal.worker
    other = portal.start_worker("other")
    try:
        row = wait_for_success(portal, job)
    finally:
        other.stop()
    assert row["attempt"] > attempt

    paused.resume()

    portal.wait_for(
        lambda: f"attempt {attempt} stops" in paused.log.read_text(),
        condition="the paused worker stops its attempt",
    )
    assert portal.call("get_job", code=job) == row
    assert portal.call("get_outcome", job=job) == {"times": 1, "is_whole": True}


@pytest.mark.accident
@pytest.mark.parametrize("kind", KINDS)
def test_a_job_canceled_in_the_middle(portal: Portal, big: int, kind: str):
    job, _ = pause_midway(portal, kind, big=big)
    portal.call("cancel_job", job=job)

    portal.worker.resume()

    assert portal.end_of(job)["state"] == "cancelled"
    assert portal.call("get_outcome", job=job) == {"times": 0, "is_whole": False}
    assert_nothing_left(portal)

    portal.call("retry_job", job=job)
    wait_for_success(portal, job)


@pytest.mark.accident
def test_a_message_redelivered_after_its_job_has_ended(portal: Portal):
    portal.worker.resume()
    job = request_job(portal, "import")
    row = wait_for_success(portal, job)

    assert portal.call("publish_job", job=job)

    portal.wait_for(lambda: portal.count_messages() == 0, condition="the message is consumed")
    wait_for_success(portal, request_job(portal, "import"))
    assert portal.call("get_job", code=job) == row
    assert portal.call("get_outcome", job=job) == {"times": 1, "is_whole": True}


@pytest.mark.accident
def test_a_database_that_closes_connections_in_the_middle(portal: Portal, big: int):
    """Has no effect on SQLite, which has no server: the job continues."""
    job, _ = pause_midway(portal, "export", big=big, small=3)
    portal.call("close_database_connections")

    portal.worker.resume()

    wait_for_success(portal, job)
