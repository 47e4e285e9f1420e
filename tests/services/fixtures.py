"""The servers a test may ask for. Each starts at the first request and stops with the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.services.postgres import Postgres, running_postgres
from tests.services.s3 import S3Server, external_s3
from tests.services.stacks import Stack, Team
from tests.services.swift import running_swift
from tests.services.valkey import Valkey, running_valkey


@pytest.fixture(scope="session")
def s3_server(stack: Stack) -> Iterator[S3Server]:
    """Swift that we start ourselves, or the server that ``S3_TEST_ENDPOINT_URL`` names. The bucket is there."""
    if isinstance(stack, Team):
        yield stack.s3
    elif server := external_s3():
        yield server
    else:
        with running_swift() as server:
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
    """A broker of the test's own, to kill, restart and empty."""
    with running_valkey() as server:
        yield server


@pytest.fixture(scope="session")
def broker(stack: Stack) -> Iterator[str]:
    """The broker of this process's settings, answering. The value is the address Celery uses."""
    if stack.name == "team":  # it runs since the start
        yield settings.CELERY_BROKER_URL
    else:
        with running_valkey(settings.BROKER_SOCKET):
            yield settings.CELERY_BROKER_URL


@pytest.fixture
def portal_environment(stack: Stack) -> Iterator[dict[str, str]]:
    """The environment for a portal in processes of its own, on the current stack, with nothing in it yet."""
    with stack.fresh() as environment:
        yield environment
