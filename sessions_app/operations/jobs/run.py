"""Runs one job: claims it, keeps its lease, calls the operation of its kind, writes down how it ended."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, transaction

from dubbing_core.zips.reader import ZipError
from sessions_app.models import Job, Pin
from sessions_app.operations.cleanup.blobs import discard_unneeded
from sessions_app.operations.errors import JobCancelled, JobLost, OperationError
from sessions_app.operations.jobs.context import Clock, JobContext
from sessions_app.operations.jobs.lifecycle import attempts_left
from sessions_app.operations.jobs.registry import handler_of
from sessions_app.operations.uploads.damage import forget_damaged
from sessions_app.storage.store import ObjectDamagedError, StoreError, StoreUnavailableError

logger = logging.getLogger(__name__)


def run(*, job_id: int, clock: Clock) -> None:
    """Do the job with this id, unless somebody else does or did. Never raises for what a job can meet."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return
    now = clock()
    if not job.claim(now=now, lease_until=now + settings.JOB_LEASE):
        return
    try:
        with JobContext(job, clock=clock) as context:
            handler_of(Job.Kind(job.kind))(context)
    except JobLost:
        _tell_lost(job)
    except JobCancelled:
        _end(job, lambda: job.mark_cancelled(now=clock()))
    except (OperationError, ZipError) as error:
        code, message = error.code, str(error)
        _end(job, lambda: job.fail(now=clock(), code=code, message=message))
    except StoreError as error:
        _after_store_error(job, error, clock=clock)
    except (OperationalError, InterfaceError) as error:
        message = "The database did not answer. Try again in a few minutes."
        _after_outage(job, error, passing=True, code="database", message=message, clock=clock)
    except Exception:
        logger.exception("Job %s failed", job.code)
        detail = traceback.format_exc()
        message = "Something went wrong on our side. Nothing was changed. Try again, or tell your operator."
        _end(job, lambda: job.fail(now=clock(), code="internal", message=message, detail=detail))
    except BaseException:
        # This process is told to stop. The next worker need not wait until the lease has expired.
        job.requeue()
        raise


def _after_store_error(job: Job, error: StoreError, *, clock: Clock) -> None:
    code, message = "storage", str(error)
    if isinstance(error, ObjectDamagedError) and (damaged := forget_damaged(job, error.key)):
        code, message = damaged.code, damaged.message
    passing = isinstance(error, StoreUnavailableError)
    _after_outage(job, error, passing=passing, code=code, message=message, clock=clock)


def _after_outage(
    job: Job, error: Exception, *, passing: bool, code: str, message: str, clock: Clock
) -> None:
    """Try a job again that met trouble which may pass, else let it fail."""
    close_old_connections()
    if not Job.objects.filter(pk=job.pk).of_attempt(job.attempt).exists():
        # Whoever took over has cleaned up behind us, which is what we stumbled over.
        _tell_lost(job)
        return
    if passing and attempts_left(job):
        logger.warning("Job %s will be tried again: %s", job.code, error, exc_info=error)
        # Not published here: the reconciler does, which gives the service a pause.
        job.requeue()
        return
    detail = "".join(traceback.format_exception(error))
    logger.error("Job %s failed: %s", job.code, error, exc_info=error)
    _end(
        job,
        lambda: job.fail(now=clock(), code=code, message=message, detail=detail),
        store_answers=not isinstance(error, StoreUnavailableError),
    )


def _tell_lost(job: Job) -> None:
    logger.warning("Job %s went on in another worker, attempt %d stops", job.code, job.attempt)


def _end(job: Job, transition: Callable[[], bool], *, store_answers: bool = True) -> None:
    """End a job that has no effect: what it stored and nobody else needs goes at once.

    If the store does not answer, garbage collection finds it later: a blob that is half deleted could not be stored again
    until then, and trying the job again would have to wait for that.
    """
    with transaction.atomic():
        if not transition():
            return
        pinned = list(Pin.objects.filter(job=job).values_list("blob_id", flat=True))
        Pin.objects.filter(job=job).delete()
    if not store_answers:
        return
    try:
        discard_unneeded(pinned, made_since=job.created_at)
    except StoreError as error:
        logger.warning("Job %s left bytes for garbage collection: %s", job.code, error, exc_info=error)
