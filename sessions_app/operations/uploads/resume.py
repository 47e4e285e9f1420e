"""Resume uploads: find a client's earlier ones, with the parts that have arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.concurrency import run_in_threads
from sessions_app.models import Job, Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.uploads.limits import MAX_THREADS
from sessions_app.operations.uploads.parts import list_parts, list_records, set_records
from sessions_app.storage import get_store


def find_resumable_uploads(
    identities: Sequence[str], *, owner: AbstractBaseUser, now: datetime
) -> dict[str, list[Upload]]:
    """Return the owner's uploads of these identities that no unfinished job reads."""
    found: dict[str, list[Upload]] = defaultdict(list)
    for start in range(0, len(identities), ROWS_PER_STATEMENT):
        same = Upload.objects.filter(
            owner_id=owner.pk, identity__in=identities[start : start + ROWS_PER_STATEMENT]
        )
        for upload in same.filter(expires_at__gt=now).exclude(job__in=Job.objects.unfinished()):
            found[upload.identity].append(upload)
    for upload in refresh_parts([upload for same in found.values() for upload in same]):
        prevent_resume(upload)
        found[upload.identity].remove(upload)
    return found


def refresh_parts(uploads: Sequence[Upload]) -> list[Upload]:
    """Read from the store, into memory, which parts arrived directly there.

    :returns: uploads that the store has lost.
    """
    store = get_store()
    if store.capabilities.direct_parts is None:
        return []
    receiving = [upload for upload in uploads if upload.state == Upload.State.RECEIVING and upload.store_id]
    lost = []
    listed = run_in_threads(
        lambda upload: list_parts(upload, store), receiving, threads=MAX_THREADS, name="list-parts"
    )
    for upload, parts in zip(receiving, listed, strict=True):
        if parts is None:
            lost.append(upload)
        else:
            set_records(upload, list_records(parts))
    return lost


def prevent_resume(upload: Upload) -> None:
    """Make later clients create a new upload instead of this unusable one."""
    Upload.objects.filter(pk=upload.pk).update(identity="")
