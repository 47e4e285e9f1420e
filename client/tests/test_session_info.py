"""Lines of `dubs info` about the progress of a session."""

from __future__ import annotations

from typing import Any

from dubbing_client.cli.sessions import list_progress

LINES = {"total": 48, "voiced": 41, "gaps": [12], "unvoiced_speakers": []}


def cell(language: str, step: str, **fields: Any) -> dict[str, Any]:
    return {"language": language, "step": step, "state": "done", "files": 1, "stale": None, **fields}


def describe(languages: list[str], *cells: dict[str, Any]) -> list[str]:
    version: Any = {"progress_by_language": {"languages": languages, "finished": [], "cells": cells}}
    return list(list_progress(version))


def test_steps_with_gaps_that_have_no_files_are_missing():
    gaps = ["no voice for SPEAKER_01"]
    lines = describe(
        ["es"], cell("es", "translated"), cell("es", "voiced", state="missing", files=0, gaps=gaps)
    )

    assert lines[1:] == ["    es       translated, voiced (missing; no voice for SPEAKER_01)"]


def test_stale_steps_have_their_counts_of_lines():
    stale = {"reason": "translation changed in v5, this is from v3"}
    gaps = ["41 of 48 lines voiced"]

    for counts in ({"gaps": gaps}, {"lines": LINES}):
        (_, line) = describe(["hi"], cell("hi", "voiced", state="partial", stale=stale, **counts))
        words = "41 of 48 lines voiced" if "gaps" in counts else "41 of 48 lines"
        assert line == f"    hi       voiced (stale: {stale['reason']}; {words})"


def test_states_without_gaps_are_named_unless_they_are_done():
    lines = describe(["hi"], cell("hi", "voiced", state="partial"), cell("hi", "dubbed"))

    assert lines[1:] == ["    hi       voiced (partial), dubbed"]
