"""Stale results that `dubs export` and `dubs load` warn of."""

from __future__ import annotations

from typing import Any

import pytest

from dubbing_client.cli.stale_warning import list_stale_results

STALE = {"reason": "translation changed in v5, this is from v3"}
CELLS = [
    {"language": "", "step": "transcribed", "stale": {"reason": "source changed in v4, this is from v1"}},
    {"language": "hi", "step": "translated", "stale": None},
    {"language": "hi", "step": "voiced", "stale": STALE},
    {"language": "fr", "step": "voiced", "stale": STALE},
    {"language": "fr", "step": "of a newer portal", "stale": STALE},
]
TRANSCRIPT = "transcript: source changed in v4, this is from v1"
HINDI = "hi audio: translation changed in v5, this is from v3"
FRENCH = "fr audio: translation changed in v5, this is from v3"
NEWER = "fr of a newer portal: translation changed in v5, this is from v3"


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ([], [TRANSCRIPT, HINDI, FRENCH, NEWER]),
        (["audio", "hi"], [HINDI]),
        (["hi"], [TRANSCRIPT, HINDI]),
        (["translations"], []),
    ],
)
def test_results_in_a_part_of_a_version(only: list[str], expected: list[str]):
    version: Any = {"progress_by_language": {"languages": ["hi", "fr"], "finished": [], "cells": CELLS}}

    assert list_stale_results(version, only) == expected


@pytest.mark.parametrize("version", [{}, {"progress_by_language": None}])
def test_a_portal_that_does_not_report_progress(version: Any):
    assert list_stale_results(version) == []
