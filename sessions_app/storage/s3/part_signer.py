"""Signed URLs by which parts are sent straight to the store."""

from __future__ import annotations

import functools
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from storages.backends.s3 import S3Storage

from dubbing_core.sentences import sentence
from sessions_app.storage.errors import PartsRefusedError
from sessions_app.storage.part_sizes import MAX_PART_SIZE, check_part_number
from sessions_app.storage.s3.client import make_client
from sessions_app.storage.s3.errors import translate_errors
from sessions_app.storage.s3.objects import S3Objects
from sessions_app.storage.s3.uploads import S3Uploads
from sessions_app.storage.store import Part, SignedPart

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3PartSigner:
    """Signer for the server's public address; lists parts at the internal one."""

    def __init__(
        self, storage: S3Storage, objects: S3Objects, uploads: S3Uploads, public_endpoint_url: str | None
    ) -> None:
        self._storage = storage
        self._objects = objects
        self._uploads = uploads
        self._public_endpoint_url = public_endpoint_url

    @property
    def origin(self) -> str:
        signed = urlsplit(self.sign_part("origin", "origin", 1, size=1, expires_in=timedelta(seconds=1)).url)
        return f"{signed.scheme}://{signed.netloc}"

    def sign_part(
        self, key: str, upload_id: str, number: int, *, size: int, expires_in: timedelta
    ) -> SignedPart:
        check_part_number(key, number)
        if not 1 <= size <= MAX_PART_SIZE:
            raise PartsRefusedError(
                key,
                sentence(
                    "Part %(number)s must have 1 to %(max_part_size)s bytes.",
                    number=number,
                    max_part_size=MAX_PART_SIZE,
                ),
            )
        with translate_errors(key):
            url = self._client.generate_presigned_url(
                "upload_part",
                Params={
                    "Bucket": self._objects.bucket,
                    "Key": self._objects.get_name(key),
                    "UploadId": upload_id,
                    "PartNumber": number,
                    # A signed header: a part of another length has another signature.
                    "ContentLength": size,
                },
                ExpiresIn=int(expires_in.total_seconds()),
            )
        return SignedPart(url=url, headers={}, expires_at=_get_signing_time(url) + expires_in)

    def list_parts(self, key: str, upload_id: str, *, etags: Collection[str] = ()) -> list[Part]:
        return self._uploads.list_parts(key, upload_id, etags=etags)

    @functools.cached_property
    def _client(self) -> S3Client:
        return make_client(self._storage, self._public_endpoint_url)


def _get_signing_time(url: str) -> datetime:
    (moment,) = parse_qs(urlsplit(url).query)["X-Amz-Date"]
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
