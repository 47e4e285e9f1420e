"""Leftovers: temporary objects and exports in the store that belong to no row."""

from __future__ import annotations

import re
from collections.abc import Callable

from sessions_app.models import Blob, Export, Job, Upload
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.storage import get_store
from sessions_app.storage.keys import BLOBS, EXPORTS, STAGING

ATTEMPT_KEY = re.compile(r"^(?:staging/job-|exports/)(?P<code>[0-9a-f-]{36})-(?P<attempt>\d+)[./]")
BLOB_KEY = re.compile(r"^blobs/[0-9a-f]{2}/(?P<sha256>[0-9a-f]{64})$")
UPLOAD_KEY = re.compile(r"^staging/upload-(?P<code>[0-9a-f-]{36})/")


def delete_leftovers(report: GarbageReport, *, dry_run: bool) -> None:
    """Delete objects and unfinished multipart uploads without a row.

    Those whose row belongs to another attempt are deleted too.
    """
    store = get_store()
    for prefix in (STAGING, EXPORTS, BLOBS):
        # The store is listed before the rows are read, so that each listed object has its row already. Blobs are found by their rows.
        objects = [] if prefix == BLOBS else list(store.list(prefix))
        multipart_uploads = list(store.open_uploads(prefix))
        is_needed = _build_predicate()
        for stored in objects:
            if not is_needed(stored.key):
                report.leftovers.add(stored.size)
                if not dry_run:
                    store.delete(stored.key)
        for upload in multipart_uploads:
            if not is_needed(upload.key):
                report.leftovers.add(0)  # stores do not report the size of an unfinished upload
                if not dry_run:
                    store.abort(upload.key, upload.upload_id)


def _build_predicate() -> Callable[[str], bool]:
    """Return a function that decides whether the object with a key belongs to a row."""
    uploads = {str(code) for code in Upload.objects.values_list("code", flat=True)}
    # Running attempts are read before exports: one that ends in between is an export in the second query.
    running = {
        (str(code), attempt)
        for code, attempt in Job.objects.filter(state=Job.State.RUNNING).values_list("code", "attempt")
    }
    writing = set(Blob.objects.filter(state=Blob.State.WRITING).values_list("sha256", flat=True))
    exports = set(Export.objects.filter(removed_at__isnull=True).values_list("key", flat=True))

    def is_needed(key: str) -> bool:
        if match := UPLOAD_KEY.match(key):
            return match["code"] in uploads
        if match := ATTEMPT_KEY.match(key):
            return key in exports or (match["code"], int(match["attempt"])) in running
        if match := BLOB_KEY.match(key):
            return match["sha256"] in writing
        return True  # not an object of this application

    return is_needed
