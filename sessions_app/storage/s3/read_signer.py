"""Signed URLs by which objects are read straight from the store."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from storages.backends.s3 import S3Storage

from sessions_app.storage.s3.client import make_client
from sessions_app.storage.s3.errors import translate_errors
from sessions_app.storage.s3.objects import S3Objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3ReadSigner:
    """Signer for the server's public address."""

    def __init__(self, storage: S3Storage, objects: S3Objects, public_endpoint_url: str | None) -> None:
        self._storage = storage
        self._objects = objects
        self._public_endpoint_url = public_endpoint_url

    @functools.cached_property
    def origin(self) -> str:
        url = self.sign_read(
            "origin", content_type="", disposition="", cache_control="", expires_in=timedelta(seconds=1)
        )
        signed = urlsplit(url)
        return f"{signed.scheme}://{signed.netloc}"

    def sign_read(
        self, key: str, *, content_type: str, disposition: str, cache_control: str, expires_in: timedelta
    ) -> str:
        with translate_errors(key):
            return self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._objects.bucket,
                    "Key": self._objects.get_name(key),
                    "ResponseContentType": content_type,
                    "ResponseContentDisposition": disposition,
                    "ResponseCacheControl": cache_control,
                },
                ExpiresIn=int(expires_in.total_seconds()),
            )

    @functools.cached_property
    def _client(self) -> S3Client:
        return make_client(self._storage, self._public_endpoint_url)
