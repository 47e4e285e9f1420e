"""Requests for single objects of the bucket."""

from __future__ import annotations

import http
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from storages.backends.s3 import S3Storage

from sessions_app.storage.errors import ObjectMissingError, StoreUnavailableError
from sessions_app.storage.keys import checked, checked_prefix
from sessions_app.storage.s3.errors import MISSING, get_status, translate_errors
from sessions_app.storage.store import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DELETE_LIMIT = 1000
"""Objects of a DeleteObjects request, at most."""
_NO_BATCHES = {http.HTTPStatus.METHOD_NOT_ALLOWED, http.HTTPStatus.NOT_IMPLEMENTED}


class S3Objects:
    """Objects of a bucket below the storage's location."""

    copy_config = TransferConfig(
        multipart_threshold=5 * 1024**3,  # CopyObject refuses larger objects
        multipart_chunksize=512 * 1024**2,
        max_concurrency=8,
    )

    def __init__(self, storage: S3Storage) -> None:
        # One client serves all threads; boto3's resources would need one per thread.
        self.client: S3Client = storage.connection.meta.client
        self.bucket: str = storage.bucket_name
        self._storage = storage
        location = storage.location.strip("/")
        self._location = f"{location}/" if location else ""

    def get_name(self, key: str) -> str:
        """Return the object's name in the bucket."""
        return self._location + checked(key)

    def get_key(self, name: str) -> str:
        return name.removeprefix(self._location)

    def get_parameters(self, key: str) -> dict[str, Any]:
        """Return the storage's parameters of new objects: encryption, class, ACL."""
        parameters: dict[str, Any] = self._storage.get_object_parameters(key)
        if self._storage.default_acl:
            parameters.setdefault("ACL", self._storage.default_acl)
        return parameters

    def get_size(self, key: str) -> int:
        name = self.get_name(key)
        with translate_errors(key):
            return self.client.head_object(Bucket=self.bucket, Key=name)["ContentLength"]

    def exists(self, key: str) -> bool:
        try:
            self.get_size(key)
        except ObjectMissingError:
            return False
        return True

    def open_range(self, key: str, start: int, end: int) -> StreamingBody:
        name = self.get_name(key)
        with translate_errors(key):
            response = self.client.get_object(Bucket=self.bucket, Key=name, Range=f"bytes={start}-{end - 1}")
        ignored = start > 0 and not response.get("ContentRange", "").startswith(f"bytes {start}-")
        if ignored or response["ContentLength"] > end - start:
            # A server may ignore Range (RFC 9110 section 14.2); its bytes would be the wrong ones.
            response["Body"].close()
            raise StoreUnavailableError(key)
        return response["Body"]

    def put(self, key: str, data: bytearray) -> None:
        """Store a small object in one request, unless it exists."""
        parameters = {
            "Bucket": self.bucket,
            "Key": self.get_name(key),
            "Body": data,
            **self.get_parameters(key),
        }
        with translate_errors(key):
            try:
                self.client.put_object(**parameters, IfNoneMatch="*")
            except ClientError as error:
                match get_status(error):
                    case http.HTTPStatus.PRECONDITION_FAILED:
                        pass
                    case http.HTTPStatus.NOT_IMPLEMENTED:
                        # Without conditional writes an object may replace one of equal bytes, which does no harm.
                        self.client.put_object(**parameters)
                    case _:
                        raise

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside the bucket, in parts if it is very large."""
        name = self.get_name(target)
        with translate_errors(source):
            self.client.copy(
                {"Bucket": self.bucket, "Key": self.get_name(source)},
                self.bucket,
                name,
                ExtraArgs=self.get_parameters(target),
                Config=self.copy_config,
            )

    def delete(self, key: str) -> None:
        name = self.get_name(key)
        with translate_errors(key):
            self.client.delete_object(Bucket=self.bucket, Key=name)

    def delete_all(self, keys: Sequence[str]) -> None:
        """Delete objects with one request for each DELETE_LIMIT of them.

        :raises StoreUnavailableError: the server could not delete one.
        """
        for start in range(0, len(keys), DELETE_LIMIT):
            self._delete_batch(keys[start : start + DELETE_LIMIT])

    def _delete_batch(self, keys: Sequence[str]) -> None:
        names = [self.get_name(key) for key in keys]
        with translate_errors(keys[0]):
            try:
                response = self.client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": [{"Key": name} for name in names], "Quiet": True}
                )
            except ClientError as error:
                if get_status(error) not in _NO_BATCHES:
                    raise
                # A server without this request, such as the XML API of Google Cloud Storage.
                for name in names:
                    self.client.delete_object(Bucket=self.bucket, Key=name)
                return
        for failed in response.get("Errors", ()):
            if failed.get("Code") not in MISSING:
                raise StoreUnavailableError(self.get_key(failed.get("Key", names[0])))

    def list(self, prefix: str) -> Iterator[StoredObject]:
        for page in self.list_pages("list_objects_v2", prefix):
            for entry in page.get("Contents", ()):
                yield StoredObject(key=self.get_key(entry["Key"]), size=entry["Size"])

    def list_pages(self, operation: Any, prefix: str) -> Iterator[dict[str, Any]]:
        name = self._location + checked_prefix(prefix)
        with translate_errors(prefix):
            yield from self.client.get_paginator(operation).paginate(Bucket=self.bucket, Prefix=name)
