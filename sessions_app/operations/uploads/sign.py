"""Sign parts: URLs that a client sends parts to, past the portal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from dubbing_core.sentences import sentence
from sessions_app.models import Upload
from sessions_app.operations.accounts.quotas import check_quota
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.uploads.limits import MAX_PARTS_PER_CALL
from sessions_app.operations.uploads.multipart import check_accepts_parts, initiate_multipart
from sessions_app.operations.uploads.parts import part_length
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage import get_store
from sessions_app.storage.store import SignedPart


@dataclass(frozen=True, kw_only=True)
class PartRequest:
    """A part that a client wants to send, numbered from 1."""

    upload: Upload
    number: int


def sign_parts(*, parts: Sequence[PartRequest], now: datetime) -> list[SignedPart | None]:
    """Return a signed URL of the store for each part.

    The item is None for a part that goes through the portal.

    :raises BadInputError: there is no such part.
    :raises NotAllowedError: an upload is complete, was deleted or has expired.
    :raises OverQuotaError: an owner's storage quota is exceeded.
    """
    if not 0 < len(parts) <= MAX_PARTS_PER_CALL:
        raise BadInputError(
            sentence(
                "Sign 1 to %(max_parts_per_call)s parts per call.", max_parts_per_call=MAX_PARTS_PER_CALL
            ),
            code="bad_part_count",
        )
    store = get_store()
    numbers: dict[Upload, list[int]] = defaultdict(list)
    for part in parts:
        numbers[part.upload].append(part.number)
    for owner_id in {upload.owner_id for upload in numbers}:
        check_quota(owner_id)
    for upload, requested in numbers.items():
        check_accepts_parts(upload, requested, now=now)
    if empty := next((upload for upload in numbers if upload.size == 0), None):
        raise BadInputError(
            sentence("%(label)s is empty and needs no part.", label=empty.label),
            code="part_not_found",
        )
    direct = store.capabilities.direct_parts
    if direct is None:
        return [None] * len(parts)
    ids = {upload: initiate_multipart(upload, store) for upload in numbers}
    Upload.objects.filter(pk__in=[upload.pk for upload in numbers]).update(
        expires_at=now + settings.UPLOAD_RETENTION
    )
    return [
        direct.sign_part(
            object_key(part.upload),
            ids[part.upload],
            part.number,
            size=part_length(part.upload, part.number),
            expires_in=settings.SIGNED_PART_LIFETIME,
        )
        for part in parts
    ]
