"""Workers record that they run; pages of waiting jobs show a notice while none does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from sessions_app.models import Job, Worker
from sessions_app.models.worker import LOST_AFTER
from sessions_app.operations.jobs.create import create_job
from tests.integration.sketches import now
from tests.integration.worlds import world_of_rows
from tests.world import World

SENTENCE = "No worker is running"

world = world_of_rows


@pytest.fixture
def client(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


@pytest.fixture
def job(world: World) -> Job:
    return create_job(kind=Job.Kind.EXPORT, owner=world.alice, params={}, now=now())


def pages_of(client: Client, job: Job) -> list[str]:
    paths = ("/jobs/", f"/jobs/{job.code}/", f"/jobs/{job.code}/progress/")
    return [client.get(path).content.decode() for path in paths]


def record_worker(*, age: timedelta) -> None:
    Worker.objects.create(name="one@host", processes=2, started_at=now(), seen_at=now() - age)


def test_pages_of_a_waiting_job_show_that_no_worker_runs(client: Client, job: Job):
    assert all(SENTENCE in page for page in pages_of(client, job))


def test_pages_of_a_waiting_job_show_it_when_the_worker_has_sent_no_heartbeat_for_a_while(
    client: Client, job: Job
):
    record_worker(age=LOST_AFTER + timedelta(seconds=1))

    assert all(SENTENCE in page for page in pages_of(client, job))


def test_pages_do_not_show_it_while_a_worker_runs(client: Client, job: Job):
    record_worker(age=timedelta(seconds=5))

    assert not any(SENTENCE in page for page in pages_of(client, job))


def test_pages_of_jobs_that_do_not_wait_do_not_mention_workers(client: Client, job: Job):
    job.claim(now=now(), lease_until=now())

    assert not any(SENTENCE in page for page in pages_of(client, job))
