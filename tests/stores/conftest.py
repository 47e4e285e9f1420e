from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from storages.backends.s3 import S3Storage

from tests.services.s3 import S3Server
from tests.stores.buckets import storage_at


@pytest.fixture(scope="session")
def new_storage(s3_server: S3Server) -> Callable[[], S3Storage]:
    """Makes storages over the server's bucket, each in a folder of its own."""

    def new() -> S3Storage:
        return storage_at(
            s3_server.endpoint_url,
            access_key=s3_server.access_key,
            secret_key=s3_server.secret_key,
            region_name=s3_server.region,
            bucket_name=s3_server.bucket,
            location=f"tests/{secrets.token_hex(8)}",
        )

    return new


@pytest.fixture
def storage(new_storage: Callable[[], S3Storage]) -> S3Storage:
    return new_storage()
