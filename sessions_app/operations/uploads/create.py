"""Files that somebody is about to send: opened, or found again where sending them was broken off."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core.paths import PathError, normalize_path
from sessions_app.models import Blob, Job, Upload
from sessions_app.operations.accounts import quotas
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.uploads import parts
from sessions_app.operations.uploads.lifecycle import BATCH, MAX_UPLOADS_A_CALL
from sessions_app.queries.blobs import find_readable_blobs
from sessions_app.storage.ingest import SMALL_SIZE

MAX_FILES_A_CALL = 5000
MAX_FILES_A_PACK = 2000
MAX_SIZE_IN_PACK = SMALL_SIZE
"""Bytes of a file in a pack: a job holds such files in memory."""
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Announced:
    """A file that somebody is about to send."""

    path: str
    size: int
    """In bytes."""
    sha256: str = ""
    """"" where the sender did not compute it. What arrives must have it, and it finds the upload again."""


@dataclass(frozen=True, kw_only=True)
class AnnouncedPack:
    """Many small files that somebody is about to send as one: their bytes, one after another."""

    files: Sequence[Announced]


def create(
    *, owner: AbstractBaseUser, files: Sequence[Announced | AnnouncedPack], now: datetime
) -> list[Upload]:
    """Open an upload for each announced file or pack, or return the one that was opened for the very same before.

    So a sender who was stopped begins again without knowing anything: what has arrived is there (see ``parts_of``).

    :raises BadInputError: a path, size or hash cannot be accepted; nothing is opened.
    :raises OverQuotaError: the owner may not store as much.
    """
    _check_count(files)
    drafts = [_draft(announced) for announced in files]
    opened = _opened_before([draft.identity for draft in drafts if draft.identity], owner=owner, now=now)
    uploads: list[Upload] = []
    new: list[Upload] = []
    again: list[Upload] = []
    for draft in drafts:
        same = opened[draft.identity]
        upload = same.pop() if same else draft
        (again if upload is not draft else new).append(upload)
        uploads.append(upload)
        upload.expires_at = now + settings.UPLOAD_KEPT
    for upload in new:
        upload.owner_id, upload.created_at = owner.pk, now
    with transaction.atomic():
        quotas.check(owner, adding=sum(upload.size for upload in new))
        Upload.objects.filter(pk__in=[upload.pk for upload in again]).update(
            expires_at=now + settings.UPLOAD_KEPT
        )
        Upload.objects.bulk_create(new, batch_size=BATCH)
    return uploads


def adopt(*, owner: AbstractBaseUser, files: Sequence[Announced], now: datetime) -> list[Upload]:
    """Return uploads, not written yet, whose bytes are here already because sessions that the owner can read hold them.

    Their blobs are locked until the transaction ends, which must write them.

    :raises NotAllowedError: `blob_missing`, one is not there, or not any more.
    """
    known = find_readable_blobs(owner, {file.sha256 for file in files})
    # Asked once more under the lock, in one order everywhere: garbage collection may have taken one meanwhile.
    locked = (
        Blob.objects.select_for_update()
        .filter(pk__in=[blob.pk for blob in known.values()], state=Blob.State.STORED)
        .order_by("sha256")
    )
    blobs = {blob.sha256: blob for blob in locked}
    Blob.objects.filter(pk__in=[blob.pk for blob in blobs.values()], unreferenced_since__isnull=False).update(
        unreferenced_since=None
    )
    uploads = []
    for file in files:
        path, size, sha256 = _checked(file)
        blob = blobs.get(sha256)
        if blob is None or blob.size != size:
            raise NotAllowedError(
                f"The bytes of “{path}” are not here, or not any more. Send the file.", code="blob_missing"
            )
        uploads.append(
            Upload(
                owner_id=owner.pk,
                path=path,
                size=size,
                received=size,
                sha256=sha256,
                blob=blob,
                state=Upload.State.RECEIVED,
                created_at=now,
                expires_at=now + settings.UPLOAD_KEPT,
            )
        )
    return uploads


def _check_count(files: Sequence[Announced | AnnouncedPack]) -> None:
    if not 0 < len(files) <= MAX_UPLOADS_A_CALL:
        raise BadInputError(
            f"Announce between 1 and {MAX_UPLOADS_A_CALL} uploads at a time.", code="bad_file_count"
        )
    packs = [file for file in files if isinstance(file, AnnouncedPack)]
    if any(not 0 < len(pack.files) <= MAX_FILES_A_PACK for pack in packs):
        raise BadInputError(f"A pack holds 1 to {MAX_FILES_A_PACK} files.", code="bad_file_count")
    if len(files) - len(packs) + sum(len(pack.files) for pack in packs) > MAX_FILES_A_CALL:
        raise BadInputError(f"Announce at most {MAX_FILES_A_CALL} files at a time.", code="bad_file_count")


def _draft(announced: Announced | AnnouncedPack) -> Upload:
    if isinstance(announced, Announced):
        path, size, sha256 = row = _checked(announced)
        return Upload(path=path, size=size, sha256=sha256, identity=_identity([row]))
    members = [_checked(file) for file in announced.files]
    for path, size, _ in members:
        if size > MAX_SIZE_IN_PACK:
            raise BadInputError(
                f"“{path}” is too large for a pack, which takes files of up to {MAX_SIZE_IN_PACK} bytes. Send it alone.",
                code="too_large",
            )
    size = sum(size for _, size, _ in members)
    return Upload(path="", size=size, members=members, identity=_identity(members))


Row = tuple[str, int, str]
"""Path, size in bytes, SHA-256 or ""."""


def _checked(file: Announced) -> Row:
    try:
        path = normalize_path(file.path)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error
    if file.size < 0:
        raise BadInputError(f"“{path}” cannot have less than no bytes.", code="bad_size")
    if file.size > settings.MAX_UPLOAD_SIZE:
        told = f"a file may have {settings.MAX_UPLOAD_SIZE // 1024**3} GiB"
        raise BadInputError(f"“{path}” is too large: {told}.", code="too_large")
    if file.sha256 and not SHA256.fullmatch(file.sha256):
        raise BadInputError(
            f"The SHA-256 of “{path}” must be 64 hexadecimal digits in lower case.", code="bad_sha256"
        )
    return path, file.size, file.sha256


def _identity(rows: Sequence[Row]) -> str:
    """Name what was announced, if it was with hashes: paths and sizes alone would join bytes of two files."""
    if not all(sha256 for _, _, sha256 in rows):
        return ""
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _opened_before(
    identities: Sequence[str], *, owner: AbstractBaseUser, now: datetime
) -> dict[str, list[Upload]]:
    """Return uploads of the same contents that no job has taken, or is going to, with the parts that have arrived."""
    found: dict[str, list[Upload]] = defaultdict(list)
    for start in range(0, len(identities), BATCH):
        same = Upload.objects.filter(owner_id=owner.pk, identity__in=identities[start : start + BATCH])
        for upload in same.filter(expires_at__gt=now).exclude(job__in=Job.objects.unfinished()):
            found[upload.identity].append(upload)
    lost = parts.refresh([upload for same in found.values() for upload in same])
    for upload in lost:
        parts.forget(upload)
        found[upload.identity].remove(upload)
    return found
