"""The servers a test may ask for. Each starts at the first request and stops with the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.s3 import S3Server, external_s3
from tests.services.swift import running_swift


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """Swift that we start ourselves, or the server that ``S3_TEST_ENDPOINT_URL`` names."""
    if server := external_s3():
        yield server
    else:
        with running_swift() as server:
            yield server
