"""Leftovers: temporary objects and exports in the store that belong to no row."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TypeVar
from uuid import UUID

from sessions_app.models import Blob, Export, Job, Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.storage import get_store
from sessions_app.storage.keys import BLOBS, EXPORTS, STAGING
from sessions_app.storage.store import OpenUpload, StoredObject

ATTEMPT_KEY = re.compile(r"^(?:staging/job-|exports/)(?P<code>[0-9a-f-]{36})-(?P<attempt>\d+)[./]")
BLOB_KEY = re.compile(r"^blobs/[0-9a-f]{2}/(?P<sha256>[0-9a-f]{64})$")
UPLOAD_KEY = re.compile(r"^staging/upload-(?P<code>[0-9a-f-]{36})/")

Item = TypeVar("Item", StoredObject, OpenUpload)


def delete_leftovers(
    report: GarbageReport, *, dry_run: bool, is_full: bool, check: Callable[[], None]
) -> None:
    """Delete objects and unfinished multipart uploads without a row.

    Those whose row belongs to another attempt are deleted too. Objects of blobs are found by their rows; their unfinished
    multipart uploads are only searched for in a folder if ``is_full``, because it lists all blobs.
    """
    store = get_store()
    # Each batch is listed before its rows are read, so that every listed object has its row already.
    for prefix in (STAGING, EXPORTS):
        for objects in _batched(store.list(prefix)):
            check()
            unneeded = _get_unneeded(objects)
            for stored in unneeded:
                report.leftovers.add(stored.size)
            if unneeded and not dry_run:
                store.delete_all([stored.key for stored in unneeded])
    lists_blobs = store.capabilities.local_files is not None
    for prefix in (STAGING, EXPORTS, BLOBS) if is_full or not lists_blobs else (STAGING, EXPORTS):
        for uploads in _batched(store.open_uploads(prefix)):
            check()
            for upload in _get_unneeded(uploads):
                report.leftovers.add(0)  # stores do not report the size of an unfinished upload
                if not dry_run:
                    store.abort(upload.key, upload.upload_id)


def _get_unneeded(items: Sequence[Item]) -> list[Item]:
    needed = _find_needed([item.key for item in items])
    return [item for item in items if item.key not in needed]


def _batched(items: Iterable[Item]) -> Iterator[list[Item]]:
    remaining = iter(items)
    while batch := list(islice(remaining, ROWS_PER_STATEMENT)):
        yield batch


def _find_needed(keys: Sequence[str]) -> Collection[str]:
    """Return the keys that belong to a row, and those of other applications."""
    uploads = {key: match["code"] for key in keys if (match := UPLOAD_KEY.match(key))}
    attempts = {
        key: (match["code"], int(match["attempt"])) for key in keys if (match := ATTEMPT_KEY.match(key))
    }
    blobs = {key: match["sha256"] for key in keys if (match := BLOB_KEY.match(key))}
    needed = set(keys) - uploads.keys() - attempts.keys() - blobs.keys()
    if uploads:
        codes = Upload.objects.filter(code__in=_parse_codes(uploads.values())).values_list("code", flat=True)
        known = {str(code) for code in codes}
        needed |= {key for key, code in uploads.items() if code in known}
    if attempts:
        # Running attempts are read before exports: one that ends in between is an export in the second query.
        jobs = Job.objects.filter(code__in=_parse_codes(code for code, _ in attempts.values()))
        rows = jobs.filter(state=Job.State.RUNNING).values_list("code", "attempt")
        running = {(str(code), attempt) for code, attempt in rows}
        exports = Export.objects.filter(key__in=attempts, removed_at__isnull=True)
        needed |= {key for key, attempt in attempts.items() if attempt in running}
        needed |= set(exports.values_list("key", flat=True))
    if blobs:
        writing = Blob.objects.filter(sha256__in=blobs.values(), state=Blob.State.WRITING)
        known = set(writing.values_list("sha256", flat=True))
        needed |= {key for key, sha256 in blobs.items() if sha256 in known}
    return needed


def _parse_codes(codes: Iterable[str]) -> set[UUID]:
    parsed = set()
    for code in codes:
        with suppress(ValueError):
            parsed.add(UUID(code))
    return parsed
