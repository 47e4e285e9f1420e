"""Garbage collection."""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import datetime

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session as SignInSession
from django.db import connections, transaction

from sessions_app.models import (
    Blob,
    DubbingSession,
    Entry,
    Export,
    GarbageCandidate,
    IdempotencyRecord,
    Job,
    Pin,
    Upload,
    Version,
)
from sessions_app.operations.blobs import delete_new_blobs, delete_unreferenced_blobs
from sessions_app.operations.cleanup.consistency.check import check_consistency
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.errors import JobCancelled, NotAllowedError
from sessions_app.operations.exports.layout import get_export_layout
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.sessions import purge
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions, untrash_session
from sessions_app.operations.shares import create_share
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key, export_key, staging_key
from tests.query_plans import record_plans
from tests.world import PROJECT, World, stored_keys, zip_of_files

AUDIO = "audio/hi_audio.wav"


@pytest.fixture(autouse=True)
def _no_multipart_uploads(world: World) -> None:
    store = get_store()
    for opened in list(store.open_uploads("")):
        store.abort(opened.key, opened.upload_id)


def collect(world: World, *, dry_run: bool = False, is_full: bool = False) -> GarbageReport:
    return collect_garbage(now=world.clock(), dry_run=dry_run, is_full=is_full)


def pass_grace_period(world: World) -> datetime:
    return world.clock.forward(seconds=settings.GARBAGE_GRACE.total_seconds() + 1)


def pass_trash_retention(world: World) -> datetime:
    return world.clock.forward(seconds=settings.TRASH_RETENTION.total_seconds() + 1)


def pass_export_retention(world: World) -> datetime:
    return world.clock.forward(seconds=settings.EXPORT_RETENTION.total_seconds() + 1)


def current_of(session: DubbingSession) -> Version:
    session.refresh_from_db()
    assert session.current is not None
    return session.current


def purge_files(world: World, files: dict[str, bytes]) -> None:
    """Save a session with the files, then purge it, which leaves unreferenced blobs."""
    session = world.saved("purged", files)
    trash_sessions(sessions=[session], now=world.clock())
    purge_session(session=session, now=world.clock())


def put(key: str, data: bytes = b"leftover") -> str:
    with get_store().writer(key) as writer:
        writer.write(data)
    return key


def queue_export(world: World) -> Job:
    session = world.saved("busy")
    return request_export(version=current_of(session), owner=world.alice, now=world.clock())


# Blobs


def test_an_unreferenced_blob_is_deleted_after_the_grace_period(world: World):
    purge_files(world, {"one.wav": b"one"})
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


def test_the_blob_of_an_empty_file_is_deleted(world: World):
    purge_files(world, {"empty.txt": b""})
    collect(world)
    pass_grace_period(world)

    assert collect(world).blobs.count == 1
    assert not Blob.objects.exists()


def test_a_blob_of_any_version_stays(world: World):
    session = world.saved(files=PROJECT)
    world.save(session, {AUDIO: b"a newer voice"})
    before = stored_keys("blobs/")

    collect(world)
    pass_grace_period(world)
    assert collect(world).freed == 0
    assert stored_keys("blobs/") == before
    assert world.files(Version.objects.get(session=session, number=1))[AUDIO] == PROJECT[AUDIO]


def test_a_blob_pinned_by_a_running_job_stays(world: World):
    purge_files(world, {"one.wav": b"one"})
    Pin.objects.create(job=queue_export(world), blob=Blob.objects.get(size=3))

    collect(world)
    pass_grace_period(world)
    assert collect(world).blobs.count == 0
    assert Blob.objects.filter(size=3).exists()


def test_the_blob_of_an_upload_stays(world: World):
    purge_files(world, {"one.wav": b"one"})
    (upload,) = world.upload({"one.wav": b"one"})
    collect(world)
    Upload.objects.filter(pk=upload.pk).update(
        blob=Blob.objects.get(), expires_at=world.clock.forward(days=99)
    )
    world.clock.forward(days=-1)

    assert collect(world).blobs.count == 0
    assert Blob.objects.get().unreferenced_since is None


def test_a_blob_in_the_grace_period_can_be_saved_again(world: World):
    purge_files(world, {"one.wav": b"one"})
    collect(world)
    session = world.saved("again", {"one.wav": b"one"})

    pass_grace_period(world)
    assert collect(world).blobs.count == 0
    assert Blob.objects.get().unreferenced_since is None
    assert list(world.files(current_of(session)).values()) == [b"one"]


def test_a_save_between_query_and_deletion_wins(world: World):
    purge_files(world, {"one.wav": b"one"})
    stale = Blob.objects.unreferenced().get()
    session = world.saved("again", {"one.wav": b"one"})

    assert delete_unreferenced_blobs([stale.pk]).count == 0
    assert list(world.files(current_of(session)).values()) == [b"one"]


def test_a_save_during_a_deletion_stores_the_bytes_again(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sessions_app.operations.ingest.rows.PAUSES", (0.05,) * 1000)  # on a busy machine
    purge_files(world, {"one.wav": b"one"})
    blob = Blob.objects.get()
    Blob.objects.filter(pk=blob.pk).update(state=Blob.State.DELETING)
    deletion = threading.Timer(0.2, finish_deletion, args=[blob])
    deletion.start()
    session = world.saved("again", {"one.wav": b"one"})
    deletion.join()

    assert Blob.objects.get().pk != blob.pk
    assert list(world.files(current_of(session)).values()) == [b"one"]


def test_a_deletion_waits_for_a_save_that_looks_at_its_blob(world: World):
    """Left out, the blob would stay marked, and saves of these bytes would fail until the next collection."""
    purge_files(world, {"one.wav": b"one"})
    blob = Blob.objects.get()
    Blob.objects.filter(pk=blob.pk).update(state=Blob.State.DELETING)
    deletion = threading.Thread(target=finish_deletion, args=[blob])
    with transaction.atomic():
        Blob.objects.select_for_update().get(pk=blob.pk)
        deletion.start()
        deletion.join(0.3)
    deletion.join()

    assert not Blob.objects.exists()


def finish_deletion(blob: Blob) -> None:
    try:
        delete_unreferenced_blobs([blob.pk])
    finally:
        connections.close_all()


def test_an_interrupted_deletion_is_finished(world: World):
    purge_files(world, {"one.wav": b"one"})
    Blob.objects.update(state=Blob.State.DELETING, unreferenced_since=world.clock())

    assert collect(world, dry_run=True).as_dict() == collect(world).as_dict()
    assert (stored_keys(), Blob.objects.count()) == ([], 0)


def test_an_unfinished_blob_is_deleted(world: World):
    """As a failed job leaves it that could not reach the store."""
    blob = Blob.objects.create(sha256="0" * 64, size=9, crc32=0, created_at=world.clock())
    Pin.objects.create(job=queue_export(world), blob=blob)
    cancel_job(job=Job.objects.get(state=Job.State.QUEUED), now=world.clock())
    collect(world)
    pass_grace_period(world)

    assert collect(world).blobs.count == 1


def test_a_lost_reference_restarts_the_grace_period(world: World):
    purge_files(world, {"one.wav": b"one"})
    collect(world)
    world.clock.forward(seconds=settings.GARBAGE_GRACE.total_seconds() - 1)
    purge_files(world, {"one.wav": b"one"})
    world.clock.forward(seconds=2)

    assert collect(world).blobs.count == 0
    pass_grace_period(world)
    assert collect(world).blobs.count == 1


def test_a_reference_lost_during_a_collection_restarts_the_grace_period(world: World):
    """A candidate that is recorded after the others were checked."""
    purge_files(world, {"one.wav": b"one"})
    collect(world)
    pass_grace_period(world)
    blob = Blob.objects.get()
    GarbageCandidate.objects.create(blob=blob)

    assert delete_unreferenced_blobs([blob.pk], due=world.clock()).count == 0
    assert stored_keys() == [blob_key(blob.sha256)]


def test_blobs_of_a_failed_save_are_deleted_at_once(world: World):
    job = world.imported(zip_of_files({"audio/hi_audio.wav": b"hi audio"}))
    assert job.session is not None
    (entry,) = Entry.objects.all()
    Blob.objects.create(sha256="1" * 64, size=9, crc32=0, created_at=world.clock())
    unfinished = queue_export(world)
    Pin.objects.bulk_create(Pin(job=unfinished, blob=blob) for blob in Blob.objects.all())

    freed = delete_new_blobs([blob.pk for blob in Blob.objects.all()], created_since=world.clock())
    assert freed == 0
    unfinished.pins.all().delete()
    assert delete_new_blobs([blob.pk for blob in Blob.objects.all()], created_since=world.clock()) == 9
    assert Blob.objects.filter(pk=entry.blob_id).exists()


def test_a_full_run_finds_blobs_that_are_no_candidates(world: World):
    purge_files(world, {"one.wav": b"one"})
    GarbageCandidate.objects.all().delete()
    assert collect(world).unreferenced.count == 0

    assert collect(world, dry_run=True, is_full=True).as_dict() == collect(world, is_full=True).as_dict()
    pass_grace_period(world)
    assert collect(world).blobs.count == 1


def test_a_blob_that_was_marked_in_error_is_kept(world: World):
    session = world.saved(files={"one.wav": b"one"})
    Blob.objects.update(state=Blob.State.DELETING, unreferenced_since=world.clock())

    assert collect(world).blobs.count == 0
    assert Blob.objects.get().state == Blob.State.STORED
    assert list(world.files(current_of(session)).values()) == [b"one"]


# Cost


def test_a_run_reads_only_what_was_deleted(world: World, monkeypatch: pytest.MonkeyPatch):
    """No table is read in full, and a batch takes a dozen statements."""
    monkeypatch.setattr("sessions_app.operations.blobs.BATCH", 8)
    world.saved(files=PROJECT)
    files = {f"notes/{number}.txt": b"%d" % number for number in range(17)}
    purge_files(world, files)
    collect(world)
    pass_grace_period(world)

    with record_plans() as plans:
        assert collect(world).blobs.count == len(files)

    tables = {"blob", "entry", "export", "job", "dubbingsession", "upload", "version", "idempotencyrecord"}
    assert not tables & plans.scanned, plans.describe()
    assert len(plans.statements) <= 73


def test_a_dry_run_reads_only_what_would_be_deleted(world: World):
    world.saved(files=PROJECT)
    purge_files(world, {"one.wav": b"one"})

    with record_plans() as plans:
        assert collect(world, dry_run=True).unreferenced.count == 1

    assert not {"blob", "entry", "job", "dubbingsession", "upload", "version"} & plans.scanned, (
        plans.describe()
    )


# Dry runs


def test_a_dry_run_reports_the_same_as_a_real_run_and_deletes_nothing(world: World):
    purge_files(world, {"due.wav": b"due"})
    collect(world)
    trashed = world.saved("trashed", {"trashed.wav": b"only here"})
    world.exported(current_of(trashed))
    trash_sessions(sessions=[trashed], now=world.clock())
    world.exported(current_of(world.saved("expired", PROJECT)))
    world.upload({"never saved.wav": b"unused"})
    put(staging_key("job-00000000-0000-0000-0000-000000000000-1", "0"))
    pass_trash_retention(world)
    rows = [model.objects.count() for model in (Blob, DubbingSession, Export, Upload)]
    keys = stored_keys()

    preview = collect(world, dry_run=True)
    assert [model.objects.count() for model in (Blob, DubbingSession, Export, Upload)] == rows
    assert stored_keys() == keys

    done = collect(world)
    assert preview.as_dict() == done.as_dict()
    counts = (done.sessions, done.exports, done.uploads, done.leftovers, done.blobs, done.unreferenced)
    assert [tally.count for tally in counts] == [1, 2, 1, 1, 1, 1]
    assert collect(world).freed == 0


# Trash


def test_a_session_is_purged_after_the_trash_retention(world: World):
    session = world.saved()
    export = world.exported(current_of(session))
    trash_sessions(sessions=[session], now=world.clock())
    world.clock.forward(seconds=settings.TRASH_RETENTION.total_seconds() - 1)
    assert collect(world).sessions.count == 0

    world.clock.forward(seconds=2)
    assert collect(world).sessions.count == 1
    assert not DubbingSession.objects.exists()
    assert export.key not in stored_keys()
    pass_grace_period(world)
    collect(world)
    assert stored_keys() == []


def test_a_session_restored_in_the_meantime_is_not_purged(world: World):
    session = world.saved()
    trash_sessions(sessions=[session], now=world.clock())
    stale = DubbingSession.objects.get(pk=session.pk)
    untrash_session(session=session, user=session.owner, now=world.clock())

    purge_session(session=stale, now=world.clock())
    assert world.files(current_of(session)) == world.files(Version.objects.get())


def test_a_large_session_is_purged_in_batches(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(purge, "BATCH", 2)
    session = world.saved("large", {f"notes/{number}.txt": b"%d" % number for number in range(7)})
    trash_sessions(sessions=[session], now=world.clock())
    pass_trash_retention(world)
    checks = iter((None, JobCancelled()))

    def check() -> None:
        if error := next(checks, None):
            raise error

    with pytest.raises(JobCancelled):
        collect_garbage(now=world.clock(), dry_run=False, check=check)
    assert Entry.objects.count() == 5
    with pytest.raises(NotAllowedError, match="deleted permanently"):
        untrash_session(session=session, user=session.owner, now=world.clock())
    assert check_consistency(repairs=False).total == 0

    assert collect(world).sessions.count == 1
    assert not DubbingSession.objects.exists()
    assert check_consistency(repairs=False).total == 0
    pass_grace_period(world)
    assert collect(world).blobs.count == 7
    assert stored_keys() == []


def test_a_session_with_an_unfinished_job_is_not_purged(world: World):
    job = queue_export(world)
    assert job.session is not None
    trash_sessions(sessions=[job.session], now=world.clock())
    pass_trash_retention(world)

    assert collect(world).sessions.count == 0
    cancel_job(job=job, now=world.clock())
    assert collect(world).sessions.count == 1


def test_blobs_shared_with_another_session_survive_a_purge(world: World):
    other = world.saved("other", PROJECT)
    purge_files(world, PROJECT)
    collect(world)
    pass_grace_period(world)
    collect(world)

    assert len(world.files(current_of(other))) == len(PROJECT)


# Exports


def test_an_expired_export_loses_its_bytes_and_keeps_its_row(world: World):
    export = world.exported(current_of(world.saved()))
    pass_export_retention(world)

    report = collect(world)
    assert (report.exports.count, report.exports.size) == (1, export.size)
    assert stored_keys("exports/") == []
    export.refresh_from_db()
    assert export.removed_at == world.clock()
    assert collect(world).exports.count == 0


def test_an_export_does_not_expire_before_its_link(world: World):
    export = world.exported(current_of(world.saved()))
    new_share = create_share(export=export, author=world.alice, days=30, note="", now=world.clock())
    Export.objects.update(expires_at=world.clock())
    pass_export_retention(world)
    assert collect(world).exports.count == 0

    new_share.share.revoke(now=world.clock())
    assert collect(world).exports.count == 1


# Uploads and leftovers


def test_an_unused_upload_expires(world: World):
    world.upload({"one.wav": b"unused"})
    world.clock.forward(seconds=settings.UPLOAD_RETENTION.total_seconds() - 1)
    assert collect(world).uploads.count == 0

    world.clock.forward(seconds=2)
    report = collect(world)
    assert (report.uploads.count, report.uploads.size) == (1, len(b"unused"))
    assert stored_keys() == []


def test_an_upload_of_a_queued_job_does_not_expire(world: World):
    session = world.session()
    job = world.save(session, {"one.wav": b"one"}, run=False)
    world.clock.forward(days=99)
    assert collect(world).uploads.count == 0

    world.run(job)
    assert job.state == Job.State.SUCCEEDED


def test_leftovers_of_an_earlier_attempt_are_deleted(world: World):
    job = queue_export(world)
    assert job.claim(now=world.clock(), lease_until=world.clock() + settings.JOB_LEASE)
    first = [put(staging_key(f"job-{job.code}-1", "0")), put(export_key(f"{job.code}-1"))]
    Job.objects.filter(pk=job.pk).update(attempt=2)
    job.refresh_from_db()
    second = [put(staging_key(f"job-{job.code}-2", "0")), put(export_key(f"{job.code}-2"))]
    (upload,) = world.upload({"one.wav": b"pending"})

    report = collect(world)
    assert report.leftovers.count == len(first)
    remaining = stored_keys("staging/") + stored_keys("exports/")
    assert sorted(remaining) == sorted([*second, staging_key(f"upload-{upload.code}", "file")])


def test_objects_without_a_row_are_deleted_and_foreign_ones_stay(world: World):
    unknown = "00000000-0000-0000-0000-000000000000"
    put(staging_key(f"upload-{unknown}", "file"))
    put(export_key(f"{unknown}-1"))
    foreign = put("exports/foreign.txt")

    assert collect(world).leftovers.count == 2
    assert stored_keys() == [foreign]


def test_an_unfinished_multipart_upload_without_a_row_is_aborted(world: World):
    store = get_store()
    (upload,) = world.upload({"one.wav": b"pending"})
    known, unknown = (
        staging_key(f"upload-{code}", "parts")
        for code in (upload.code, "00000000-0000-0000-0000-000000000000")
    )
    for key in (known, unknown):
        store.put_part(key, store.begin(key), 1, [b"a part"])

    assert collect(world, dry_run=True).leftovers.count == 1
    assert collect(world).leftovers.count == 1
    assert [opened.key for opened in store.open_uploads("staging/")] == [known]


def test_an_unfinished_multipart_upload_of_a_blob_is_aborted(world: World):
    store = get_store()
    sha256s = {
        state: hashlib.sha256(state.encode()).hexdigest() for state in ("stored", "writing", "unknown")
    }
    for state in ("stored", "writing"):
        Blob.objects.create(sha256=sha256s[state], size=1, crc32=0, state=state, created_at=world.clock())
    for sha256 in sha256s.values():
        store.begin(blob_key(sha256))

    assert collect(world, dry_run=True, is_full=True).leftovers.count == 2
    assert collect(world, is_full=True).leftovers.count == 2

    (remaining,) = store.open_uploads("blobs/")
    assert remaining.key == blob_key(sha256s["writing"])
    store.abort(remaining.key, remaining.upload_id)


def test_plans_of_zips_are_deleted_when_they_are_old(world: World):
    get_export_layout(current_of(world.saved()), session_name="talk")
    old, new = settings.LAYOUT_CACHE_DIR / "old.layout", settings.LAYOUT_CACHE_DIR / "new.layout"
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (0, 0))

    collect(world)

    assert [path.exists() for path in (old, new)] == [False, True]
    new.unlink()


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_empty_portal_has_nothing_to_collect(world: World, dry_run):
    assert collect(world, dry_run=dry_run) == GarbageReport()


# Rows without bytes


def test_old_jobs_are_deleted_and_others_stay(world: World):
    old, export = queue_export(world), world.exported(current_of(world.saved("exported")))
    cancel_job(job=old, now=world.clock())
    world.clock.forward(seconds=settings.JOB_RETENTION.total_seconds() - 1)
    waiting = queue_export_of(world, export)
    assert collect(world).jobs.count == 0

    world.clock.forward(seconds=2)
    finished = Job.objects.exclude(pk=waiting.pk).count()
    assert collect(world, dry_run=True).jobs.count == finished
    assert collect(world).jobs.count == finished
    assert list(Job.objects.all()) == [waiting]
    export.refresh_from_db()
    assert export.job is None


def queue_export_of(world: World, export: Export) -> Job:
    return request_export(version=export.version, owner=world.alice, now=world.clock())


def test_expired_records_and_sign_ins_are_deleted(world: World):
    lifetime = settings.IDEMPOTENCY_RETENTION.total_seconds()
    IdempotencyRecord.objects.create(
        owner=world.alice, key="k", fingerprint="0" * 64, status=200, body="{}", created_at=world.clock()
    )
    SignInSession.objects.create(session_key="s", session_data="", expire_date=world.clock.now)
    assert collect(world).records.count == 0

    world.clock.forward(seconds=lifetime)
    assert collect(world, dry_run=True).records.count == 2
    assert collect(world).records.count == 2
    assert not IdempotencyRecord.objects.exists()
    assert not SignInSession.objects.exists()
