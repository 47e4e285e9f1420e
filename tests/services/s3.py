"""The S3 server that tests use."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.loaders import create_loader

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


# Each new session would parse botocore's service models again, which takes 0.2 s of CPU per storage.
pytest.MonkeyPatch().setattr("botocore.session.create_loader", functools.cache(create_loader))


@dataclass(frozen=True, kw_only=True)
class S3Server:
    endpoint_url: str
    access_key: str
    secret_key: str
    region: str
    bucket: str
    software: str
    """``seaweedfs``, ``swift``, ``rgw`` or ``external``: tests may name it in a reason, never branch on it."""

    def client(self) -> S3Client:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(
                signature_version="s3v4",
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"},
            ),
        )

    def environment(self) -> dict[str, str]:
        """Return the settings that make the portal use this server."""
        return {
            "S3_ENDPOINT_URL": self.endpoint_url,
            "S3_ACCESS_KEY": self.access_key,
            "S3_SECRET_KEY": self.secret_key,
            "S3_REGION": self.region,
            "S3_BUCKET": self.bucket,
            "S3_ADDRESSING_STYLE": "path",
        }


def run_against(server: S3Server, command: Sequence[str]) -> int:
    """Run a command whose tests use the server; return its status."""
    variables = {
        "S3_TEST_ENDPOINT_URL": server.endpoint_url,
        "S3_TEST_ACCESS_KEY": server.access_key,
        "S3_TEST_SECRET_KEY": server.secret_key,
        "S3_TEST_REGION": server.region,
        "S3_TEST_BUCKET": server.bucket,
    }
    return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode


def external_s3() -> S3Server | None:
    """Return the server that ``S3_TEST_*`` names; its bucket must exist."""
    if not (endpoint := os.environ.get("S3_TEST_ENDPOINT_URL")):
        return None
    return S3Server(
        endpoint_url=endpoint,
        access_key=os.environ["S3_TEST_ACCESS_KEY"],
        secret_key=os.environ["S3_TEST_SECRET_KEY"],
        region=os.environ.get("S3_TEST_REGION", "us-east-1"),
        bucket=os.environ["S3_TEST_BUCKET"],
        software="external",
    )
