"""The parts of an upload: received, or signed for to go past us, and joined."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from sessions_app.models import Upload
from sessions_app.operations.accounts import quotas
from sessions_app.operations.errors import BadInputError, BusyError, IncompleteError, NotAllowedError
from sessions_app.operations.uploads.lifecycle import BATCH, MAX_UPLOADS_A_CALL, gone, locked, object_key
from sessions_app.storage import get_store
from sessions_app.storage.parts import part_size_for
from sessions_app.storage.store import (
    BlobStore,
    ObjectMissingError,
    Part,
    PartBusyError,
    PartsLostError,
    PartsRefusedError,
    SignedPart,
    StoreError,
)

Outcome = TypeVar("Outcome")

MAX_PARTS_A_CALL = 1000
PAUSES = (0.05, 0.1, 0.2)
"""Seconds between two looks at an upload that somebody else is writing to."""
AT_ONCE = 8
"""Uploads that are joined at once: each waits for the disk's journal or for a server."""


def part_count(upload: Upload) -> int:
    return max(1, -(-upload.size // part_size_for(upload.size)))


def part_length(upload: Upload, number: int) -> int:
    part_size = part_size_for(upload.size)
    return min(part_size, upload.size - (number - 1) * part_size)


def put_part(*, upload: Upload, number: int, chunks: Iterable[bytes], now: datetime) -> Part:
    """Store one part; a part that comes again replaces the earlier one.

    :raises BadInputError: there is no such part, or it is too short or too long.
    :raises NotAllowedError: the upload is complete, gone or has expired.
    :raises OverQuotaError: the owner stores more than they may by now.
    :raises BusyError: somebody else is writing the same part.
    """
    store = get_store()
    _check_open(upload, [number], now=now)
    quotas.check(upload.owner)
    length = part_length(upload, number)
    store_id = _begin(upload, store)
    try:
        part = store.put_part(
            object_key(upload),
            store_id,
            number,
            _exactly(chunks, length, upload),
            part_size=part_size_for(upload.size),
        )
    except PartBusyError as error:
        raise BusyError(str(error), code="upload_busy") from error
    except ObjectMissingError:
        if Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVED).exists():
            raise _complete_already() from None
        forget(upload)
        raise gone() from None
    with transaction.atomic():
        row = locked(upload)
        others = [known for known in row.parts if known["number"] != number]
        _note(row, [*others, _told(part)])
        row.expires_at = now + settings.UPLOAD_KEPT
        row.save(update_fields=["parts", "received", "expires_at"])
    return part


@dataclass(frozen=True, kw_only=True)
class WantedPart:
    upload: Upload
    number: int


def sign(*, parts: Sequence[WantedPart], now: datetime) -> list[SignedPart | None]:
    """Return where each part may be sent without passing through the portal; None for those that have to.

    :raises BadInputError: there is no such part.
    :raises NotAllowedError: an upload is complete, gone or has expired.
    :raises OverQuotaError: the owner stores more than they may by now.
    """
    if not 0 < len(parts) <= MAX_PARTS_A_CALL:
        raise BadInputError(f"Ask for 1 to {MAX_PARTS_A_CALL} parts at a time.", code="bad_part_count")
    store = get_store()
    numbers: dict[Upload, list[int]] = defaultdict(list)
    for part in parts:
        numbers[part.upload].append(part.number)
    for owner in {upload.owner for upload in numbers}:
        quotas.check(owner)
    for upload, wanted in numbers.items():
        _check_open(upload, wanted, now=now)
    if empty := next((upload for upload in numbers if upload.size == 0), None):
        raise BadInputError(f"{empty.label} is empty and needs no part.", code="part_not_found")
    direct = store.capabilities.direct_parts
    if direct is None:
        return [None] * len(parts)
    ids = {upload: _begin(upload, store) for upload in numbers}
    Upload.objects.filter(pk__in=[upload.pk for upload in numbers]).update(
        expires_at=now + settings.UPLOAD_KEPT
    )
    return [
        direct.sign(
            object_key(part.upload),
            ids[part.upload],
            part.number,
            size=part_length(part.upload, part.number),
            expires_in=settings.SIGNED_PART_WORKS,
        )
        for part in parts
    ]


def refresh(uploads: Sequence[Upload]) -> list[Upload]:
    """Take note, in memory, of the parts that have arrived without passing through us; return uploads that the store has lost."""
    direct = get_store().capabilities.direct_parts
    if direct is None:
        return []
    store = get_store()
    asked = [upload for upload in uploads if upload.state == Upload.State.RECEIVING and upload.store_id]
    lost = []
    for upload, parts in zip(asked, _at_once(lambda upload: _listed(upload, store), asked), strict=True):
        if parts is None:
            lost.append(upload)
        else:
            _note(upload, [_told(part) for part in parts])
    return lost


def forget(upload: Upload) -> None:
    """Let nobody go on with an upload that the store has lost. Its row expires."""
    Upload.objects.filter(pk=upload.pk).update(identity="")


def _listed(upload: Upload, store: BlobStore) -> list[Part] | None:
    """Return what the store has of the upload, None if it does not know it. Talks to the store alone."""
    direct = store.capabilities.direct_parts
    if direct is None:
        return [Part(**known) for known in upload.parts]
    if not upload.store_id:
        return []
    try:
        told = direct.parts(object_key(upload), upload.store_id)
    except ObjectMissingError:
        return None
    numbers = range(1, part_count(upload) + 1)
    return [
        part
        for part in sorted(told, key=lambda part: part.number)
        if part.number in numbers and part.size == part_length(upload, part.number)
    ]


def _told(part: Part) -> dict[str, Any]:
    return {"number": part.number, "size": part.size, "etag": part.etag}


def _check_open(upload: Upload, numbers: Sequence[int], *, now: datetime) -> None:
    if upload.state != Upload.State.RECEIVING:
        raise _complete_already()
    if upload.expires_at <= now:
        raise NotAllowedError("This upload has expired. Start it again.", code="upload_expired")
    for number in numbers:
        if not 1 <= number <= part_count(upload):
            raise BadInputError(f"{upload.label} has no part {number}.", code="part_not_found")


def _note(row: Upload, parts: Sequence[dict[str, Any]]) -> None:
    row.parts = sorted(parts, key=lambda known: known["number"])
    row.received = sum(known["size"] for known in row.parts)


def _begin(upload: Upload, store: BlobStore) -> str:
    if upload.store_id:
        return upload.store_id
    key = object_key(upload)
    begun = store.begin(key)
    # Parts that arrive together share one upload: whoever writes it down first.
    if Upload.objects.filter(pk=upload.pk, store_id="").update(store_id=begun or "-"):
        return begun or "-"
    store.abort(key, begun)
    row = Upload.objects.filter(pk=upload.pk).first()
    if row is None:
        raise gone()
    return row.store_id


def _exactly(chunks: Iterable[bytes], length: int, upload: Upload) -> Iterable[bytes]:
    """Pass chunks on and refuse a part that is not as long as it must be."""
    passed = 0
    for chunk in chunks:
        passed += len(chunk)
        if passed > length:
            break
        yield chunk
    if passed != length:
        raise BadInputError(
            f"A part of {upload.label} has {'more' if passed > length else 'fewer'} bytes than it should. Send it again.",
            code="bad_part_size",
        )


def complete(*, uploads: Sequence[Upload], now: datetime) -> list[Upload]:
    """Join the parts of each; the bytes then wait for a job. Doing it again changes nothing.

    :raises IncompleteError: parts are missing, or were lost since they arrived; all other uploads are complete.
    :raises NotAllowedError: an upload is gone.
    """
    if len(uploads) > MAX_UPLOADS_A_CALL:
        raise BadInputError(
            f"Complete at most {MAX_UPLOADS_A_CALL} uploads at a time.", code="bad_file_count"
        )
    store = get_store()
    waiting = [upload for upload in uploads if upload.state == Upload.State.RECEIVING]
    outcomes = _at_once(lambda upload: _join(upload, store), waiting)
    joined = [outcome for outcome in outcomes if not outcome.missing and outcome.error is None]
    for outcome in joined:
        outcome.upload.state = Upload.State.RECEIVED
        outcome.upload.expires_at = now + settings.UPLOAD_KEPT
    _note_joined(joined)
    for outcome in outcomes:
        if outcome.missing:
            _forget_parts(outcome.upload, outcome.missing)
    for outcome in outcomes:
        if outcome.error is not None:
            if outcome.lost:
                forget(outcome.upload)
            raise outcome.error
    if incomplete := [outcome for outcome in outcomes if outcome.missing]:
        raise _incomplete(incomplete)
    return list(uploads)


@dataclass(frozen=True, kw_only=True)
class _Joined:
    """What became of the parts of an upload."""

    upload: Upload
    parts: Sequence[Part] = ()
    missing: Sequence[int] = ()
    lost: bool = False
    """What is missing had arrived."""
    error: Exception | None = None


def _join(upload: Upload, store: BlobStore) -> _Joined:
    """Make one object of the parts, in any thread, without the database."""
    for pause in (*PAUSES, None):
        try:
            return _joined(upload, store)
        except PartsLostError as error:
            return _Joined(upload=upload, missing=error.numbers, lost=True)
        except PartBusyError as error:
            # Most likely somebody who joins the same parts: then there is nothing left to do in a moment.
            if pause is None:
                return _Joined(upload=upload, error=BusyError(str(error), code="upload_busy"))
            time.sleep(pause)
        except StoreError as error:
            # An answer that was lost on its way: the parts were joined by an earlier try.
            return _Joined(upload=upload) if _is_whole(upload, store) else _failed(upload, error)
    raise AssertionError


def _joined(upload: Upload, store: BlobStore) -> _Joined:
    key = object_key(upload)
    if upload.size == 0:
        with store.writer(key):
            pass
        if upload.store_id:  # somebody sent a part of no bytes
            store.abort(key, upload.store_id)
        return _Joined(upload=upload)
    parts = _listed(upload, store)
    if parts is None:
        raise ObjectMissingError(key)
    there = {part.number for part in parts}
    missing = [number for number in range(1, part_count(upload) + 1) if number not in there]
    if missing:
        return _Joined(upload=upload, missing=missing)
    store.complete(key, upload.store_id, parts, part_size=part_size_for(upload.size))
    return _Joined(upload=upload, parts=parts)


def _failed(upload: Upload, error: StoreError) -> _Joined:
    if isinstance(error, ObjectMissingError):
        return _Joined(upload=upload, error=gone(), lost=True)
    if isinstance(error, PartsRefusedError):
        # One was sent anew between the list of parts and the joining: the next list tells.
        return _Joined(
            upload=upload,
            error=BusyError("A part is still arriving. Try again in a moment.", code="upload_busy"),
        )
    return _Joined(upload=upload, error=error)


def _note_joined(joined: Sequence[_Joined]) -> None:
    """Write down which uploads are complete.

    :raises NotAllowedError: one was discarded meanwhile; garbage collection finds the bytes.
    """
    with transaction.atomic():
        rows = {
            row.pk: row
            for row in Upload.objects.select_for_update()
            .filter(pk__in=[outcome.upload.pk for outcome in joined])
            .order_by("pk")
        }
        for outcome in joined:
            row = rows.get(outcome.upload.pk)
            if row is None:
                continue
            if not row.parts and outcome.parts:
                _note(row, [_told(part) for part in outcome.parts])
            row.state, row.expires_at, row.received = (
                Upload.State.RECEIVED,
                outcome.upload.expires_at,
                row.size,
            )
            outcome.upload.parts, outcome.upload.received = row.parts, row.size
        Upload.objects.bulk_update(
            rows.values(), ["state", "expires_at", "parts", "received"], batch_size=BATCH
        )
    if len(rows) != len(joined):
        raise gone()


def _forget_parts(upload: Upload, numbers: Sequence[int]) -> None:
    with transaction.atomic():
        row = locked(upload)
        _note(row, [known for known in row.parts if known["number"] not in numbers])
        row.save(update_fields=["parts", "received"])


def _incomplete(outcomes: Sequence[_Joined]) -> IncompleteError:
    first = outcomes[0]
    more = f", and {len(outcomes) - 1} more uploads are not either" if len(outcomes) > 1 else ""
    if first.lost:
        message = f"Parts of {first.upload.label} were lost when the server stopped without warning{more}. Send them again."
    else:
        told = f"part {first.missing[0]} is" if len(first.missing) == 1 else f"{len(first.missing)} parts are"
        message = f"{first.upload.label} is not complete: {told} missing{more}. Send what is missing."
    return IncompleteError(
        message, missing={str(outcome.upload.code): list(outcome.missing) for outcome in outcomes}
    )


def _is_whole(upload: Upload, store: BlobStore) -> bool:
    try:
        return store.size(object_key(upload)) == upload.size
    except StoreError:
        return False


def _complete_already() -> NotAllowedError:
    return NotAllowedError("This upload is complete already.", code="upload_complete")


def _at_once(act: Callable[[Upload], Outcome], uploads: Sequence[Upload]) -> list[Outcome]:
    if len(uploads) <= 1:
        return list(map(act, uploads))
    with ThreadPoolExecutor(min(AT_ONCE, len(uploads)), thread_name_prefix="uploads") as threads:
        return list(threads.map(act, uploads))
