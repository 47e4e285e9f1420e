"""Log lines contain the ids of the request or job that caused them."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from dubbing_sessions.log_context import ContextFilter
from sessions_app.operations.exports.request import request_export
from tests.world import PROJECT, World


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Captured records, with what the console's filter adds."""
    caplog.handler.addFilter(ContextFilter())
    loggers = [logging.getLogger(name) for name in ("django", "sessions_app")]
    for logger in loggers:
        logger.propagate = True
    yield caplog
    for logger in loggers:
        logger.propagate = False


@pytest.mark.one_stack
def test_lines_of_a_request_have_the_id_of_its_response(lines: pytest.LogCaptureFixture):
    response = Client().get("/no/such/page")

    (record,) = [record for record in lines.records if "Not Found" in record.message]
    assert record.__dict__["context"] == f" [request {response['X-Request-ID']}]"


@pytest.mark.one_stack
def test_a_usable_id_of_a_proxy_is_kept():
    sent = ("proxy-0123456789", "x", "", "a b c d e f", "x" * 65)

    ids = [Client().get("/healthz", headers={"X-Request-ID": each})["X-Request-ID"] for each in sent]

    assert ids[0] == sent[0]
    assert all(len(each) == 32 for each in ids[1:])


def test_lines_of_a_job_have_its_code(world: World, lines: pytest.LogCaptureFixture):
    version = world.saved(files=PROJECT).current
    assert version is not None
    job = request_export(version=version, owner=world.alice, now=world.clock())

    with lines.at_level(logging.DEBUG, "sessions_app"):
        world.run(job)

    records = [record for record in lines.records if getattr(record, "job_id", "") == str(job.code)]
    assert [record.message.split(",")[0].split(" after")[0] for record in records] == [
        "Export started",
        "Export ended",
    ]


@pytest.mark.one_stack
def test_json_lines_are_objects():
    program = (
        "import django, logging; django.setup(); from dubbing_sessions.log_context import log_context\n"
        "with log_context(request='r1'): logging.getLogger('sessions_app.x').warning('A %s', 'b')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "dubbing_sessions.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    line = json.loads(done.stderr)
    assert (line["level"], line["logger"], line["message"], line["request_id"]) == (
        "WARNING",
        "sessions_app.x",
        "A b",
        "r1",
    )
    assert set(line) == {"time", "level", "logger", "message", "request_id"}
