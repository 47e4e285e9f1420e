"""The store: each of its methods is a request or a few."""

from __future__ import annotations

import builtins
import functools
import http
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from storages.backends.s3 import S3Storage

from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage.keys import checked, checked_prefix
from sessions_app.storage.parts import part_size_for, take_part, whole_size
from sessions_app.storage.probe import copies_ranges
from sessions_app.storage.s3 import bucket, client
from sessions_app.storage.s3.copier import Copier
from sessions_app.storage.s3.direct import SignedParts
from sessions_app.storage.s3.errors import FULL, answers, code_of, status_of
from sessions_app.storage.s3.writer import Writer
from sessions_app.storage.store import (
    CHUNK_SIZE,
    PART_SIZE,
    Capabilities,
    ObjectMissingError,
    ObjectWriter,
    OpenUpload,
    Part,
    PartsRefusedError,
    RangeCopier,
    StoredObject,
    StoreError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

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
        self._storage = client.own(storage)
        # One client serves all threads; resources would need one for each.
        self._client: S3Client = self._storage.connection.meta.client
        self._bucket: str = storage.bucket_name
        location = storage.location.strip("/")
        self._location = f"{location}/" if location else ""
        self._copier = Copier(self, PartLimits(is_uniform=uniform_parts))
        self._can_copy = server_side_copy
        self._probing = threading.Lock()
        self.capabilities = Capabilities(
            remote=True,
            server_side_copy=self._server_side_copy,
            direct_parts=SignedParts(self, self._storage, public_endpoint_url) if direct_uploads else None,
            prepare=functools.partial(bucket.prepare, self._client, self._bucket),
        )

    def size(self, key: str) -> int:
        name = self.name(key)
        with answers(key):
            return self._client.head_object(Bucket=self._bucket, Key=name)["ContentLength"]

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        position, failures = start, 0
        if start >= end:
            self.size(key)
        while position < end and failures < _READ_ATTEMPTS:
            before = position
            body = self._open(key, position, end)
            try:
                with answers(key), closing(body):
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
        writer = Writer(self, checked(key), part_size_for(size))
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
                with answers(staged):
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
        with answers(key):
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
        with answers(key):
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
        with answers(source):
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
                if status_of(error) in _CANNOT_COPY and code_of(error) not in FULL:
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
            with answers(key):
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
        with answers(key):
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
            with answers(key):
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
        with answers(key):
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def put(self, key: str, data: bytearray) -> None:
        """Store a small object in one request, unless it is there."""
        parameters = {"Bucket": self._bucket, "Key": self.name(key), "Body": data, **self._parameters(key)}
        with answers(key):
            try:
                self._client.put_object(**parameters, IfNoneMatch="*")
            except ClientError as error:
                match status_of(error):
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
        with answers(key):
            found = self._client.get_object(Bucket=self._bucket, Key=name, Range=f"bytes={start}-{end - 1}")
        ignored = start > 0 and not found.get("ContentRange", "").startswith(f"bytes {start}-")
        if ignored or found["ContentLength"] > end - start:
            # A server may ignore Range (RFC 9110 section 14.2); its bytes would be the wrong ones.
            found["Body"].close()
            raise StoreUnavailableError(key)
        return found["Body"]

    def _find_upload(self, key: str, upload_id: str) -> None:
        """Raise ObjectMissingError if no such upload is open, of which Ceph says when it joins that it was busy."""
        with answers(key):
            self._client.list_parts(Bucket=self._bucket, Key=self.name(key), UploadId=upload_id, MaxParts=1)

    def _exists(self, key: str) -> bool:
        try:
            self.size(key)
        except ObjectMissingError:
            return False
        return True

    def _pages(self, operation: Any, prefix: str) -> Iterator[dict[str, Any]]:
        name = self._location + checked_prefix(prefix)
        with answers(prefix):
            yield from self._client.get_paginator(operation).paginate(Bucket=self._bucket, Prefix=name)

    def _key(self, name: str) -> str:
        return name.removeprefix(self._location)

    def _parameters(self, key: str) -> dict[str, Any]:
        """Return what the storage's options want with every new object: encryption, storage class, ACL."""
        parameters: dict[str, Any] = self._storage.get_object_parameters(key)
        if self._storage.default_acl:
            parameters.setdefault("ACL", self._storage.default_acl)
        return parameters
