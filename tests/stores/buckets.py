from __future__ import annotations

from storages.backends.s3 import S3Storage


def storage_at(endpoint_url: str | None, **options: object) -> S3Storage:
    return S3Storage(
        **{
            "endpoint_url": endpoint_url,
            "access_key": "access",
            "secret_key": "secret",
            "region_name": "us-east-1",
            "bucket_name": "bucket",
            "addressing_style": "path",
            **options,
        }
    )
