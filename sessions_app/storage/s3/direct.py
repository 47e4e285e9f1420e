"""Parts that go straight to the store, by URLs that are signed for them."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from storages.backends.s3 import S3Storage

from sessions_app.storage.parts import MAX_PART_SIZE, check_number
from sessions_app.storage.s3.client import reached_at
from sessions_app.storage.s3.errors import answers
from sessions_app.storage.store import Part, PartsRefusedError, SignedPart

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from sessions_app.storage.s3.store import S3Store


class SignedParts:
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
        with answers(key):
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
        return reached_at(self._storage, self._public_endpoint_url)


def _signed_at(url: str) -> datetime:
    (moment,) = parse_qs(urlsplit(url).query)["X-Amz-Date"]
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
