"""Purge, garbage collection and reconciliation in a generated portal.

Imported by worker processes, after Django is set up. Files and commits are durable, as in production.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from time import perf_counter

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from bench.measure import get_memory, reset_peak
from bench.population.scale import LARGE
from sessions_app.models import Blob, DubbingSession, Entry, GarbageCandidate, Job, Version
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.cleanup.unreferenced_blobs import collect_blobs
from sessions_app.operations.jobs.reconcile import reconcile_jobs
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key

NAME = "Session to be deleted"
FILE_SIZE = 4096
BATCH = 2000


def write_session(count: int) -> None:
    """Write a session of small files into the trash; no other session has them."""
    # Those of the generator have no files; they are neither deleted nor checked here.
    Blob.objects.filter(unreferenced_since__isnull=False).update(unreferenced_since=None)
    now = timezone.now()
    session = create_session(owner=User.objects.get(username=LARGE), name=NAME, now=now)
    for start in range(0, count, BATCH):
        _write_files(session, range(start, min(count, start + BATCH)))
    _commit(session, count)
    trash_sessions(sessions=[DubbingSession.objects.get(pk=session.pk)], now=now)


@transaction.atomic
def _commit(session: DubbingSession, count: int) -> None:
    now = timezone.now()
    version = Version.objects.create(
        session=session,
        number=1,
        created_at=now,
        document="{}",
        fingerprint="0" * 64,
        file_count=count,
        total_size=count * FILE_SIZE,
        stored_size=count * FILE_SIZE,
        stage="empty",
        **dict.fromkeys(("has_transcription", "has_translations", "has_audio", "has_videos"), False),
    )
    session.advance(version, parent_id=None, stored_size=version.stored_size, now=now)


def _write_files(session: DubbingSession, numbers: range) -> None:
    now = timezone.now()
    contents = [f"{session.pk} {number}".encode().ljust(FILE_SIZE) for number in numbers]
    hashes = [hashlib.sha256(data).hexdigest() for data in contents]
    Blob.objects.bulk_create(
        Blob(sha256=sha256, size=FILE_SIZE, crc32=0, state=Blob.State.STORED, created_at=now)
        for sha256 in hashes
    )
    get_store().put_all([(blob_key(sha256), data) for sha256, data in zip(hashes, contents, strict=True)])
    pks = dict(Blob.objects.filter(sha256__in=hashes).values_list("sha256", "pk"))
    Entry.objects.bulk_create(
        Entry(
            session=session, path=f"notes/{number:06}.txt", blob_id=pks[sha256], category="other", added_in=1
        )
        for number, sha256 in zip(numbers, hashes, strict=True)
    )


def delete_session(count: int) -> dict[str, float]:
    """Purge the session, then collect its blobs as two runs would.

    Returns the seconds of each step, and the growth of memory in bytes.
    """
    now = timezone.now()
    session = DubbingSession.objects.get(folded_name=NAME.casefold())
    reset_peak()
    idle, mapped = get_memory("VmRSS"), get_memory("RssFile")
    started = perf_counter()
    purge_session(session=session, now=now)
    purged = perf_counter()
    report = GarbageReport()
    collect_blobs(report, now=now, is_full=False, check=lambda: None)
    checked = perf_counter()
    later = now + settings.GARBAGE_GRACE + timedelta(seconds=1)
    collect_blobs(report, now=later, is_full=False, check=lambda: None)
    deleted = perf_counter()
    assert (report.unreferenced.count, report.blobs.count) == (count, count)
    assert not GarbageCandidate.objects.exists()
    return {
        "purge": purged - started,
        "check": checked - purged,
        "deletion": deleted - checked,
        # Without pages of the database's file, which the kernel takes back when it needs them. It counts pages in batches.
        "memory": max(0, get_memory("VmHWM") - idle - max(0, get_memory("RssFile") - mapped)),
    }


def reconcile(count: int, rounds: int) -> list[float]:
    """Reconcile with waiting jobs without a message; return the seconds of each round."""
    now = timezone.now()
    owner = User.objects.get(username=LARGE)
    Job.objects.bulk_create(
        Job(owner=owner, kind=Job.Kind.CLEANUP, created_at=now - timedelta(hours=1)) for _ in range(count)
    )
    times = []
    for _ in range(rounds):
        start = perf_counter()
        report = reconcile_jobs(now=timezone.now())
        times.append(perf_counter() - start)
        assert report.republished
    return times
