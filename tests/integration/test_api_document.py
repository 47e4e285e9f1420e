"""Conformance with the OpenAPI document: every response is one that it describes."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import UUID

import hypothesis
import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dubbing_sessions.wsgi import application
from sessions_app.models import Job
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.storage import get_store
from sessions_app.storage.keys import export_key
from tests.integration.sketches import (
    ZIP,
    now,
    put_object,
    sketch_export,
    sketch_job,
    sketch_session,
    sketch_share,
    sketch_token,
    store_blobs,
)
from tests.world import PROJECT, World, stored_keys

pytest_plugins = ["schemathesis.pytest.plugin"]
"""Loaded here only (pyproject.toml): its import takes a second of CPU in each worker."""

ZIP_KEY = export_key("an-api-test")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DETERMINISTIC = hypothesis.settings(
    max_examples=2,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
"""Requests with boundary values of each parameter, and some random ones."""
MANY = hypothesis.settings(DETERMINISTIC, max_examples=50)
FIRST, EACH = 20, 5
"""`make test` sends the first requests to an operation and each fifth later one; `make test-large` sends all."""


def portal(environ: Any, start_response: Any) -> list[bytes]:
    """Run the portal like a server: read and close each response.

    Schemathesis does neither.
    """
    response = application(environ, start_response)
    try:
        return [b"".join(response)]
    finally:
        response.close()


schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", portal)


@pytest.fixture(scope="module", autouse=True)
def _bytes() -> Iterator[None]:
    """Store the bytes of downloads."""
    store_blobs(PROJECT.values())
    put_object(ZIP_KEY, ZIP)
    yield
    for key in stored_keys():
        get_store().delete(key)


class Alice:
    """A user with one row of every kind."""

    def __init__(self) -> None:
        self.cases = 0
        world = World.create()
        self.secret = sketch_token(world.alice).secret
        self.session = sketch_session(world.alice)
        (self.upload,) = create_uploads(owner=world.alice, files=[NewFile(path="a.wav", size=4)], now=now())
        self.job = sketch_job(
            self.session, state=Job.State.FAILED, finished_at=now(), error_code="storage", error_message="No."
        )
        self.export = sketch_export(self.session, key=ZIP_KEY)
        self.share = sketch_share(self.export).share

    def code_for(self, path: str) -> UUID:
        """Return the code of her row for the resource in the path."""
        resource = path.split("/")[3]
        code: UUID = getattr(self, resource.removesuffix("s")).code
        return code


@pytest.fixture(scope="module")
def _alice(module_transaction: None) -> Alice:
    return Alice()


@pytest.fixture
def alice(_alice: Alice, db: None) -> Iterator[Alice]:
    """Keep the test's transaction open: requests would close its connection."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield deepcopy(_alice)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.one_stack
@pytest.mark.slow
@schema.exclude(method="HEAD").parametrize()
@DETERMINISTIC
def test_every_response_conforms_to_the_document(case: Any, alice: Alice, monkeypatch: pytest.MonkeyPatch):
    check_some(case, alice, monkeypatch)


@pytest.mark.one_stack
@schema.include(method="HEAD").parametrize()
@DETERMINISTIC
def test_every_response_to_head_conforms_to_the_document(
    case: Any, alice: Alice, monkeypatch: pytest.MonkeyPatch
):
    check_some(case, alice, monkeypatch)


@pytest.mark.large
@pytest.mark.one_stack
@schema.parametrize()
@MANY
def test_responses_to_many_requests_conform_to_the_document(
    case: Any, alice: Alice, monkeypatch: pytest.MonkeyPatch
):
    check(case, alice, monkeypatch)


def check_some(case: Any, alice: Alice, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.cases += 1
    if alice.cases <= FIRST or alice.cases % EACH == 0:
        check(case, alice, monkeypatch)


def check(case: Any, alice: Alice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Validate the response to a generated request, and to the same for her own rows."""
    monkeypatch.setattr(settings, "API_RATE_PER_MINUTE", 10**9)
    headers = {"Authorization": f"Bearer {alice.secret}"}
    case.call_and_validate(headers=headers, checks=CHECKS)
    if "code" in (case.path_parameters or {}):
        case.path_parameters["code"] = str(alice.code_for(case.path))
        if "number" in case.path_parameters:
            case.path_parameters["number"] = 1
        case.call_and_validate(headers=headers, checks=CHECKS)
