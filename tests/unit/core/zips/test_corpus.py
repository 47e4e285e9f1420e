"""Archives collected by other projects (tests/corpus.py); without them no test runs."""

from __future__ import annotations

import time

import pytest

from dubbing_core.zips.reader import ArchiveLimits, ZipError, read_archive
from tests.corpus import ARCHIVES, FUZZED, JSON, MEDIA, SAMPLES, Sample
from tests.unit.core.zips.sources import BytesSource

__test__ = bool(SAMPLES)
"""Collect no test without a corpus, instead of skipping it."""


def verdict_of(data: bytes) -> str:
    started = time.process_time()
    try:
        archive = read_archive(BytesSource(data), ArchiveLimits(max_total_size=1 << 30))
        for member in archive.members:
            for _ in archive.open(member):
                pass
    except ZipError as error:
        return error.code
    finally:
        assert time.process_time() - started < 5
    return "accepted"


@pytest.mark.parametrize("sample", ARCHIVES, ids=lambda sample: sample.path)
def test_samples_are_accepted_or_refused_as_documented(sample: Sample):
    found = verdict_of(sample.data)

    if sample.verdict == "must-accept":
        assert found == "accepted", sample.reason
    elif sample.verdict == "must-reject":
        assert found != "accepted", sample.reason


@pytest.mark.parametrize("sample", [*JSON, *MEDIA], ids=lambda sample: sample.path)
def test_other_files_are_refused(sample: Sample):
    assert verdict_of(sample.data) != "accepted"


@pytest.mark.parametrize("sample", FUZZED, ids=lambda sample: sample.path)
def test_fuzzed_samples_raise_no_other_error(sample: Sample):
    for name, data in sample.fuzzed:
        assert verdict_of(data), name
