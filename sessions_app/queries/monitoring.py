"""Figures of the whole portal for its metrics; none scans all jobs or blobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Min, Sum

from sessions_app.models import DubbingSession, Job, Measurement, Worker


@dataclass(frozen=True, kw_only=True)
class Figure:
    name: str
    help: str
    samples: list[tuple[tuple[str, ...], float]]
    """Values of the labels, and the value."""
    labels: tuple[str, ...] = field(default=())
    is_counter: bool = False


MEASURED = {
    "stored_blobs": "Different files in the store.",
    "stored_bytes": "Bytes of the different files in the store.",
    "export_bytes": "Bytes of stored exports.",
    "upload_bytes": "Bytes of uploads that no version uses yet.",
    "sessions": "Sessions that are not in the trash.",
    "users": "Active accounts.",
}
PER_KIND = ("kind", "outcome")


def read_figures(*, now: datetime) -> Iterator[Figure]:
    """Yield the figures of jobs, workers and storage."""
    unfinished = Job.objects.unfinished().values_list("kind", "state").annotate(count=Count("pk")).order_by()
    yield Figure(
        name="jobs",
        help="Jobs that wait or run.",
        labels=("kind", "state"),
        samples=[((kind, state), count) for kind, state, count in unfinished],
    )
    oldest = Job.objects.unfinished().filter(state=Job.State.QUEUED).aggregate(at=Min("created_at"))["at"]
    yield Figure(
        name="queue_age_seconds",
        help="Age of the oldest waiting job.",
        samples=[((), max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)],
    )
    workers = Worker.objects.running(now=now).aggregate(count=Count("pk"), processes=Sum("processes"))
    yield Figure(name="workers", help="Running workers.", samples=[((), workers["count"])])
    yield Figure(
        name="worker_processes",
        help="Jobs that the running workers perform at once.",
        samples=[((), workers["processes"] or 0)],
    )
    yield from _read_media_figures(now=now)
    measured: dict[str, list[tuple[str, int]]] = {}
    for name, key, value in Measurement.objects.values_list("name", "key", "value").order_by("name", "key"):
        measured.setdefault(name, []).append((key, value))
    yield Figure(
        name="jobs_finished",
        help="Finished jobs.",
        labels=PER_KIND,
        is_counter=True,
        samples=[(tuple(key.split("/")), value) for key, value in measured.get("jobs_finished", [])],
    )
    yield Figure(
        name="job_seconds",
        help="Time that finished jobs ran.",
        labels=PER_KIND,
        is_counter=True,
        samples=[
            (tuple(key.split("/")), value / 1000) for key, value in measured.get("job_milliseconds", [])
        ],
    )
    for name, text in MEASURED.items():
        yield Figure(
            name=name,
            help=f"{text} Measured every 10 minutes.",
            samples=[((), value) for _, value in measured.get(name, [])],
        )


def _read_media_figures(*, now: datetime) -> Iterator[Figure]:
    """Yield the figures of work on media.

    Each count uses an index of the marked sessions.
    """
    workers = {
        "media": Worker.objects.reading_media(now=now),
        "proxies": Worker.objects.making_proxies(now=now),
    }
    yield Figure(
        name="media_workers",
        help="Running workers for media.",
        labels=("work",),
        samples=[((work,), rows.count()) for work, rows in workers.items()],
    )
    sessions = DubbingSession.objects.filter(deleted_at__isnull=True)
    lacking = {
        "facts": sessions.filter(has_unread_media=True),
        "previews": sessions.filter(has_missing_derivatives=True),
        "proxies": sessions.filter(has_missing_proxies=True),
    }
    yield Figure(
        name="media_sessions",
        help="Sessions whose media are not read, or lack previews or light copies.",
        labels=("lacks",),
        samples=[((what,), rows.count()) for what, rows in lacking.items()],
    )
