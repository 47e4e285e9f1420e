"""Cancellation of jobs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dubbing_core.sentences import sentence
from sessions_app.models import Job, Pin
from sessions_app.operations.errors import NotAllowedError


def cancel_job(*, job: Job, now: datetime) -> bool:
    """Cancel a queued job at once, a running one at its next checkpoint.

    :returns: whether it has ended.
    :raises NotAllowedError: it has ended already.
    """
    with transaction.atomic():
        queued = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
        if queued.update(state=Job.State.CANCELLED, cancel_requested_at=now, finished_at=now) == 1:
            Pin.objects.filter(job=job).release()
            return True
        if Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested_at=now) == 1:
            return False
    raise NotAllowedError(sentence("This job has ended already."), code="job_finished")
