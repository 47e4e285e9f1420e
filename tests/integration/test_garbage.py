from __future__ import annotations

import hashlib
import threading
from datetime import datetime

import pytest
from django.conf import settings
from django.db import connections

from sessions_app.models import Blob, DubbingSession, Export, Job, Pin, Upload, Version
from sessions_app.operations.cleanup.blobs import delete_unreferenced_blob
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions, untrash_session
from sessions_app.operations.shares.create import create_share
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key, export_key, staging_key
from tests.world import PROJECT, World, stored_keys

AUDIO = "audio/hi_audio.wav"


@pytest.fixture(autouse=True)
def nothing_arrives(world: World) -> None:
    store = get_store()
    for opened in list(store.open_uploads("")):
        store.abort(opened.key, opened.upload_id)


def collect(world: World, *, dry_run: bool = False) -> GarbageReport:
    return collect_garbage(now=world.clock(), dry_run=dry_run)


def after_grace(world: World) -> datetime:
    return world.clock.forward(seconds=settings.GARBAGE_GRACE.total_seconds() + 1)


def after_trash(world: World) -> datetime:
    return world.clock.forward(seconds=settings.TRASH_RETENTION.total_seconds() + 1)


def after_export(world: World) -> datetime:
    return world.clock.forward(seconds=settings.EXPORT_RETENTION.total_seconds() + 1)


def current(session: DubbingSession) -> Version:
    session.refresh_from_db()
    assert session.current is not None
    return session.current


def purged(world: World, files: dict[str, bytes]) -> None:
    """A session that was saved and is gone for good: its blobs are nobody's."""
    session = world.saved("gone", files)
    trash_sessions(sessions=[session], now=world.clock())
    purge_session(session=session)


def put(key: str, data: bytes = b"left behind") -> str:
    with get_store().writer(key) as writer:
        writer.write(data)
    return key


def queued(world: World) -> Job:
    session = world.saved("busy")
    return request_export(version=current(session), owner=world.alice, now=world.clock())


# -- Blobs --------------------------------------------------------------------------------------------------------


def test_an_unneeded_blob_goes_in_two_steps_with_a_pause_between(world: World):
    purged(world, {"one.wav": b"one"})
    key = blob_key(Blob.objects.get().sha256)

    first = collect(world)
    assert (first.unreferenced.count, first.blobs.count) == (1, 0)
    world.clock.forward(seconds=settings.GARBAGE_GRACE.total_seconds() - 1)
    assert collect(world).blobs.count == 0
    assert stored_keys() == [key]

    world.clock.forward(seconds=2)
    report = collect(world)
    assert (report.blobs.count, report.blobs.size, report.freed) == (1, 3, 3)
    assert stored_keys() == []
    assert not Blob.objects.exists()


def test_an_empty_file_is_given_up_too(world: World):
    purged(world, {"empty.txt": b""})
    collect(world)
    after_grace(world)

    assert collect(world).blobs.count == 1
    assert not Blob.objects.exists()


def test_a_blob_that_any_version_holds_stays(world: World):
    session = world.saved(files=PROJECT)
    world.save(session, {AUDIO: b"a newer voice"})
    before = stored_keys("blobs/")

    collect(world)
    after_grace(world)
    assert collect(world).freed == 0
    assert stored_keys("blobs/") == before
    assert world.files(Version.objects.get(session=session, number=1))[AUDIO] == PROJECT[AUDIO]


def test_a_blob_that_a_running_job_holds_stays(world: World):
    purged(world, {"one.wav": b"one"})
    Pin.objects.create(job=queued(world), blob=Blob.objects.get(size=3))

    collect(world)
    after_grace(world)
    assert collect(world).blobs.count == 0
    assert Blob.objects.filter(size=3).exists()


def test_a_blob_that_an_upload_became_stays(world: World):
    purged(world, {"one.wav": b"one"})
    (upload,) = world.upload({"one.wav": b"one"})
    collect(world)
    Upload.objects.filter(pk=upload.pk).update(
        blob=Blob.objects.get(), expires_at=world.clock.forward(days=99)
    )
    world.clock.forward(days=-1)

    assert collect(world).blobs.count == 0
    assert Blob.objects.get().unreferenced_since is None


def test_a_condemned_blob_that_is_saved_again_is_needed_again(world: World):
    purged(world, {"one.wav": b"one"})
    collect(world)
    session = world.saved("again", {"one.wav": b"one"})

    after_grace(world)
    assert collect(world).blobs.count == 0
    assert Blob.objects.get().unreferenced_since is None
    assert list(world.files(current(session)).values()) == [b"one"]


def test_a_save_between_the_look_and_the_deletion_wins(world: World):
    purged(world, {"one.wav": b"one"})
    seen = Blob.objects.unreferenced().get()
    session = world.saved("again", {"one.wav": b"one"})

    assert not delete_unreferenced_blob(seen)
    assert list(world.files(current(session)).values()) == [b"one"]


def test_a_save_after_the_deletion_began_stores_the_bytes_anew(world: World):
    purged(world, {"one.wav": b"one"})
    blob = Blob.objects.get()
    Blob.objects.filter(pk=blob.pk).update(state=Blob.State.DELETING)
    finishing = threading.Timer(0.2, finish_deleting, args=[blob])
    finishing.start()
    session = world.saved("again", {"one.wav": b"one"})
    finishing.join()

    assert Blob.objects.get().pk != blob.pk
    assert list(world.files(current(session)).values()) == [b"one"]


def finish_deleting(blob: Blob) -> None:
    try:
        delete_unreferenced_blob(blob)
    finally:
        connections.close_all()


def test_a_deletion_that_was_interrupted_is_finished(world: World):
    purged(world, {"one.wav": b"one"})
    Blob.objects.update(state=Blob.State.DELETING)

    assert collect(world, dry_run=True).as_dict() == collect(world).as_dict()
    assert (stored_keys(), Blob.objects.count()) == ([], 0)


def test_bytes_whose_writing_never_ended_are_given_up(world: World):
    Blob.objects.create(sha256="0" * 64, size=9, crc32=0, created_at=world.clock())
    collect(world)
    after_grace(world)

    assert collect(world).blobs.count == 1


# -- Dry runs ---------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_what_a_real_one_does_and_does_nothing(world: World):
    purged(world, {"ripe.wav": b"ripe"})
    collect(world)
    trashed = world.saved("trashed", {"trashed.wav": b"only here"})
    world.exported(current(trashed))
    trash_sessions(sessions=[trashed], now=world.clock())
    world.exported(current(world.saved("expired", PROJECT)))
    world.upload({"never saved.wav": b"forgotten"})
    put(staging_key("job-00000000-0000-0000-0000-000000000000-1", "0"))
    after_trash(world)
    rows = [model.objects.count() for model in (Blob, DubbingSession, Export, Upload)]
    keys = stored_keys()

    told = collect(world, dry_run=True)
    assert [model.objects.count() for model in (Blob, DubbingSession, Export, Upload)] == rows
    assert stored_keys() == keys

    done = collect(world)
    assert told.as_dict() == done.as_dict()
    counts = (done.sessions, done.exports, done.uploads, done.leftovers, done.blobs, done.unreferenced)
    assert [tally.count for tally in counts] == [1, 2, 1, 1, 1, 1]
    assert collect(world).freed == 0


# -- Trash ---------------------------------------------------------------------------------------------------------


def test_a_session_leaves_the_trash_for_good_after_its_time(world: World):
    session = world.saved()
    export = world.exported(current(session))
    trash_sessions(sessions=[session], now=world.clock())
    world.clock.forward(seconds=settings.TRASH_RETENTION.total_seconds() - 1)
    assert collect(world).sessions.count == 0

    world.clock.forward(seconds=2)
    assert collect(world).sessions.count == 1
    assert not DubbingSession.objects.exists()
    assert export.key not in stored_keys()
    after_grace(world)
    collect(world)
    assert stored_keys() == []


def test_a_session_that_was_restored_meanwhile_is_not_purged(world: World):
    session = world.saved()
    trash_sessions(sessions=[session], now=world.clock())
    seen = DubbingSession.objects.get(pk=session.pk)
    untrash_session(session=session)

    purge_session(session=seen)
    assert world.files(current(session)) == world.files(Version.objects.get())


def test_a_session_whose_job_runs_waits_in_the_trash(world: World):
    job = queued(world)
    assert job.session is not None
    trash_sessions(sessions=[job.session], now=world.clock())
    after_trash(world)

    assert collect(world).sessions.count == 0
    cancel_job(job=job, now=world.clock())
    assert collect(world).sessions.count == 1


def test_files_that_another_session_shares_survive_a_purge(world: World):
    kept = world.saved("kept", PROJECT)
    purged(world, PROJECT)
    collect(world)
    after_grace(world)
    collect(world)

    assert len(world.files(current(kept))) == len(PROJECT)


# -- Exports ----------------------------------------------------------------------------------------------------


def test_an_expired_export_gives_up_its_bytes_and_keeps_its_row(world: World):
    export = world.exported(current(world.saved()))
    after_export(world)

    report = collect(world)
    assert (report.exports.count, report.exports.size) == (1, export.size)
    assert stored_keys("exports/") == []
    export.refresh_from_db()
    assert export.removed_at == world.clock()
    assert collect(world).exports.count == 0


def test_a_live_link_keeps_an_export_until_it_ends(world: World):
    export = world.exported(current(world.saved()))
    made = create_share(export=export, author=world.alice, days=30, note="", now=world.clock())
    # Were its own time over, the link would still keep it.
    Export.objects.update(expires_at=world.clock())
    after_export(world)
    assert collect(world).exports.count == 0

    made.share.revoke(now=world.clock())
    assert collect(world).exports.count == 1


# -- Uploads and leftovers -------------------------------------------------------------------------------------


def test_an_upload_that_nobody_saves_expires(world: World):
    world.upload({"one.wav": b"forgotten"})
    world.clock.forward(seconds=settings.UPLOAD_RETENTION.total_seconds() - 1)
    assert collect(world).uploads.count == 0

    world.clock.forward(seconds=2)
    report = collect(world)
    assert (report.uploads.count, report.uploads.size) == (1, len(b"forgotten"))
    assert stored_keys() == []


def test_an_upload_of_a_waiting_job_does_not_expire(world: World):
    session = world.session()
    job = world.save(session, {"one.wav": b"one"}, run=False)
    world.clock.forward(days=99)
    assert collect(world).uploads.count == 0

    world.run(job)
    assert job.state == Job.State.SUCCEEDED


def test_what_a_dead_attempt_left_goes_and_what_a_running_one_needs_stays(world: World):
    job = queued(world)
    assert job.claim(now=world.clock(), lease_until=world.clock() + settings.JOB_LEASE)
    running = [put(staging_key(f"job-{job.code}-1", "0")), put(export_key(f"{job.code}-1"))]
    Job.objects.filter(pk=job.pk).update(attempt=2)
    job.refresh_from_db()
    second = [put(staging_key(f"job-{job.code}-2", "0")), put(export_key(f"{job.code}-2"))]
    (upload,) = world.upload({"one.wav": b"on its way"})

    report = collect(world)
    assert report.leftovers.count == len(running)
    left = stored_keys("staging/") + stored_keys("exports/")
    assert sorted(left) == sorted([*second, staging_key(f"upload-{upload.code}", "file")])


def test_what_belongs_to_no_row_goes_and_what_is_not_ours_stays(world: World):
    nobody = "00000000-0000-0000-0000-000000000000"
    put(staging_key(f"upload-{nobody}", "file"))
    put(export_key(f"{nobody}-1"))
    foreign = put("exports/somebody-else.txt")

    assert collect(world).leftovers.count == 2
    assert stored_keys() == [foreign]


def test_what_only_began_to_arrive_goes_with_its_row(world: World):
    store = get_store()
    (upload,) = world.upload({"one.wav": b"on its way"})
    kept, lost = (
        staging_key(f"upload-{code}", "parts")
        for code in (upload.code, "00000000-0000-0000-0000-000000000000")
    )
    for key in (kept, lost):
        store.put_part(key, store.begin(key), 1, [b"a part"])

    assert collect(world, dry_run=True).leftovers.count == 1
    assert collect(world).leftovers.count == 1
    assert [opened.key for opened in store.open_uploads("staging/")] == [kept]


def test_a_blob_that_began_to_arrive_is_given_up_when_nobody_writes_it(world: World):
    store = get_store()
    sha256s = {
        state: hashlib.sha256(state.encode()).hexdigest() for state in ("stored", "writing", "unknown")
    }
    for state in ("stored", "writing"):
        Blob.objects.create(sha256=sha256s[state], size=1, crc32=0, state=state, created_at=world.clock())
    for sha256 in sha256s.values():
        store.begin(blob_key(sha256))

    assert collect(world, dry_run=True).leftovers.count == 2
    assert collect(world).leftovers.count == 2

    (kept,) = store.open_uploads("blobs/")
    assert kept.key == blob_key(sha256s["writing"])
    store.abort(kept.key, kept.upload_id)


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_empty_portal_has_nothing_to_collect(world: World, dry_run):
    assert collect(world, dry_run=dry_run) == GarbageReport()
