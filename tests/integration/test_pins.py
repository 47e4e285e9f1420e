"""What a worker left that was frozen, and woke up after another one had ended its job."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from sessions_app.models import Blob, Pin
from sessions_app.operations.cleanup import garbage
from sessions_app.operations.sessions.trash import trash_sessions
from tests.world import World, zip_of_files


def test_what_a_job_holds_after_its_end_is_forgotten(world: World):
    job = world.imported(zip_of_files({"audio/hi_audio.wav": b"hi audio"}))
    Pin.objects.create(job=job, blob=Blob.objects.get())

    garbage.collect(now=world.clock(), dry_run=False)

    assert not Pin.objects.exists()


def test_it_keeps_no_blob_of_a_session_that_is_gone(world: World):
    job = world.imported(zip_of_files({"audio/hi_audio.wav": b"hi audio"}))
    Pin.objects.create(job=job, blob=Blob.objects.get())
    assert job.session is not None
    trash_sessions(sessions=[job.session], now=world.clock())
    world.clock.now += settings.TRASH_KEPT
    garbage.collect(now=world.clock(), dry_run=False)
    world.clock.now += settings.GARBAGE_GRACE + timedelta(seconds=1)

    report = garbage.collect(now=world.clock(), dry_run=False)

    assert report.blobs.count == 1
    assert not Blob.objects.exists()
