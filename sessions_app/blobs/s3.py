"""Objects in a bucket of any S3-compatible store, through the client of django-storages."""

from __future__ import annotations

import copy
import http
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.response import StreamingBody
from storages.backends.s3 import S3Storage

from sessions_app.blobs.keys import checked, checked_prefix
from sessions_app.blobs.parts import PART_SIZE, part_size_for, take_part, whole_size
from sessions_app.blobs.store import (
    CHUNK_SIZE,
    Capabilities,
    ObjectMissingError,
    ObjectWriter,
    OpenUpload,
    Part,
    PartsRefusedError,
    StoredObject,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

DEFAULTS = Config(
    # For custom endpoints in us-east-1 and eu-west-1 boto3 would sign URLs with the old version 2.
    signature_version="s3v4",
    # Over https boto3 would send checksums in chunked trailers, which many stores refuse. SigV4 covers the bytes.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=32,
    tcp_keepalive=True,
)
"""What ``client_config`` in the storage's options may overrule."""

_MISSING = {"404", "NoSuchKey", "NoSuchUpload", "NotFound"}
_FULL = {
    "507",
    "EntityTooLarge",  # Swift, over its quota: parts are never too large otherwise
    "InsufficientStorage",
    "QuotaExceeded",  # Ceph
    "XMinioStorageFull",
}
_REFUSED_PARTS = {"EntityTooSmall", "InvalidPart", "InvalidPartOrder"}
_READ_ATTEMPTS = 3


class S3Store:
    capabilities = Capabilities()
    part_size = PART_SIZE
    copy_config = TransferConfig(
        multipart_threshold=5 * 1024**3,  # above it CopyObject refuses
        multipart_chunksize=512 * 1024**2,
        max_concurrency=8,
    )

    def __init__(self, storage: S3Storage) -> None:
        # A copy has connections of its own, which nobody else's fork or thread shares.
        self._storage = copy.copy(storage)
        self._storage.client_config = _client_config(storage.client_config)
        # One client serves all threads; resources would need one for each.
        self._client: S3Client = self._storage.connection.meta.client
        self._bucket: str = storage.bucket_name
        location = storage.location.strip("/")
        self._location = f"{location}/" if location else ""

    def size(self, key: str) -> int:
        name = self._name(key)
        with _answers(key):
            return self._client.head_object(Bucket=self._bucket, Key=name)["ContentLength"]

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        position, failures = start, 0
        if start >= end:
            self.size(key)
        while position < end and failures < _READ_ATTEMPTS:
            before = position
            body = self._open(key, position, end)
            try:
                with _answers(key), closing(body):
                    for chunk in body.iter_chunks(CHUNK_SIZE):
                        position += len(chunk)
                        yield chunk
            except StoreUnavailableError:
                # Connections break in the middle of gigabytes: the next request goes on where this one did.
                logger.info("Reading %s broke off at byte %d.", key, position, exc_info=True)
            failures = failures + 1 if position == before else 0
        if position < end:
            raise StoreUnavailableError(key)

    @contextmanager
    def writer(self, key: str, *, size: int | None = None) -> Iterator[ObjectWriter]:
        writer = _ObjectWriter(self, checked(key), part_size_for(size))
        try:
            yield writer
            writer.finish()
        except BaseException:
            writer.discard()
            raise

    def promote(self, staged: str, key: str) -> None:
        source, name = self._name(staged), self._name(key)
        if not self._exists(key):
            try:
                with _answers(staged):
                    self._client.copy(
                        {"Bucket": self._bucket, "Key": source},
                        self._bucket,
                        name,
                        ExtraArgs=self._parameters(key),
                        Config=self.copy_config,
                    )
            except ObjectMissingError:
                # Somebody may have promoted it since we looked.
                if not self._exists(key):
                    raise
        self.delete(staged)

    def begin(self, key: str) -> str:
        name = self._name(key)
        with _answers(key):
            created = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=name, **self._parameters(key)
            )
            return created["UploadId"]

    def put_part(self, key: str, upload_id: str, number: int, chunks: Iterable[bytes]) -> Part:
        part = take_part(checked(key), number, chunks, part_size=self.part_size)
        return self.send_part(key, upload_id, number, part)

    def send_part(self, key: str, upload_id: str, number: int, data: bytearray) -> Part:
        with _answers(key):
            sent = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._name(key),
                UploadId=upload_id,
                PartNumber=number,
                Body=bytes(data),
            )
        return Part(number=number, size=len(data), etag=sent["ETag"])

    def complete(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        whole_size(checked(key), parts, part_size=self.part_size)
        if parts:
            self.join_parts(key, upload_id, parts)
        else:  # which S3 cannot join
            self.put(key, bytearray())
            self.abort(key, upload_id)

    def join_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        if self._exists(key):
            self.abort(key, upload_id)
            return
        joined = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        try:
            with _answers(key):
                self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._name(key),
                    UploadId=upload_id,
                    MultipartUpload={"Parts": joined},  # type: ignore[typeddict-item]
                )
        except ObjectMissingError:
            # boto3 repeats a request that was not answered in time, and the first may have done it.
            if not self._exists(key):
                raise

    def abort(self, key: str, upload_id: str) -> None:
        try:
            with _answers(key):
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=self._name(key), UploadId=upload_id
                )
        except ObjectMissingError:
            pass

    def open_uploads(self, prefix: str) -> Iterator[OpenUpload]:
        for page in self._pages("list_multipart_uploads", prefix):
            for upload in page.get("Uploads", ()):
                yield OpenUpload(key=self._key(upload["Key"]), upload_id=upload["UploadId"])

    def list(self, prefix: str) -> Iterator[StoredObject]:
        for page in self._pages("list_objects_v2", prefix):
            for found in page.get("Contents", ()):
                yield StoredObject(key=self._key(found["Key"]), size=found["Size"])

    def delete(self, key: str) -> None:
        name = self._name(key)
        with _answers(key):
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def put(self, key: str, data: bytearray) -> None:
        """Store a small object in one request, unless it is there."""
        parameters = {"Bucket": self._bucket, "Key": self._name(key), "Body": data, **self._parameters(key)}
        with _answers(key):
            try:
                self._client.put_object(**parameters, IfNoneMatch="*")
            except ClientError as error:
                match _status(error):
                    case http.HTTPStatus.PRECONDITION_FAILED:
                        pass
                    case http.HTTPStatus.NOT_IMPLEMENTED:
                        # It has no conditional writes: equal bytes replace each other, which nobody notices.
                        self._client.put_object(**parameters)
                    case _:
                        raise

    def _open(self, key: str, start: int, end: int) -> StreamingBody:
        name = self._name(key)
        with _answers(key):
            found = self._client.get_object(Bucket=self._bucket, Key=name, Range=f"bytes={start}-{end - 1}")
        ignored = start > 0 and not found.get("ContentRange", "").startswith(f"bytes {start}-")
        if ignored or found["ContentLength"] > end - start:
            # A server may ignore Range (RFC 9110 section 14.2); its bytes would be the wrong ones.
            found["Body"].close()
            raise StoreUnavailableError(key)
        return found["Body"]

    def _exists(self, key: str) -> bool:
        try:
            self.size(key)
        except ObjectMissingError:
            return False
        return True

    def _pages(self, operation: Any, prefix: str) -> Iterator[dict[str, Any]]:
        name = self._location + checked_prefix(prefix)
        with _answers(prefix):
            yield from self._client.get_paginator(operation).paginate(Bucket=self._bucket, Prefix=name)

    def _name(self, key: str) -> str:
        return self._location + checked(key)

    def _key(self, name: str) -> str:
        return name.removeprefix(self._location)

    def _parameters(self, key: str) -> dict[str, Any]:
        """Return what the storage's options want with every new object: encryption, storage class, ACL."""
        parameters: dict[str, Any] = self._storage.get_object_parameters(key)
        if self._storage.default_acl:
            parameters.setdefault("ACL", self._storage.default_acl)
        return parameters


class _ObjectWriter:
    """Sends what is written as one object if it is small, in parts otherwise; holds one part in memory."""

    def __init__(self, store: S3Store, key: str, part_size: int) -> None:
        self._store = store
        self._key = key
        self._part_size = part_size
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[Part] = []

    def write(self, data: bytes | memoryview, /) -> int:
        with memoryview(data) as view:
            position = 0
            while position < len(view):
                piece = view[position : position + self._part_size - len(self._buffer)]
                self._buffer += piece
                position += len(piece)
                if len(self._buffer) == self._part_size:
                    self._send()
            return position

    def finish(self) -> None:
        if self._upload_id is None:
            self._store.put(self._key, self._buffer)
            return
        if self._buffer:
            self._send()
        self._store.join_parts(self._key, self._upload_id, self._parts)

    def discard(self) -> None:
        if self._upload_id is None:
            return
        try:
            self._store.abort(self._key, self._upload_id)
        except StoreError:
            # What made us give up matters more; whoever sweeps open uploads finds this one.
            logger.warning("The multipart upload of %s stays open.", self._key, exc_info=True)

    def _send(self) -> None:
        if self._upload_id is None:
            self._upload_id = self._store.begin(self._key)
        number = len(self._parts) + 1
        self._parts.append(self._store.send_part(self._key, self._upload_id, number, self._buffer))
        self._buffer.clear()


def _client_config(given: Config) -> Config:
    """Fill in what was not given; django-storages gives None as the signature's version when it was told none."""
    signature = Config(signature_version=given.signature_version or DEFAULTS.signature_version)  # type: ignore[attr-defined]
    return DEFAULTS.merge(given).merge(signature)


@contextmanager
def _answers(key: str) -> Iterator[None]:
    """Turn what the store says, or fails to say, into our own errors."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            raise ObjectMissingError(key) from error
        if code in _FULL or _status(error) == http.HTTPStatus.INSUFFICIENT_STORAGE:
            raise StoreFullError(key) from error
        if code in _REFUSED_PARTS:
            raise PartsRefusedError(key, "The storage does not accept the parts.") from error
        raise StoreUnavailableError(key) from error
    except BotoCoreError as error:
        raise StoreUnavailableError(key) from error


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
