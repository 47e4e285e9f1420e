"""Jobs: claims, leases, retries, cancellation, errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from celery import Celery
from django.conf import settings

from dubbing_sessions.celery import app
from sessions_app import queue
from sessions_app.models import Export, Job, Pin
from sessions_app.operations.errors import JobLost, NotAllowedError
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.reconcile import reconcile_jobs
from sessions_app.operations.jobs.retry import retry_job
from tests.query_plans import record_plans
from tests.services.ports import reserve_port
from tests.world import PROJECT, World, stored_keys


@pytest.fixture
def job(world: World) -> Job:
    """An export that waits for a worker."""
    session = world.saved(files=PROJECT)
    assert session.current is not None
    return request_export(version=session.current, owner=world.alice, now=world.clock())


def claim(job: Job, world: World) -> Job:
    """Claim the job as a worker does."""
    claimed = Job.objects.get(pk=job.pk)
    assert claimed.claim(now=world.clock(), lease_until=world.clock() + settings.JOB_LEASE)
    return claimed


def test_a_job_is_claimed_once(world: World, job: Job):
    claim(job, world)

    assert not Job.objects.get(pk=job.pk).claim(now=world.clock(), lease_until=world.clock())
    world.run(job)
    assert job.state == Job.State.RUNNING


def test_a_job_whose_worker_died_is_requeued_and_performed_once(world: World, job: Job):
    claim(job, world)
    world.clock.forward(seconds=settings.JOB_LEASE.total_seconds() + 1)

    assert reconcile_jobs(now=world.clock()).requeued == 1

    world.run(job)
    assert (job.state, job.attempt) == (Job.State.SUCCEEDED, 2)
    assert Export.objects.count() == 1


def test_a_job_whose_worker_is_alive_is_not_requeued(world: World, job: Job):
    claim(job, world)
    world.clock.forward(seconds=settings.JOB_LEASE.total_seconds() - 1)

    assert reconcile_jobs(now=world.clock()).requeued == 0


def test_a_worker_that_lost_its_job_cannot_finish_it(world: World, job: Job):
    stale = claim(job, world)
    world.clock.forward(hours=1)
    reconcile_jobs(now=world.clock())
    world.run(job)
    assert job.state == Job.State.SUCCEEDED

    with JobContext(stale, clock=world.clock) as context, pytest.raises(JobLost), context.finish() as result:
        result["export"] = "of the stale attempt"

    job.refresh_from_db()
    assert job.result["export"] != "of the stale attempt"


def test_a_job_fails_after_too_many_dead_workers(world: World, job: Job):
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        claim(job, world)
        world.clock.forward(hours=1)
        reconcile_jobs(now=world.clock())

    job.refresh_from_db()
    assert (job.state, job.error_code) == (Job.State.FAILED, "worker_lost")

    retry_job(job=job, now=world.clock())
    job.refresh_from_db()
    assert world.run(job).state == Job.State.SUCCEEDED


@pytest.fixture
def queue_client(broker: str) -> Iterator[redis.Redis]:
    """A client of the broker, whose queue is empty before and after the test."""
    with app.connection_for_read() as connection:
        client = connection.default_channel.client  # type: ignore[attr-defined]  # kombu's stubs lack it
        client.flushdb()
        yield client
        client.flushdb()


def test_a_job_whose_message_was_lost_is_published_in_the_next_round(
    world: World, job: Job, queue_client: redis.Redis
):
    """However often it was lost before."""
    for _ in range(12):
        world.clock.forward(seconds=settings.JOB_REPUBLISH_AFTER.total_seconds() + 1)
        assert reconcile_jobs(now=world.clock()).republished == 1
        queue_client.flushdb()


def test_a_job_whose_message_waits_is_not_published_again(world: World, job: Job, queue_client: redis.Redis):
    world.clock.forward(hours=1)
    assert reconcile_jobs(now=world.clock()).republished == 1

    for _ in range(12):
        world.clock.forward(hours=1)
        assert reconcile_jobs(now=world.clock()).republished == 0


def test_a_job_that_the_broker_refused_is_not_recorded_as_published(
    world: World, job: Job, monkeypatch: pytest.MonkeyPatch
):
    Job.objects.filter(pk=job.pk).update(published_at=None, publish_count=0)
    unreachable = Celery(broker=f"redis://127.0.0.1:{reserve_port()}/0", set_as_current=False)
    unreachable.conf.broker_transport_options = {"max_retries": 0}
    monkeypatch.setattr(queue, "current_app", unreachable)

    assert reconcile_jobs(now=world.clock()).republished == 0

    job.refresh_from_db()
    assert (job.published_at, job.publish_count) == (None, 0)


def test_a_queued_job_is_cancelled_at_once(world: World, job: Job):
    cancel_job(job=job, now=world.clock())

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    with pytest.raises(NotAllowedError):
        cancel_job(job=job, now=world.clock())


def test_a_succeeded_job_cannot_be_retried(world: World, job: Job):
    world.run(job)

    with pytest.raises(NotAllowedError):
        retry_job(job=job, now=world.clock())


def test_an_attempt_deletes_temporary_bytes_of_earlier_ones(world: World, job: Job):
    dead = claim(job, world)
    context = JobContext(dead, clock=world.clock)
    with context.store.writer(context.staging_key("left")) as writer:
        writer.write(b"half")
    world.clock.forward(hours=1)
    reconcile_jobs(now=world.clock())

    world.run(job)

    assert stored_keys("staging/") == []
    assert not Pin.objects.exists()


def test_an_internal_error_is_detailed_for_staff_only(
    world: World, job: Job, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("somewhere deep")

    monkeypatch.setattr("sessions_app.operations.exports.job.get_export_layout", fail)

    world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "internal")
    assert "ZeroDivisionError" not in job.error_message
    assert "ZeroDivisionError: somewhere deep" in job.error_detail


def test_a_worker_that_is_stopped_requeues_its_job(world: World, job: Job, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sessions_app.operations.exports.job.get_export_layout", interrupt)
        with pytest.raises(KeyboardInterrupt):
            world.run(job)

    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
    assert world.run(job).state == Job.State.SUCCEEDED


def test_the_reconciler_reads_no_table_in_full(world: World, job: Job):
    Job.objects.filter(pk=job.pk).update(published_at=None)

    with record_plans() as plans:
        assert reconcile_jobs(now=world.clock()).republished == 1

    assert "job" not in plans.scanned, plans.describe()
