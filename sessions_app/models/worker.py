"""Workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from sessions_app.models.compiled_query import compiled

HEARTBEAT_INTERVAL = timedelta(seconds=10)
LOST_AFTER = 4 * HEARTBEAT_INTERVAL
"""Time without a heartbeat after which a worker is regarded as stopped: a busy machine or database may delay some."""


class WorkerQuerySet(models.QuerySet["Worker"]):
    def running(self, *, now: datetime) -> WorkerQuerySet:
        """Return those that perform jobs."""
        return self.filter(seen_at__gt=now - LOST_AFTER, performs_jobs=True)

    def reading_media(self, *, now: datetime) -> WorkerQuerySet:
        """Return those that read media and make derivatives of it."""
        return self.filter(seen_at__gt=now - LOST_AFTER, reads_media=True)

    def making_proxies(self, *, now: datetime) -> WorkerQuerySet:
        """Return those that make light copies."""
        return self.filter(seen_at__gt=now - LOST_AFTER, makes_proxies=True)

    def is_reading_media(self) -> bool:
        """Return whether a worker for media runs at this moment."""
        now = timezone.now()  # noqa: TID251 (whatever the caller's time)
        return bool(_find_readers_of_media(now - LOST_AFTER))

    def is_making_proxies(self) -> bool:
        """Return whether a worker for light copies runs at this moment."""
        return self.making_proxies(now=timezone.now()).exists()  # noqa: TID251 (whatever the caller's time)


@compiled
def _find_readers_of_media(seen_after: datetime) -> models.QuerySet[Worker, int]:
    return Worker.objects.reading_media(now=seen_after + LOST_AFTER).values_list("pk", flat=True)[:1]


class Worker(models.Model):
    """A worker as its last heartbeat describes it; deleted when it stops in order."""

    name = models.CharField(max_length=255, unique=True, help_text="Celery's node name.")
    processes = models.PositiveIntegerField(help_text="Number of jobs that it runs at once.")
    performs_jobs = models.BooleanField(
        default=True, db_default=True, help_text="Whether it performs jobs, or only works on media."
    )
    reads_media = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether it reads media and makes posters, waveforms and others.",
    )
    makes_proxies = models.BooleanField(
        default=False, db_default=False, help_text="Whether it makes light copies of videos."
    )
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
