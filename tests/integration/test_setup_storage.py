from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import call_command

from tests.services.processes import ROOT
from tests.world import stored_keys


def set_up(*options: str) -> tuple[str, int]:
    """What the command says, and its exit status."""
    out = StringIO()
    try:
        call_command("setup_storage", *options, stdout=out)
    except SystemExit as exit_:
        return out.getvalue(), int(str(exit_.code))
    return out.getvalue(), 0


def test_the_operator_reads_a_line_a_check_and_nothing_is_left():
    before = stored_keys()

    said, status = set_up()

    assert status == 0
    assert {line.split()[0] for line in said.splitlines()} <= {"ok", "warning"}
    assert {"write", "read", "list", "parts", "delete"} <= {line.split()[1] for line in said.splitlines()}
    assert stored_keys() == before


def test_scripts_read_the_same():
    said, status = set_up("--json")

    told = json.loads(said)
    assert (told["ready"], status) == (True, 0)
    assert {frozenset(check) for check in told["checks"]} == {frozenset({"check", "outcome", "message"})}


@pytest.mark.one_stack
def test_a_storage_that_is_not_fit_ends_with_status_1_without_a_database(portal_environment):
    environment = {
        **portal_environment,
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
        "SECRET_KEY": "s" * 50,
        "S3_BUCKET": "bucket",
        "S3_ENDPOINT_URL": "http://127.0.0.1:9",
    }

    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "setup_storage"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("failed  bucket         The storage cannot be reached: ")
