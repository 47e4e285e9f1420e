"""Unfinished uploads: files that wait for a save or an import."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from sessions_app.models import Job, Upload


def filter_unused(uploads: QuerySet[Upload], *, idle_since: datetime | None = None) -> QuerySet[Upload]:
    """Return the uploads that no unfinished job reads.

    :param idle_since: only those that received nothing after this time.
    """
    jobs = Job.objects.filter(pk=OuterRef("job_id")).unfinished()
    rows = uploads.exclude(Exists(jobs))
    if idle_since is not None:
        rows = rows.filter(expires_at__lte=idle_since + settings.UPLOAD_RETENTION)
    return rows
