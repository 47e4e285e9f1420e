"""Workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

HEARTBEAT_INTERVAL = timedelta(seconds=10)
LOST_AFTER = 4 * HEARTBEAT_INTERVAL
"""Time without a heartbeat after which a worker is regarded as stopped: a busy machine or database may delay some."""


class WorkerQuerySet(models.QuerySet["Worker"]):
    def running(self, *, now: datetime) -> WorkerQuerySet:
        return self.filter(seen_at__gt=now - LOST_AFTER)


class Worker(models.Model):
    """A worker as its last heartbeat describes it; deleted when it stops in order."""

    name = models.CharField(max_length=255, unique=True, help_text="Celery's node name.")
    processes = models.PositiveIntegerField(help_text="Number of jobs that it runs at once.")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
