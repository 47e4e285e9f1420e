"""Objects in a bucket of any S3-compatible store, through the client of django-storages."""

from __future__ import annotations

import builtins
import copy
import functools
import http
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.response import StreamingBody
from storages.backends.s3 import S3Storage

from sessions_app.blobs import bucket
from sessions_app.blobs.keys import checked, checked_prefix
from sessions_app.blobs.parts import MAX_PART_SIZE, check_number, part_size_for, take_part, whole_size
from sessions_app.blobs.probe import copies_ranges
from sessions_app.blobs.store import (
    CHUNK_SIZE,
    PART_SIZE,
    Capabilities,
    NewObject,
    ObjectMissingError,
    ObjectWriter,
    OpenUpload,
    Part,
    PartsRefusedError,
    RangeCopier,
    SignedPart,
    StoredObject,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
)
from sessions_app.zips.parts import PartLimits

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
    # Of several downloads at once, each of which reads ahead.
    max_pool_connections=64,
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
_CANNOT_COPY = {
    http.HTTPStatus.BAD_REQUEST,
    http.HTTPStatus.FORBIDDEN,
    http.HTTPStatus.METHOD_NOT_ALLOWED,
    http.HTTPStatus.NOT_IMPLEMENTED,
}
_READ_ATTEMPTS = 3


class S3Store:
    copy_config = TransferConfig(
        multipart_threshold=5 * 1024**3,  # above it CopyObject refuses
        multipart_chunksize=512 * 1024**2,
        max_concurrency=8,
    )

    def __init__(
        self,
        storage: S3Storage,
        *,
        server_side_copy: bool | None = None,
        uniform_parts: bool = False,
        direct_uploads: bool = False,
        public_endpoint_url: str | None = None,
    ) -> None:
        """Take the storage's way to its bucket.

        :param server_side_copy: whether the server copies ranges; None finds out when that is first of use.
        :param uniform_parts: the server wants all parts of an object but the last to be of one size.
        :param direct_uploads: whoever uploads may send the parts to the server, not through this process.
        :param public_endpoint_url: the server's address for them, where it is another than ours.
        """
        # A copy has connections of its own, which nobody else's fork or thread shares.
        self._storage = copy.copy(storage)
        self._storage.client_config = _client_config(storage.client_config, endpoint_url=storage.endpoint_url)
        # One client serves all threads; resources would need one for each.
        self._client: S3Client = self._storage.connection.meta.client
        self._bucket: str = storage.bucket_name
        location = storage.location.strip("/")
        self._location = f"{location}/" if location else ""
        self._copier = _Copier(self, PartLimits(uniform=uniform_parts))
        self._can_copy = server_side_copy
        self._probing = threading.Lock()
        self.capabilities = Capabilities(
            remote=True,
            server_side_copy=self._server_side_copy,
            direct_parts=_DirectParts(self, self._storage, public_endpoint_url) if direct_uploads else None,
            prepare=functools.partial(bucket.prepare, self._client, self._bucket),
        )

    def size(self, key: str) -> int:
        name = self.name(key)
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
    def writer(self, key: str, *, size: int | None = None, settled: bool = True) -> Iterator[ObjectWriter]:
        del settled  # what is acknowledged is durable
        writer = _ObjectWriter(self, checked(key), part_size_for(size))
        try:
            yield writer
            writer.finish()
        except BaseException:
            writer.discard()
            raise

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        for key, data in objects:
            self.put(key, bytearray(data))

    def promote(self, staged: str, key: str) -> None:
        source, name = self.name(staged), self.name(key)
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
        name = self.name(key)
        with _answers(key):
            created = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=name, **self._parameters(key)
            )
            return created["UploadId"]

    def put_part(
        self, key: str, upload_id: str, number: int, chunks: Iterable[bytes], *, part_size: int = PART_SIZE
    ) -> Part:
        part = take_part(checked(key), number, chunks, part_size=part_size)
        return self.send_part(key, upload_id, number, part)

    def send_part(self, key: str, upload_id: str, number: int, data: bytearray) -> Part:
        with _answers(key):
            sent = self._client.upload_part(
                Bucket=self._bucket,
                Key=self.name(key),
                UploadId=upload_id,
                PartNumber=number,
                # As it is: of bytes, http.client makes a copy with the headers in front.
                Body=cast("bytes", data),
            )
        return Part(number=number, size=len(data), etag=sent["ETag"])

    def copy_part(self, key: str, upload_id: str, number: int, *, source: str, start: int, end: int) -> Part:
        """Make a part of a range of another object.

        :raises PartsRefusedError: the server does not copy such a range, or answers as if it had.
        """
        refusal = PartsRefusedError(source, "The storage does not copy this range.")
        with _answers(source):
            try:
                copied = self._client.upload_part_copy(
                    Bucket=self._bucket,
                    Key=self.name(key),
                    UploadId=upload_id,
                    PartNumber=number,
                    CopySource={"Bucket": self._bucket, "Key": self.name(source)},
                    CopySourceRange=f"bytes={start}-{end - 1}",
                )
            except ClientError as error:
                if _status(error) in _CANNOT_COPY and _code(error) not in _FULL:
                    raise refusal from error
                raise
        etag = copied.get("CopyPartResult", {}).get("ETag")
        if not etag:  # rclone's server, which has stored an empty part
            raise refusal
        return Part(number=number, size=end - start, etag=etag)

    def complete(
        self, key: str, upload_id: str, parts: Sequence[Part], *, part_size: int = PART_SIZE
    ) -> None:
        whole_size(checked(key), parts, part_size=part_size)
        if parts and self._exists(key):
            # Completed before, or just now by somebody else: an upload that is aborted in that moment may take its parts along (Swift).
            return
        if parts:
            self._join(key, upload_id, parts)
        else:  # which S3 cannot join
            self.put(key, bytearray())
            self.abort(key, upload_id)

    def join_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> bool:
        """Make an object of the parts, unless it is there; return whether they have become it."""
        if self._exists(key):
            self.abort(key, upload_id)
            return False
        self._join(key, upload_id, parts)
        return True

    def _join(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        joined = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        try:
            with _answers(key):
                self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self.name(key),
                    UploadId=upload_id,
                    MultipartUpload={"Parts": joined},  # type: ignore[typeddict-item]  # the stubs want their own class
                )
        except (ObjectMissingError, StoreUnavailableError):
            # boto3 repeats a request that was not answered in time, and the first may have done it.
            if not self._exists(key):
                self._find_upload(key, upload_id)
                raise

    def parts(self, key: str, upload_id: str) -> builtins.list[Part]:
        with _answers(key):
            pages = self._client.get_paginator("list_parts").paginate(
                Bucket=self._bucket, Key=self.name(key), UploadId=upload_id
            )
            return [
                Part(number=part["PartNumber"], size=part["Size"], etag=part["ETag"])
                for page in pages
                for part in page.get("Parts", ())
            ]

    def abort(self, key: str, upload_id: str) -> None:
        try:
            with _answers(key):
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=self.name(key), UploadId=upload_id
                )
        except ObjectMissingError:
            pass

    def give_up(self, key: str, upload_id: str) -> None:
        """Abort the upload, because of an exception that shall be raised."""
        try:
            self.abort(key, upload_id)
        except StoreError:
            # What made us give up matters more; whoever sweeps open uploads finds this one.
            logger.warning("The multipart upload of %s stays open.", key, exc_info=True)

    def open_uploads(self, prefix: str) -> Iterator[OpenUpload]:
        for page in self._pages("list_multipart_uploads", prefix):
            for upload in page.get("Uploads", ()):
                yield OpenUpload(key=self._key(upload["Key"]), upload_id=upload["UploadId"])

    def list(self, prefix: str) -> Iterator[StoredObject]:
        for page in self._pages("list_objects_v2", prefix):
            for found in page.get("Contents", ()):
                yield StoredObject(key=self._key(found["Key"]), size=found["Size"])

    def delete(self, key: str) -> None:
        name = self.name(key)
        with _answers(key):
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def put(self, key: str, data: bytearray) -> None:
        """Store a small object in one request, unless it is there."""
        parameters = {"Bucket": self._bucket, "Key": self.name(key), "Body": data, **self._parameters(key)}
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

    def name(self, key: str) -> str:
        """Return what the object is called in the bucket."""
        return self._location + checked(key)

    def _server_side_copy(self, sample: str) -> RangeCopier | None:
        with self._probing:
            if self._can_copy is None:
                try:
                    self._can_copy = copies_ranges(self._copier, store=self, source=sample)
                except StoreError:
                    logger.warning("Whether the storage copies ranges remains to be seen.", exc_info=True)
                    return None
                if not self._can_copy:
                    logger.warning("The storage does not copy ranges: exports pass through the worker.")
            return self._copier if self._can_copy else None

    def _open(self, key: str, start: int, end: int) -> StreamingBody:
        name = self.name(key)
        with _answers(key):
            found = self._client.get_object(Bucket=self._bucket, Key=name, Range=f"bytes={start}-{end - 1}")
        ignored = start > 0 and not found.get("ContentRange", "").startswith(f"bytes {start}-")
        if ignored or found["ContentLength"] > end - start:
            # A server may ignore Range (RFC 9110 section 14.2); its bytes would be the wrong ones.
            found["Body"].close()
            raise StoreUnavailableError(key)
        return found["Body"]

    def _find_upload(self, key: str, upload_id: str) -> None:
        """Raise ObjectMissingError if no such upload is open, of which Ceph says when it joins that it was busy."""
        with _answers(key):
            self._client.list_parts(Bucket=self._bucket, Key=self.name(key), UploadId=upload_id, MaxParts=1)

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
        if self._upload_id is not None:
            self._store.give_up(self._key, self._upload_id)

    def _send(self) -> None:
        if self._upload_id is None:
            self._upload_id = self._store.begin(self._key)
        number = len(self._parts) + 1
        self._parts.append(self._store.send_part(self._key, self._upload_id, number, self._buffer))
        self._buffer.clear()


class _DirectParts:
    """Signs for the server's public address; asks it at the one that we use."""

    def __init__(self, store: S3Store, storage: S3Storage, public_endpoint_url: str | None) -> None:
        self._store = store
        self._storage = storage
        self._public_endpoint_url = public_endpoint_url

    @property
    def origin(self) -> str:
        signed = urlsplit(self.sign("origin", "origin", 1, size=1, expires_in=timedelta(seconds=1)).url)
        return f"{signed.scheme}://{signed.netloc}"

    def sign(self, key: str, upload_id: str, number: int, *, size: int, expires_in: timedelta) -> SignedPart:
        check_number(key, number)
        if not 1 <= size <= MAX_PART_SIZE:
            raise PartsRefusedError(key, f"Part {number} is not of 1 to {MAX_PART_SIZE} bytes.")
        with _answers(key):
            url = self._client.generate_presigned_url(
                "upload_part",
                Params={
                    "Bucket": self._storage.bucket_name,
                    "Key": self._store.name(key),
                    "UploadId": upload_id,
                    "PartNumber": number,
                    # A signed header: a part of another length has another signature.
                    "ContentLength": size,
                },
                ExpiresIn=int(expires_in.total_seconds()),
            )
        return SignedPart(url=url, headers={}, expires_at=_signed_at(url) + expires_in)

    def parts(self, key: str, upload_id: str) -> list[Part]:
        return self._store.parts(key, upload_id)

    @functools.cached_property
    def _client(self) -> S3Client:
        storage = copy.copy(self._storage)
        storage.endpoint_url = self._public_endpoint_url or storage.endpoint_url
        client: S3Client = storage.connection.meta.client
        return client


class _Copier:
    def __init__(self, store: S3Store, limits: PartLimits) -> None:
        self._store = store
        self.limits = limits

    @contextmanager
    def new_object(self, key: str) -> Iterator[NewObject]:
        new = _NewObject(self._store, checked(key), self._store.begin(key))
        try:
            yield new
            new.finish()
        except BaseException:
            self._store.give_up(key, new.upload_id)
            raise


class _NewObject:
    def __init__(self, store: S3Store, key: str, upload_id: str) -> None:
        self.upload_id = upload_id
        self._store = store
        self._key = key
        self._parts: dict[int, Part] = {}

    def send(self, number: int, data: bytearray) -> None:
        self._parts[number] = self._store.send_part(self._key, self.upload_id, number, data)

    def copy(self, number: int, source: str, start: int, end: int) -> None:
        self._parts[number] = self._store.copy_part(
            self._key, self.upload_id, number, source=source, start=start, end=end
        )

    def finish(self) -> None:
        """Join the parts.

        :raises PartsRefusedError: the server made something else of them.
        """
        parts = [self._parts[number] for number in sorted(self._parts)]
        joined = self._store.join_parts(self._key, self.upload_id, parts)
        if joined and self._store.size(self._key) != sum(part.size for part in parts):
            self._store.delete(self._key)
            raise PartsRefusedError(self._key, "The storage did not join the parts as they are.")


def _client_config(given: Config, *, endpoint_url: str | None) -> Config:
    """Fill in what was not given; django-storages gives None as the signature's version when it was told none."""
    signature = Config(signature_version=given.signature_version or DEFAULTS.signature_version)  # type: ignore[attr-defined]
    config = DEFAULTS.merge(given).merge(signature)
    style: Any = given.s3 or {}  # type: ignore[attr-defined]
    if endpoint_url is None and style.get("addressing_style") in {None, "auto"}:
        # boto3 would sign URLs for the address of all regions, which answers with a redirect that no browser follows after
        # its preflight. It looks for "virtual" to leave the region in.
        regional: Any = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
        config = config.merge(Config(s3=style | regional))
    return config


def _signed_at(url: str) -> datetime:
    (moment,) = parse_qs(urlsplit(url).query)["X-Amz-Date"]
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@contextmanager
def _answers(key: str) -> Iterator[None]:
    """Turn what the store says, or fails to say, into our own errors."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _MISSING:
            raise ObjectMissingError(key) from error
        if code in _FULL or _status(error) == http.HTTPStatus.INSUFFICIENT_STORAGE:
            raise StoreFullError(key) from error
        if code in _REFUSED_PARTS:
            raise PartsRefusedError(key, "The storage does not accept the parts.") from error
        raise StoreUnavailableError(key) from error
    except BotoCoreError as error:
        raise StoreUnavailableError(key) from error


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
