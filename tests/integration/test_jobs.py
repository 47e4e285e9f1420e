from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from sessions_app.models import Export, Job, Pin
from sessions_app.operations.errors import JobLost, NotAllowedError
from sessions_app.operations.exports import job as exports
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.reconcile import reconcile_jobs
from sessions_app.operations.jobs.retry import retry_job
from tests.world import PROJECT, World, stored_keys


@pytest.fixture
def job(world: World) -> Job:
    """An export that waits for a worker."""
    session = world.saved(files=PROJECT)
    assert session.current is not None
    return exports.request(version=session.current, owner=world.alice, now=world.clock())


def claim(job: Job, world: World) -> Job:
    """Start the job as a worker of its own does."""
    mine = Job.objects.get(pk=job.pk)
    assert mine.claim(now=world.clock(), lease_until=world.clock() + settings.JOB_LEASE)
    return mine


def test_a_job_is_started_once(world: World, job: Job):
    claim(job, world)

    assert not Job.objects.get(pk=job.pk).claim(now=world.clock(), lease_until=world.clock())
    world.run(job)
    assert job.state == Job.State.RUNNING


def test_a_job_whose_worker_died_is_taken_over_and_done_once(world: World, job: Job):
    claim(job, world)
    world.clock.forward(seconds=settings.JOB_LEASE.total_seconds() + 1)

    assert reconcile_jobs(now=world.clock()).requeued == 1

    world.run(job)
    assert (job.state, job.attempt) == (Job.State.SUCCEEDED, 2)
    assert Export.objects.count() == 1


def test_a_job_whose_worker_lives_is_left_to_it(world: World, job: Job):
    claim(job, world)
    world.clock.forward(seconds=settings.JOB_LEASE.total_seconds() - 1)

    assert reconcile_jobs(now=world.clock()).requeued == 0


def test_a_worker_that_comes_back_to_life_cannot_finish(world: World, job: Job):
    zombie = claim(job, world)
    world.clock.forward(hours=1)
    reconcile_jobs(now=world.clock())
    world.run(job)
    assert job.state == Job.State.SUCCEEDED

    with JobContext(zombie, clock=world.clock) as context, pytest.raises(JobLost):
        context.finish(lambda: {"export": "the zombie's"})

    job.refresh_from_db()
    assert job.result["export"] != "the zombie's"


def test_a_job_that_kills_its_workers_is_given_up(world: World, job: Job):
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        claim(job, world)
        world.clock.forward(hours=1)
        reconcile_jobs(now=world.clock())

    job.refresh_from_db()
    assert (job.state, job.error_code) == (Job.State.FAILED, "worker_lost")

    retry_job(job=job, now=world.clock())
    job.refresh_from_db()
    assert world.run(job).state == Job.State.SUCCEEDED


def test_a_waiting_job_is_offered_again_less_and_less_often(world: World, job: Job, broker: str):
    Job.objects.filter(pk=job.pk).update(published_at=world.clock(), publish_count=1)
    offered = 0
    for _ in range(60):
        world.clock.forward(seconds=30)
        offered += reconcile_jobs(now=world.clock() + timedelta(seconds=1)).republished

    assert 5 <= offered <= 12


def test_a_cancelled_job_that_waits_ends_at_once(world: World, job: Job):
    cancel_job(job=job, now=world.clock())

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    with pytest.raises(NotAllowedError):
        cancel_job(job=job, now=world.clock())


def test_a_job_that_succeeded_cannot_be_tried_again(world: World, job: Job):
    world.run(job)

    with pytest.raises(NotAllowedError):
        retry_job(job=job, now=world.clock())


def test_an_attempt_removes_what_an_earlier_one_left(world: World, job: Job):
    dead = claim(job, world)
    context = JobContext(dead, clock=world.clock)
    with context.store.writer(context.staging_key("left")) as writer:
        writer.write(b"half")
    world.clock.forward(hours=1)
    reconcile_jobs(now=world.clock())

    world.run(job)

    assert stored_keys("staging/") == []
    assert not Pin.objects.exists()


def test_an_error_of_ours_is_told_to_staff_and_named_to_people(
    world: World, job: Job, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("somewhere deep")

    monkeypatch.setattr(exports, "layout_of", broken)

    world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "internal")
    assert "ZeroDivisionError" not in job.error_message
    assert "ZeroDivisionError: somewhere deep" in job.error_detail


def test_a_worker_that_is_told_to_stop_gives_its_job_back(
    world: World, job: Job, monkeypatch: pytest.MonkeyPatch
):
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exports, "layout_of", stopped)
        with pytest.raises(KeyboardInterrupt):
            world.run(job)

    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
    assert world.run(job).state == Job.State.SUCCEEDED
