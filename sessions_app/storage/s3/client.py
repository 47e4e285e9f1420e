"""The client that talks to the store, as boto3 does not make it by itself."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from storages.backends.s3 import S3Storage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

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


def own(storage: S3Storage) -> S3Storage:
    """Return the storage once more, with connections that nobody else's fork or thread shares."""
    copied = copy.copy(storage)
    copied.client_config = _config(storage.client_config, endpoint_url=storage.endpoint_url)
    return copied


def reached_at(storage: S3Storage, endpoint_url: str | None) -> S3Client:
    """Return a client for the same bucket at another address, where there is one."""
    copied = copy.copy(storage)
    copied.endpoint_url = endpoint_url or storage.endpoint_url
    client: S3Client = copied.connection.meta.client
    return client


def _config(given: Config, *, endpoint_url: str | None) -> Config:
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
