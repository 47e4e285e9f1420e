"""Parts of an upload: sizes, the store's list, and the records in the row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sessions_app.models import Upload
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage.errors import ObjectMissingError
from sessions_app.storage.part_sizes import choose_part_size
from sessions_app.storage.store import BlobStore, Part

PartRecord = dict[str, Any]
"""A part in the JSON column `Upload.parts`: `number`, `size`, `etag`."""


def part_count(upload: Upload) -> int:
    """Return how many parts the upload has; an empty one has one."""
    return max(1, -(-upload.size // choose_part_size(upload.size)))


def part_length(upload: Upload, number: int) -> int:
    """Return the bytes of a part, counted from 1."""
    part_size = choose_part_size(upload.size)
    return min(part_size, upload.size - (number - 1) * part_size)


def list_parts(upload: Upload, store: BlobStore) -> list[Part] | None:
    """Return the parts that the store has, or None if it has lost the upload.

    Uses no database, so that any thread may call it.
    """
    direct = store.capabilities.direct_parts
    if direct is None:
        return [Part(**record) for record in upload.parts]
    if not upload.store_id:
        return []
    try:
        etags = [record["etag"] for record in upload.parts]
        parts = direct.list_parts(object_key(upload), upload.store_id, etags=etags)
    except ObjectMissingError:
        return None
    numbers = range(1, part_count(upload) + 1)
    return [
        part
        for part in sorted(parts, key=lambda part: part.number)
        if part.number in numbers and part.size == part_length(upload, part.number)
    ]


def list_records(parts: Iterable[Part]) -> list[PartRecord]:
    """Return parts as the row records them."""
    return [{"number": part.number, "size": part.size, "etag": part.etag} for part in parts]


def set_records(row: Upload, records: Iterable[PartRecord]) -> None:
    """Set the recorded parts and the count of received bytes; does not save the row."""
    row.parts = sorted(records, key=lambda record: record["number"])
    row.received = sum(record["size"] for record in row.parts)
