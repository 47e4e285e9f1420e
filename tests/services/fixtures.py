"""Fixtures for servers. Each starts on first use and stops with the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.services.postgres import Postgres, running_postgres
from tests.services.s3 import S3Server, external_s3
from tests.services.seaweedfs import running_seaweedfs
from tests.services.stacks import Stack, Team
from tests.services.valkey import Valkey, running_valkey


@pytest.fixture(scope="session")
def s3_server(stack: Stack) -> Iterator[S3Server]:
    """Our own SeaweedFS, or the server that ``S3_TEST_ENDPOINT_URL`` names; with a bucket."""
    if isinstance(stack, Team):
        yield stack.s3
    elif server := external_s3():
        yield server
    else:
        with running_seaweedfs() as server:
            yield server


@pytest.fixture(scope="session")
def postgres(stack: Stack) -> Iterator[Postgres]:
    if isinstance(stack, Team):
        yield stack.postgres
    else:
        with running_postgres() as server:
            yield server


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A broker for one test, to kill, restart and empty."""
    with running_valkey() as server:
        yield server


@pytest.fixture(scope="session")
def broker(stack: Stack) -> Iterator[str]:
    """The URL of the running broker that this process's settings name."""
    if stack.name == "team":  # already running
        yield settings.CELERY_BROKER_URL
    else:
        with running_valkey(settings.BROKER_SOCKET):
            yield settings.CELERY_BROKER_URL


@pytest.fixture
def portal_environment(stack: Stack) -> Iterator[dict[str, str]]:
    """The environment of an empty portal in separate processes, on the current stack."""
    with stack.fresh() as environment:
        yield environment


@pytest.fixture
def migrated_environment(stack: Stack) -> Iterator[dict[str, str]]:
    """The same with a migrated database, which takes 5 s of CPU less."""
    with stack.fresh(migrated=True) as environment:
        yield environment
