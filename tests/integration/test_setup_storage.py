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


def run_setup(*options: str) -> tuple[str, int]:
    """Return the command's output and exit status."""
    out = StringIO()
    try:
        call_command("setup_storage", *options, stdout=out)
    except SystemExit as exit_:
        return out.getvalue(), int(str(exit_.code))
    return out.getvalue(), 0


def test_the_output_has_a_line_per_check_and_no_object_remains():
    before = stored_keys()

    output, status = run_setup()

    assert status == 0
    assert {line.split()[0] for line in output.splitlines()} <= {"ok", "warning"}
    assert {"write", "read", "list", "parts", "delete"} <= {line.split()[1] for line in output.splitlines()}
    assert stored_keys() == before


def test_scripts_get_the_same_results():
    output, status = run_setup("--json")

    report = json.loads(output)
    assert (report["ready"], status) == (True, 0)
    assert {frozenset(check) for check in report["checks"]} == {frozenset({"check", "outcome", "message"})}


@pytest.mark.one_stack
def test_a_failed_check_exits_with_status_1_and_needs_no_database(portal_environment):
    environment = {
        **portal_environment,
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgres://user:password@127.0.0.1:1/none",
        "SECRET_KEY": "s" * 50,
        "S3_BUCKET": "bucket",
        "S3_ENDPOINT_URL": "http://127.0.0.1:9",
    }

    process = subprocess.run(
        [sys.executable, ROOT / "manage.py", "setup_storage"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (process.returncode, process.stderr) == (1, "")
    assert process.stdout.startswith("failed  bucket         The storage cannot be reached: ")
