"""Context of a running job: its lease, its progress, its cancellation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import Error, close_old_connections, connections, transaction
from django.db.models import QuerySet

from sessions_app.models import Job, Pin
from sessions_app.models.compiled_query import compiled
from sessions_app.operations.errors import JobCancelled, JobEnded, JobLost
from sessions_app.storage import get_store
from sessions_app.storage.keys import staging_key, staging_prefix
from sessions_app.storage.store import BlobStore

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

HEARTBEAT_INTERVAL = 1.0
"""Seconds between two heartbeats, which write the progress, renew the lease and read a cancellation; less if the setting is."""


@compiled
def _lock_attempt(job: Job, attempt: int) -> QuerySet[Job, datetime | None]:
    """Return when the job was cancelled, if this attempt runs it."""
    rows = Job.objects.select_for_update().filter(pk=job.pk).of_attempt(attempt)
    return rows.values_list("cancel_requested_at", flat=True)


class JobContext:
    """Context of a claimed job. Renews its lease while the ``with`` block runs.

    ``advance`` and ``check`` raise JobCancelled or JobLost when the job must stop; ``finish`` commits the job's effect and its
    end in one transaction, or neither. One thread uses the job's row, so that any number of threads may call
    ``advance`` without touching the database.
    """

    def __init__(self, job: Job, *, clock: Clock) -> None:
        self.job = job
        self.clock = clock
        self.store: BlobStore = get_store()
        self._done = 0
        self._total = 0
        self._lock = threading.Lock()
        self._ended: type[JobEnded] | None = None
        self._has_staged = False
        self._stop = threading.Event()
        self._heartbeat = threading.Thread(
            target=self._run_heartbeat, name=f"heartbeat-{job.code}", daemon=True
        )

    def __enter__(self) -> Self:
        for earlier in range(1, self.job.attempt):
            self._delete_staged(f"job-{self.job.code}-{earlier}")
        self._heartbeat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._heartbeat.join()
        if self._has_staged:
            self._delete_staged(self.staging_owner)

    def _delete_staged(self, owner: str) -> None:
        # A multipart upload that the store began before it failed is no object, so both are listed.
        for opened in list(self.store.open_uploads(staging_prefix(owner))):
            self.store.abort(opened.key, opened.upload_id)
        for staged in list(self.store.list(staging_prefix(owner))):
            self.store.delete(staged.key)

    @property
    def staging_owner(self) -> str:
        """Owner of this attempt's temporary bytes.

        A later attempt of the job has another owner, so that it does not mix them with its own.
        """
        return f"job-{self.job.code}-{self.job.attempt}"

    def staging_key(self, name: str) -> str:
        """Return the key of temporary bytes, which are deleted when the job ends."""
        self._has_staged = True
        return staging_key(self.staging_owner, name)

    def expect(self, total_bytes: int) -> None:
        """Set how many bytes the whole job will process, once that is known."""
        self._total = total_bytes

    def advance(self, count: int) -> None:
        """Count bytes that are done; any thread may call it.

        :raises JobCancelled: a user cancelled the job.
        :raises JobLost: another attempt owns the job.
        """
        with self._lock:
            self._done += count
        self.check()

    def check(self) -> None:
        """Raise if the job must stop."""
        if self._ended is not None:
            raise self._ended

    def renew_connection(self) -> None:
        """Let this thread connect to the database again, if it must.

        Hours may have passed since it last used it; the database may have been restarted.
        """
        close_old_connections()

    @contextmanager
    def finish(self) -> Iterator[dict[str, object]]:
        """Run the block (database writes only) and end the job in one transaction.

        The block fills the yielded dictionary, the job's result.

        :raises JobLost: another attempt owns the job; the block's writes are rolled back.
        :raises JobCancelled: a user cancelled it before; the block is not run.
        """
        self.renew_connection()
        with transaction.atomic():
            cancellations = _lock_attempt(self.job, self.job.attempt)
            if not cancellations:
                raise JobLost
            if cancellations != [None]:
                raise JobCancelled
            result: dict[str, object] = {}
            yield result
            Pin.objects.release_saved(self.job.pk)
            if not self.job.succeed(now=self.clock(), total_bytes=self._total, result=result):
                raise JobLost

    def _run_heartbeat(self) -> None:
        try:
            while not self._stop.wait(min(HEARTBEAT_INTERVAL, settings.JOB_HEARTBEAT.total_seconds())):
                try:
                    self._ended = self._beat()
                except Error:
                    # The lease outlives a short outage; after a long one, the next attempt fences this one off.
                    # A broken connection stays broken, so the next heartbeat opens a new one.
                    connections.close_all()
                    logger.warning(
                        "Job %s could not renew its lease, trying again", self.job.code, exc_info=True
                    )
                if self._ended is not None:
                    return
        finally:
            connections.close_all()

    def _beat(self) -> type[JobEnded] | None:
        now = self.clock()
        done = min(self._done, self._total)
        if not self.job.renew(
            now=now, lease_until=now + settings.JOB_LEASE, done_bytes=done, total_bytes=self._total
        ):
            return JobLost
        if Job.objects.filter(pk=self.job.pk, cancel_requested_at__isnull=False).exists():
            return JobCancelled
        return None
