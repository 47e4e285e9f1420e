"""Pins of a worker that was suspended and resumed after another attempt had ended its job."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from sessions_app.models import Blob, Pin
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.sessions.trash import trash_sessions
from tests.world import World, zip_of_files


def test_pins_of_an_ended_job_are_deleted(world: World):
    job = world.imported(zip_of_files({"audio/hi_audio.wav": b"hi audio"}))
    Pin.objects.create(job=job, blob=Blob.objects.get())

    collect_garbage(now=world.clock(), dry_run=False)

    assert not Pin.objects.exists()


def test_pins_of_an_ended_job_do_not_preserve_blobs(world: World):
    job = world.imported(zip_of_files({"audio/hi_audio.wav": b"hi audio"}))
    Pin.objects.create(job=job, blob=Blob.objects.get())
    assert job.session is not None
    trash_sessions(sessions=[job.session], now=world.clock())
    world.clock.now += settings.TRASH_RETENTION
    collect_garbage(now=world.clock(), dry_run=False)
    world.clock.now += settings.GARBAGE_GRACE + timedelta(seconds=1)

    report = collect_garbage(now=world.clock(), dry_run=False)

    assert report.blobs.count == 1
    assert not Blob.objects.exists()
