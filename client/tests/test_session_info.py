"""Lines of `dubs info` about the progress of a session."""

from __future__ import annotations

from typing import Any

from dubbing_client.cli.sessions import list_languages, list_progress

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


def test_a_row_of_files_in_an_unknown_language_is_named():
    transcribed, translated = cell("", "transcribed"), cell("", "translated")

    assert describe([""], transcribed, translated) == [
        "  Finished   0 of 1 languages",
        "    source   transcribed",
        "    unknown language translated",
    ]
    assert describe(["hi", "fr"], transcribed, cell("", "voiced"))[2:] == [
        "    hi       nothing yet",
        "    fr       nothing yet",
        "    unknown language voiced",
    ]


def test_the_languages_agree_with_the_number_of_those_to_finish():
    def list_of(stated: list[str], targets: list[str]) -> str:
        return list_languages({"languages": stated}, {"languages": targets})

    assert list_of([], [""]) == "unknown language"
    assert list_of(["hi"], ["hi", "fr"]) == "hi, fr"
    assert list_of(["pt-BR"], ["pt-br"]) == "pt-BR"
    assert list_of([], []) == "none"
    assert list_languages({"languages": ["hi"]}, None) == "hi"
