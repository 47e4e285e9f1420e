"""Run of one job: claim, lease, handler, outcome."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, transaction

from dubbing_core.sentences import sentence
from dubbing_core.zips.reader import ZipError
from dubbing_sessions.log_context import log_context
from sessions_app.models import Job, Pin
from sessions_app.operations.blobs import delete_new_blobs
from sessions_app.operations.database_errors import DISK_FULL_MESSAGE, is_disk_full
from sessions_app.operations.errors import JobCancelled, JobLost, OperationError
from sessions_app.operations.jobs.context import Clock, JobContext
from sessions_app.operations.jobs.registry import check_access, get_handler
from sessions_app.operations.jobs.retry import has_attempts_left
from sessions_app.operations.uploads.damage import invalidate_damaged_upload
from sessions_app.storage.errors import ObjectDamagedError, StoreError, StoreUnavailableError

logger = logging.getLogger(__name__)


def run_job(*, job_id: int, clock: Clock, log_level: int = logging.DEBUG) -> None:
    """Run a queued job; do nothing if another worker has claimed it.

    Every error ends or requeues the job.

    :param log_level: of the lines about its start and end; commands print its result themselves.
    """
    job = Job(pk=job_id)
    now = clock()
    if job.claim(now=now, lease_until=now + settings.JOB_LEASE):
        run_claimed_job(job, clock=clock, log_level=log_level)


def run_claimed_job(job: Job, *, clock: Clock, log_level: int = logging.DEBUG) -> None:
    """Run a job whose current attempt is that of the caller, as `run_job` does."""
    start = clock()
    with log_context(job=str(job.code)):
        logger.log(log_level, "%s started, attempt %d", job.get_kind_display(), job.attempt)
        _run_claimed(job, clock=clock)
        ended = clock()
        logger.log(
            log_level, "%s ended after %.1f s", job.get_kind_display(), (ended - start).total_seconds()
        )


def _run_claimed(job: Job, *, clock: Clock) -> None:
    try:
        with JobContext(job, clock=clock) as context:
            check_access(job)
            get_handler(Job.Kind(job.kind))(context)
    except JobLost:
        _log_lost(job)
    except JobCancelled:
        _end(job, lambda: job.mark_cancelled(now=clock()))
    except (OperationError, ZipError) as error:
        code, message = error.code, str(error)
        _end(job, lambda: job.fail(now=clock(), code=code, message=message))
    except StoreError as error:
        _handle_store_error(job, error, clock=clock)
    except (OperationalError, InterfaceError) as error:
        code, message = (
            "database",
            sentence("The database is unavailable. Try again in a few minutes."),
        )
        if is_disk_full(error):
            code, message = "disk_full", DISK_FULL_MESSAGE
        _handle_outage(job, error, is_transient=True, code=code, message=message, clock=clock)
    except Exception:
        logger.exception("Job %s failed", job.code)
        detail = traceback.format_exc()
        message = sentence(
            "An internal error occurred. Nothing was changed. Try again, or contact your operator."
        )
        _end(job, lambda: job.fail(now=clock(), code="internal", message=message, detail=detail))
    except BaseException:
        # This process is stopping. Requeued, the job need not wait until the lease has expired.
        job.requeue()
        raise


def _handle_store_error(job: Job, error: StoreError, *, clock: Clock) -> None:
    code, message = error.code, str(error)
    if isinstance(error, ObjectDamagedError) and (damaged := invalidate_damaged_upload(job, error.key)):
        code, message = damaged.code, damaged.message
    is_transient = isinstance(error, StoreUnavailableError)
    _handle_outage(job, error, is_transient=is_transient, code=code, message=message, clock=clock)


def _handle_outage(
    job: Job, error: Exception, *, is_transient: bool, code: str, message: str, clock: Clock
) -> None:
    """Requeue a job after a transient error, else fail it."""
    close_old_connections()
    if not Job.objects.filter(pk=job.pk).of_attempt(job.attempt).exists():
        # Another attempt took over and deleted this one's temporary bytes, which caused the error.
        _log_lost(job)
        return
    if is_transient and has_attempts_left(job):
        logger.warning("Job %s will be tried again: %s", job.code, error, exc_info=error)
        # Not published here but by the reconciler, so that the service gets a pause.
        job.requeue()
        return
    detail = "".join(traceback.format_exception(error))
    logger.error("Job %s failed: %s", job.code, error, exc_info=error)
    _end(
        job,
        lambda: job.fail(now=clock(), code=code, message=message, detail=detail),
        is_store_available=not isinstance(error, StoreUnavailableError),
    )


def _log_lost(job: Job) -> None:
    logger.warning("Job %s was taken over by another worker, attempt %d stops", job.code, job.attempt)


def _end(job: Job, transition: Callable[[], bool], *, is_store_available: bool = True) -> None:
    """End a job without effect; delete the blobs that it stored and only it needs.

    Without the store, garbage collection deletes them later: a blob that is half deleted could not be stored again until
    then, and a retry of the job would have to wait for that.
    """
    with transaction.atomic():
        if not transition():
            return
        pinned = list(Pin.objects.filter(job=job).values_list("blob_id", flat=True))
        Pin.objects.filter(job=job).release()
    if not is_store_available:
        return
    try:
        delete_new_blobs(pinned, created_since=job.created_at)
    except StoreError as error:
        logger.warning("Job %s left bytes for garbage collection: %s", job.code, error, exc_info=error)
