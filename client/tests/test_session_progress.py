"""Progress by language for user interfaces: from a portal, or from a folder."""

from __future__ import annotations

from typing import Any

from disk import write

from dubbing_client.dropin.session_progress import MISSING, NO_PROGRESS, StepProgress, read_progress
from dubbing_core.steps import Step

REASON = "line 12 of 48 changed in v5, its audio is from v3"


def cell(language: str, step: str, **fields: Any) -> dict[str, Any]:
    return {"language": language, "step": step, "state": "done", "stale": None, "lines": None, **fields}


def test_a_portal_reports_states_counts_and_reasons():
    lines = {"total": 48, "voiced": 41, "gaps": [12], "unvoiced_speakers": []}
    reported: Any = {
        "languages": ["hi", "fr"],
        "finished": ["hi"],
        "cells": [
            cell("", "transcribed"),
            cell("hi", "voiced", stale={"reason": REASON}),
            cell("fr", "voiced", state="partial", lines=lines),
            cell("fr", "of a newer portal"),
        ],
    }

    progress = read_progress(reported)

    assert progress.get_cell("hi", Step.VOICED) == StepProgress(state="done", note=REASON, is_stale=True)
    assert progress.get_cell("fr", Step.VOICED) == StepProgress(state="partial", note="41 of 48 lines voiced")
    assert progress.get_cell("fr", Step.DUBBED) == MISSING
    assert progress.stale == (f"hi audio: {REASON}",)


def test_a_portal_that_does_not_report_progress():
    assert read_progress(None) == NO_PROGRESS


def test_a_folder_has_states_by_its_files(manager):
    data = {
        "languages": ["hi", "es"],
        "translations": {"hi": "x"},
        "audio_paths": {"hi": write("hi.wav", b"hi")},
        "final_videos": {"hi": write("hi.mp4", b"final")},
    }
    assert manager.save_session("Talk", data)

    progress = manager.backend.progress("Talk")

    assert progress.finished == ("hi",)
    assert progress.get_cell("hi", Step.VOICED) == StepProgress(state="done")
    assert progress.get_cell("es", Step.VOICED) == MISSING
    assert progress.stale == ()
