"""Measurement of figures that take longer than a request for metrics may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, DurationField, ExpressionWrapper, F, QuerySet, Sum

from sessions_app.models import Blob, DubbingSession, Export, Job, Measurement, Upload

STORAGE_INTERVAL = timedelta(minutes=10)
"""Pause between two measurements of the storage, which read all blobs."""
COMMIT_DELAY = timedelta(seconds=30)
"""Time after which a finished job is surely committed: it is counted once, by its time of finishing."""
COUNTED_UNTIL = "jobs_counted_until"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def measure(*, now: datetime) -> None:
    """Add the jobs finished since the last call; measure the storage if due."""
    with transaction.atomic():
        _count_finished_jobs(now=now)
    if not Measurement.objects.filter(name="stored_bytes", measured_at__gt=now - STORAGE_INTERVAL).exists():
        for name, value in _measure_storage().items():
            Measurement.objects.update_or_create(name=name, defaults={"value": value, "measured_at": now})


def _count_finished_jobs(*, now: datetime) -> None:
    end = now - COMMIT_DELAY
    # Its lock lets concurrent calls wait: each job is counted by one of them.
    Measurement.objects.get_or_create(
        name=COUNTED_UNTIL, defaults={"value": _to_microseconds(end), "measured_at": now}
    )
    until = Measurement.objects.select_for_update().get(name=COUNTED_UNTIL)
    start = EPOCH + timedelta(microseconds=until.value)
    if end <= start:
        return
    duration = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    finished = (
        Job.objects.filter(finished_at__gt=start, finished_at__lte=end)
        .values_list("kind", "state")
        .annotate(count=Count("pk"), time=Sum(duration))
        .order_by()
    )
    for kind, state, count, time in finished:
        _add("jobs_finished", f"{kind}/{state}", count, now=now)
        _add(
            "job_milliseconds", f"{kind}/{state}", (time or timedelta()) // timedelta(milliseconds=1), now=now
        )
    until.value, until.measured_at = _to_microseconds(end), now
    until.save()


def _to_microseconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)


def _add(name: str, key: str, count: int, *, now: datetime) -> None:
    Measurement.objects.get_or_create(name=name, key=key, defaults={"value": 0, "measured_at": now})
    Measurement.objects.filter(name=name, key=key).update(value=F("value") + count, measured_at=now)


def _measure_storage() -> dict[str, int]:
    blobs = Blob.objects.aggregate(count=Count("pk"), size=Sum("size"))
    return {
        "stored_blobs": blobs["count"],
        "stored_bytes": blobs["size"] or 0,
        "export_bytes": _sum_of_sizes(Export.objects.filter(removed_at__isnull=True)),
        "upload_bytes": _sum_of_sizes(Upload.objects.filter(blob__isnull=True)),
        "sessions": DubbingSession.objects.live().count(),
        "users": User.objects.filter(is_active=True).count(),
    }


def _sum_of_sizes(rows: QuerySet[Any]) -> int:
    return rows.aggregate(size=Sum("size"))["size"] or 0
