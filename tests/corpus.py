"""Test files of other projects, in the folder that DUBBING_CORPUS names.

The folder holds INDEX.tsv: path, source, licence, verdict (must-accept, must-reject, policy or no-crash), reason, size.
Archives are in folders named after their projects, JSON in ``_json``, media in ``_media``, and inputs found by fuzzers in
``_fuzz``, as members of archives.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

VARIABLE = "DUBBING_CORPUS"


@dataclass(frozen=True, kw_only=True)
class Sample:
    path: str
    verdict: str
    reason: str

    @property
    def data(self) -> bytes:
        return (Path(os.environ[VARIABLE]) / self.path).read_bytes()

    @property
    def fuzzed(self) -> Iterator[tuple[str, bytes]]:
        with ZipFile(Path(os.environ[VARIABLE]) / self.path) as inputs:
            for name in inputs.namelist():
                yield name, inputs.read(name)


def _listed() -> list[Sample]:
    if VARIABLE not in os.environ:
        return []
    with (Path(os.environ[VARIABLE]) / "INDEX.tsv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Sample(path=row["path"], verdict=row["verdict"], reason=row["reason"]) for row in rows]


def _below(folder: str) -> list[Sample]:
    return [sample for sample in SAMPLES if sample.path.startswith(f"{folder}/")]


SAMPLES = _listed()
"""Empty without a corpus."""
ARCHIVES = [sample for sample in SAMPLES if not sample.path.startswith("_")]
JSON = _below("_json")
MEDIA = _below("_media")
FUZZED = _below("_fuzz")
