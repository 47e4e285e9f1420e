"""Requests for multipart uploads."""

from __future__ import annotations

import http
import logging
from collections.abc import Collection, Iterator, Sequence
from typing import cast

from botocore.exceptions import ClientError

from sessions_app.storage.errors import (
    ObjectMissingError,
    PartsRefusedError,
    StoreError,
    StoreUnavailableError,
)
from sessions_app.storage.s3.errors import FULL, get_code, get_status, translate_errors
from sessions_app.storage.s3.objects import S3Objects
from sessions_app.storage.store import OpenUpload, Part

logger = logging.getLogger(__name__)

_COPY_UNSUPPORTED = {
    http.HTTPStatus.BAD_REQUEST,
    http.HTTPStatus.FORBIDDEN,
    http.HTTPStatus.METHOD_NOT_ALLOWED,
    http.HTTPStatus.NOT_IMPLEMENTED,
}


class S3Uploads:
    """Multipart uploads of a bucket."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects
        self._client = objects.client
        self._bucket = objects.bucket

    def begin(self, key: str) -> str:
        name = self._objects.get_name(key)
        with translate_errors(key):
            created = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=name, **self._objects.get_parameters(key)
            )
            return created["UploadId"]

    def send_part(self, key: str, upload_id: str, number: int, data: bytearray) -> Part:
        with translate_errors(key):
            sent = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._objects.get_name(key),
                UploadId=upload_id,
                PartNumber=number,
                # Not converted: http.client would copy bytes to put the headers in front of them.
                Body=cast("bytes", data),
            )
        return Part(number=number, size=len(data), etag=sent["ETag"])

    def copy_part(self, key: str, upload_id: str, number: int, *, source: str, start: int, end: int) -> Part:
        """Create a part from a range of another object.

        :raises PartsRefusedError: the server does not copy such a range, or only reports that it did.
        """
        refusal = PartsRefusedError(source, "The storage does not copy this range.")
        with translate_errors(source):
            try:
                copied = self._client.upload_part_copy(
                    Bucket=self._bucket,
                    Key=self._objects.get_name(key),
                    UploadId=upload_id,
                    PartNumber=number,
                    CopySource={"Bucket": self._bucket, "Key": self._objects.get_name(source)},
                    CopySourceRange=f"bytes={start}-{end - 1}",
                )
            except ClientError as error:
                if get_status(error) in _COPY_UNSUPPORTED and get_code(error) not in FULL:
                    raise refusal from error
                raise
        etag = copied.get("CopyPartResult", {}).get("ETag")
        if not etag:  # rclone's server, which has stored an empty part
            raise refusal
        return Part(number=number, size=end - start, etag=etag)

    def join(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """Complete the upload; the caller has checked that the object does not exist."""
        try:
            with translate_errors(key):
                self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._objects.get_name(key),
                    UploadId=upload_id,
                    MultipartUpload={
                        "Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
                    },
                )
        except (ObjectMissingError, StoreUnavailableError):
            # boto3 repeats a request that timed out, and the first one may have succeeded.
            if not self._objects.exists(key):
                self._check_open(key, upload_id)
                raise

    def join_new(self, key: str, upload_id: str, parts: Sequence[Part]) -> bool:
        """Join the parts unless the object exists; return whether they were joined."""
        if self._objects.exists(key):
            self.abort(key, upload_id)
            return False
        self.join(key, upload_id, parts)
        return True

    def list_parts(self, key: str, upload_id: str, *, etags: Collection[str] = ()) -> list[Part]:
        with translate_errors(key):
            pages = self._client.get_paginator("list_parts").paginate(
                Bucket=self._bucket, Key=self._objects.get_name(key), UploadId=upload_id
            )
            listed = [part for page in pages for part in page.get("Parts", ())]
        # SeaweedFS also lists earlier parts that a later one of the same number has replaced, with times in seconds.
        listed.sort(key=lambda part: (part["LastModified"], part["ETag"] in etags))
        newest = {part["PartNumber"]: part for part in listed}
        return [
            Part(number=number, size=newest[number]["Size"], etag=newest[number]["ETag"])
            for number in sorted(newest)
        ]

    def abort(self, key: str, upload_id: str) -> None:
        try:
            with translate_errors(key):
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=self._objects.get_name(key), UploadId=upload_id
                )
        except ObjectMissingError:
            pass

    def abort_after_error(self, key: str, upload_id: str) -> None:
        """Abort the upload without hiding the exception that is being handled."""
        try:
            self.abort(key, upload_id)
        except StoreError:
            # Garbage collection lists open uploads and aborts this one later.
            logger.warning("The multipart upload of %s stays open.", key, exc_info=True)

    def list_open(self, prefix: str) -> Iterator[OpenUpload]:
        for page in self._objects.list_pages("list_multipart_uploads", prefix):
            for upload in page.get("Uploads", ()):
                yield OpenUpload(key=self._objects.get_key(upload["Key"]), upload_id=upload["UploadId"])

    def _check_open(self, key: str, upload_id: str) -> None:
        """Raise ObjectMissingError if the upload is not open.

        When joining it Ceph reports "busy" instead.
        """
        with translate_errors(key):
            self._client.list_parts(
                Bucket=self._bucket, Key=self._objects.get_name(key), UploadId=upload_id, MaxParts=1
            )
