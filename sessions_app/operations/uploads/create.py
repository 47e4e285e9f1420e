"""Creation of uploads, or lookup of an interrupted client's uploads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from sessions_app.models import Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.models.commits import deferred_sync
from sessions_app.operations.accounts.quotas import check_quota
from sessions_app.operations.disk_space import BYTES_PER_FILE, check_disk_space
from sessions_app.operations.uploads.new_files import NewFile, NewPack, check_counts, check_file, check_pack
from sessions_app.operations.uploads.resume import find_resumable_uploads

FACTS = ("is_executable", "mtime_ns", "members")
"""Columns that may differ between two uploads of the same files: executable bit and modification time."""


def create_uploads(
    *, owner: AbstractBaseUser, files: Sequence[NewFile | NewPack], now: datetime
) -> list[Upload]:
    """Create an upload for each file or pack, or return an earlier one of the same.

    An interrupted client calls this again: the returned rows list the parts that have arrived already.

    :raises BadInputError: a path, size or hash cannot be accepted; nothing is created.
    :raises OverQuotaError: the owner may not store as much.
    :raises DiskFullError: the server has not enough space.
    """
    check_counts(files)
    drafts = [_build_draft(each) for each in files]
    resumable = find_resumable_uploads(
        [draft.identity for draft in drafts if draft.identity], owner=owner, now=now
    )
    uploads: list[Upload] = []
    new: list[Upload] = []
    resumed: list[Upload] = []
    changed: list[Upload] = []
    for draft in drafts:
        same = resumable[draft.identity]
        upload = same.pop() if same else draft
        if upload is not draft and _copy_facts(draft, upload):
            changed.append(upload)
        (new if upload is draft else resumed).append(upload)
        uploads.append(upload)
        upload.expires_at = now + settings.UPLOAD_RETENTION
    for upload in new:
        upload.owner_id, upload.created_at = owner.pk, now
    # A power failure may undo the rows as well as the parts; the client then creates the uploads again.
    with deferred_sync():
        check_quota(owner.pk, adding=sum(upload.size for upload in new))
        check_disk_space(_estimate_space(new), now=now)
        if resumed:
            Upload.objects.filter(pk__in=[upload.pk for upload in resumed]).update(
                expires_at=now + settings.UPLOAD_RETENTION
            )
        if changed:
            Upload.objects.bulk_update(changed, FACTS, batch_size=ROWS_PER_STATEMENT)
        Upload.objects.bulk_create(new, batch_size=ROWS_PER_STATEMENT)
    return uploads


def _copy_facts(draft: Upload, upload: Upload) -> bool:
    """Give an earlier upload the facts that its identity leaves out.

    :returns: whether they differ.
    """
    facts = {name: getattr(draft, name) for name in FACTS}
    is_changed = any(getattr(upload, name) != fact for name, fact in facts.items())
    for name, fact in facts.items():
        setattr(upload, name, fact)
    return is_changed


def _estimate_space(uploads: Sequence[Upload]) -> int:
    """Return the bytes that uploads and a save of them need."""
    # A save copies the files of a pack, whose bytes are deleted afterwards.
    packed = sum(upload.size for upload in uploads if upload.members is not None)
    rows = BYTES_PER_FILE * sum(upload.file_count for upload in uploads)
    return sum(upload.size for upload in uploads) + packed + rows


def _build_draft(new: NewFile | NewPack) -> Upload:
    if isinstance(new, NewFile):
        file = check_file(new)
        return Upload(
            path=file.path,
            size=file.size,
            sha256=file.sha256,
            is_executable=file.is_executable,
            mtime_ns=file.mtime_ns,
            identity=_compute_identity("file", [file]),
        )
    files = check_pack(new)
    return Upload(
        path="",
        size=sum(file.size for file in files),
        members=[[file.path, file.size, file.sha256, file.is_executable, file.mtime_ns] for file in files],
        identity=_compute_identity("pack", files),
    )


def _compute_identity(kind: Literal["file", "pack"], files: Sequence[NewFile]) -> str:
    """Return the identity of an upload, or "" without hashes.

    With paths and sizes alone, bytes of two different files could be joined.

    The kind is part of it: a pack of one file is another upload than that file alone.
    """
    if not all(file.sha256 for file in files):
        return ""
    rows = [(file.path, file.size, file.sha256) for file in files]
    return hashlib.sha256(json.dumps([kind, rows]).encode()).hexdigest()
