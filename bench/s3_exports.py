"""Two ways to make a session's ZIP in an S3 store: our executor, and streaming.

Runs in separate processes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from django.conf import settings
from zipstream import ZipStream

from bench.resident import Resident
from dubbing_core.zips.layout import BlobMember, Layout
from sessions_app.exports.assembly import assemble_object
from sessions_app.storage.keys import blob_key
from sessions_app.storage.s3 import S3Store
from tests.services.s3 import S3Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_SIZE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Place:
    """A process's access to the bucket."""

    store: S3Store
    client: S3Client
    bucket: str


_places: list[Place] = []


def store_at(server: S3Server) -> S3Store:
    """Return the portal's store, as its settings would create it."""
    if not settings.configured:
        settings.configure()
    from storages.backends.s3 import S3Storage  # noqa: PLC0415 (reads settings)

    storage = S3Storage(
        endpoint_url=server.endpoint_url,
        access_key=server.access_key,
        secret_key=server.secret_key,
        region_name=server.region,
        bucket_name=server.bucket,
        addressing_style="path",
        signature_version="s3v4",
        file_overwrite=False,
        default_acl=None,
    )
    return S3Store(storage)


def open_place(server: S3Server) -> None:
    """Warm up this process; not measured."""
    place = Place(store=store_at(server), client=server.client(), bucket=server.bucket)
    place.client.head_bucket(Bucket=server.bucket)
    next(place.store.list(""), None)
    _places.append(place)


def export(layout: Layout, key: str) -> float:
    """Make the archive as a worker does; return the seconds it took."""
    (place,) = _places
    place.store.delete(key)
    began = time.perf_counter()
    assemble_object(layout, key, store=place.store, on_bytes=lambda _: None)
    return time.perf_counter() - began


def stream_through(members: Sequence[BlobMember], key: str) -> float:
    """Make the ZIP from the same files by streaming; return the seconds it took.

    Streams with GET, zipstream-ng and boto3's multipart upload.
    """
    (place,) = _places
    place.store.delete(key)
    began = time.perf_counter()
    archive = ZipStream()
    for member in members:
        archive.add(_body(place, member), member.name)
    place.client.upload_fileobj(cast("IO[bytes]", _Chunks(archive)), place.bucket, key)
    return time.perf_counter() - began


def memory_of_export(layout: Layout, key: str) -> int:
    """Make the ZIP; return the peak resident size minus the idle size, in bytes."""
    process = Resident()
    process.reset_peak()
    idle = process.now()
    export(layout, key)
    return process.peak() - idle


def is_open() -> bool:
    return bool(_places)


class _Chunks:
    """A readable file over chunks."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def read(self, size: int = sys.maxsize) -> bytes:
        pieces, missing = [self._rest], size - len(self._rest)
        while missing > 0 and (chunk := next(self._chunks, b"")):
            pieces.append(chunk)
            missing -= len(chunk)
        data = b"".join(pieces)
        self._rest = data[size:]
        return data[:size]


def _body(place: Place, member: BlobMember) -> Iterator[bytes]:
    found = place.client.get_object(Bucket=place.bucket, Key=blob_key(member.sha256))
    yield from found["Body"].iter_chunks(CHUNK_SIZE)
