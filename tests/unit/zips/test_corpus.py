"""Archives that other projects collected, in the folder that DUBBING_CORPUS names; without it there is nothing to run.

The folder holds INDEX.tsv: path, source, licence, verdict (must-accept, must-reject, policy or no-crash), reason, size.
"""

from __future__ import annotations

import csv
import os
import time
import zipfile
from pathlib import Path

import pytest

from sessions_app.zips.reader import Limits, ZipError, read_archive
from tests.unit.zips.sources import BytesSource

VARIABLE = "DUBBING_CORPUS"
OTHER_KINDS = ("_json/", "_media/")
RULES = ("must-accept", "must-reject", "policy")


def listed() -> list[dict[str, str]]:
    if VARIABLE not in os.environ:
        return []
    with (Path(os.environ[VARIABLE]) / "INDEX.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = listed()
__test__ = bool(ROWS)
"""Without a corpus pytest collects nothing here, instead of skipping it."""


def verdict_of(data: bytes) -> str:
    started = time.monotonic()
    try:
        archive = read_archive(BytesSource(data), Limits(max_total_size=1 << 30))
        for member in archive.members:
            for _ in archive.open(member):
                pass
    except ZipError as error:
        return error.code
    finally:
        assert time.monotonic() - started < 5
    return "accepted"


@pytest.mark.parametrize(
    ("path", "verdict", "reason"),
    [(row["path"], row["verdict"], row["reason"]) for row in ROWS if row["verdict"] in RULES],
)
def test_verdict(path, verdict, reason):
    data = (Path(os.environ[VARIABLE]) / path).read_bytes()
    if path.startswith(OTHER_KINDS):
        assert verdict_of(data) != "accepted"
        return

    found = verdict_of(data)

    if verdict == "must-accept":
        assert found == "accepted", reason
    elif verdict == "must-reject":
        assert found != "accepted", reason


@pytest.mark.parametrize("path", [row["path"] for row in ROWS if row["verdict"] == "no-crash"])
def test_fuzzed_inputs_get_a_verdict(path):
    with zipfile.ZipFile(Path(os.environ[VARIABLE]) / path) as inputs:
        for name in inputs.namelist():
            assert verdict_of(inputs.read(name)), name
