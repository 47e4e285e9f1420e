"""Configuration of the boto3 client."""

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
    # boto3 would build a long one for each request, which takes a fifth of its CPU.
    user_agent="dubbing-sessions",
    # For several downloads at once, each of which reads ahead.
    max_pool_connections=64,
    tcp_keepalive=True,
)
"""Overridden by ``client_config`` in the storage's options."""


def copy_storage(storage: S3Storage) -> S3Storage:
    """Return a copy whose connections no other fork or thread shares."""
    copied = copy.copy(storage)
    copied.client_config = _merge_config(storage.client_config, endpoint_url=storage.endpoint_url)
    return copied


def make_client(storage: S3Storage, endpoint_url: str | None) -> S3Client:
    """Return a client for the same bucket at another address, if one is given."""
    copied = copy.copy(storage)
    copied.endpoint_url = endpoint_url or storage.endpoint_url
    client: S3Client = copied.connection.meta.client
    return client


def _merge_config(custom: Config, *, endpoint_url: str | None) -> Config:
    """Fill in the defaults.

    django-storages passes None for an unset signature version.
    """
    options: dict[str, Any] = vars(custom)  # the stubs lack these attributes
    signature = Config(signature_version=options["signature_version"] or vars(DEFAULTS)["signature_version"])
    config = DEFAULTS.merge(custom).merge(signature)
    style: dict[str, Any] = options["s3"] or {}
    if endpoint_url is None and style.get("addressing_style") in {None, "auto"}:
        # boto3 would sign URLs for the address of all regions, which responds with a redirect; browsers do not follow
        # one after a preflight. With "virtual" it includes the region.
        regional: Any = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
        config = config.merge(Config(s3=style | regional))
    return config
