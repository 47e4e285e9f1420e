"""Conformance with the OpenAPI document: every response to generated requests is one that it describes.

`test_api_access` checks one response of each operation.
"""

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
from sessions_app.models import Job, SavedFilter, SessionArchive, Tag
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
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
from tests.world import PROJECT, World

pytestmark = [pytest.mark.large, pytest.mark.one_stack]
pytest_plugins = ["schemathesis.pytest.plugin"]
"""Loaded here only (pyproject.toml): its import takes a second of CPU."""

ZIP_KEY = export_key("an-api-test")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SOME = hypothesis.settings(
    max_examples=50,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
"""Requests with boundary values of each parameter, and random ones."""


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
def _bytes(module_store: None) -> None:
    """Store the bytes of downloads."""
    store_blobs(PROJECT.values())
    put_object(ZIP_KEY, ZIP)


class Alice:
    """A user with one row of every kind."""

    def __init__(self) -> None:
        world = World.create()
        self.secret = sketch_token(world.alice).secret
        self.session = sketch_session(world.alice)
        (self.upload,) = create_uploads(owner=world.alice, files=[NewFile(path="a.wav", size=4)], now=now())
        self.job = sketch_job(
            self.session, state=Job.State.FAILED, finished_at=now(), error_code="storage", error_message="No."
        )
        self.export = sketch_export(self.session, key=ZIP_KEY)
        self.share = sketch_share(self.export).share
        self.session_archive = SessionArchive.objects.create(
            owner=world.alice, created_at=now(), versions=[[self.session.pk, 1]]
        )
        self.tag = Tag.objects.create(owner=world.alice, name="Urgent", folded_name="urgent")
        self.filter = SavedFilter.objects.create(
            owner=world.alice, name="Mine", folded_name="mine", query="q=talk"
        )

    def code_for(self, path: str) -> UUID:
        """Return the code of her row for the resource in the path."""
        resource = path.split("/")[3]
        code: UUID = getattr(self, resource.removesuffix("s").replace("-", "_")).code
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


@schema.parametrize()
@SOME
def test_every_response_conforms_to_the_document(case: Any, alice: Alice, monkeypatch: pytest.MonkeyPatch):
    """Validate the response to a generated request, and to the same for her own rows."""
    monkeypatch.setattr(settings, "API_RATE_PER_MINUTE", 10**9)
    headers = {"Authorization": f"Bearer {alice.secret}"}
    case.call_and_validate(headers=headers, checks=CHECKS)
    if "code" in (case.path_parameters or {}):
        case.path_parameters["code"] = str(alice.code_for(case.path))
        if "number" in case.path_parameters:
            case.path_parameters["number"] = 1
        case.call_and_validate(headers=headers, checks=CHECKS)
