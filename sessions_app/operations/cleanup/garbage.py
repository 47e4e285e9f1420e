"""Garbage collection, in short transactions, so that it may run at any time.

Its cost follows what is deleted. A dry run counts what a real run would delete. A full run also checks what only an error or a
power failure can leave: every blob, and unfinished files among them.

1. Sessions in the trash for longer than the retention, with their versions and exports.
2. The bytes of expired exports that no usable link needs.
3. Expired uploads that belong to no unfinished job.
4. Temporary bytes of finished uploads and job attempts: the row decides, never a file's age.
5. Blobs that nothing refers to, after a grace period.
6. Rows without bytes: old jobs, expired idempotency records and sign-in sessions, hits of throttles that no longer count.
7. Plans of ZIPs that were not used for a day, on this machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sessions_app.exports.layout_cache import get_layout_cache
from sessions_app.operations.cleanup.expired import (
    count_expired,
    delete_expired_uploads,
    get_expired_rows,
    purge_sessions,
)
from sessions_app.operations.cleanup.exports import expire_exports, get_expired_exports
from sessions_app.operations.cleanup.leftovers import delete_leftovers
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.cleanup.rows import count_rows, delete_rows
from sessions_app.operations.cleanup.unreferenced_blobs import collect_blobs, count_blobs
from sessions_app.operations.tally import Tally

logger = logging.getLogger(__name__)


def collect_garbage(
    *, now: datetime, dry_run: bool, is_full: bool = False, check: Callable[[], None] = lambda: None
) -> GarbageReport:
    """Delete what has expired or is not referred to; only count it in a dry run.

    :param is_full: check everything, for repair; slow in a large portal.
    :param check: is called between two batches; an exception from it ends the work.
    """
    report = GarbageReport()
    expired = get_expired_rows(now=now)
    exports = get_expired_exports(now=now)
    if dry_run:
        count_expired(expired, report)
        report.exports.merge(Tally.of(exports))
        delete_leftovers(report, dry_run=True, is_full=is_full, check=check)
        count_blobs(expired, report, now=now, is_full=is_full)
        count_rows(report, now=now)
        return report
    purge_sessions(expired, report, now=now, check=check)
    report.exports.merge(expire_exports(exports, now=now, check=check))
    delete_expired_uploads(expired, report, check=check)
    delete_leftovers(report, dry_run=False, is_full=is_full, check=check)
    collect_blobs(report, now=now, is_full=is_full, check=check)
    delete_rows(report, now=now, check=check)
    get_layout_cache().prune()
    if report.freed:
        logger.info("Garbage collected: %s", report.as_dict())
    return report
