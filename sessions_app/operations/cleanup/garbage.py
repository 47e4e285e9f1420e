"""Garbage collection.

A dry run only counts in each step, so that it reports what a real run would delete.

1. Sessions in the trash for longer than the retention, with their versions and exports.
2. The bytes of expired exports that no usable link needs.
3. Expired uploads that belong to no unfinished job.
4. Temporary bytes of finished uploads and job attempts: the row decides, never a file's age.
5. Blobs that nothing refers to, after a grace period.
6. Expired idempotency records, which have no bytes and are not reported.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sessions_app.operations.cleanup.expired import delete_expired_uploads, get_expired_rows, purge_sessions
from sessions_app.operations.cleanup.exports import expire_exports, get_expired_exports
from sessions_app.operations.cleanup.leftovers import delete_leftovers
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.cleanup.unreferenced_blobs import collect_blobs
from sessions_app.operations.idempotency import delete_expired_records

logger = logging.getLogger(__name__)


def collect_garbage(*, now: datetime, dry_run: bool) -> GarbageReport:
    """Delete what has expired or is not referred to; only count it in a dry run."""
    report = GarbageReport()
    expired = get_expired_rows(now=now)
    purge_sessions(expired, report, dry_run=dry_run)
    expire_exports(get_expired_exports(now=now), report=report, now=now, dry_run=dry_run)
    delete_expired_uploads(expired, report, dry_run=dry_run)
    delete_leftovers(report, dry_run=dry_run)
    collect_blobs(expired, report, now=now, dry_run=dry_run)
    if not dry_run:
        delete_expired_records(now=now)
    if not dry_run and report.freed:
        logger.info("Garbage collected: %s", report.as_dict())
    return report
