"""Lines of `dubs diff` for two versions."""

from __future__ import annotations

from typing import Any

from dubbing_client.cli.version_diff import list_lines, list_text

STATE = {"state": "done", "stale": None}


def file(**fields: Any) -> dict[str, Any]:
    usual = {
        "path": "a.wav",
        "kind": "new",
        "previous_path": None,
        "previous_size": None,
        "size": 1,
        "relabeling": [],
    }
    return {**usual, **fields}


def test_each_difference_is_one_line():
    diff = {
        "files": [
            file(),
            file(kind="moved", previous_path="b.wav"),
            file(kind="changed", previous_size=10, size=2048),
            file(kind="made_executable", path="run.sh"),
            file(kind="relabeled", relabeling=[{"name": "language", "before": "", "after": "hi"}]),
        ],
        "metadata": [{"key": ["voices", "hi"], "before": "deep\nvoice", "after": None}],
        "progress": {
            "cells": [
                {
                    "language": "hi",
                    "step": "voiced",
                    "before": STATE,
                    "after": {"state": "done", "stale": "translation changed in v2, this is from v1"},
                }
            ]
        },
    }

    assert list(list_lines(diff)) == [
        "new        a.wav",
        "moved      b.wav → a.wav",
        "changed    a.wav (10 B → 2.0 KiB)",
        "made executable run.sh",
        "relabeled  a.wav (language none → hi)",
        "metadata   voices.hi: deep voice → none",
        "progress   hi voiced: done → translation changed in v2, this is from v1",
    ]


def test_lines_of_texts_have_numbers_and_shifts():
    def line(kind: str, before: list[str], after: list[str], shift_ms: int | None = None) -> dict[str, Any]:
        sides = ([{"text": text} for text in texts] for texts in (before, after))
        old, new = sides
        return {
            "kind": kind,
            "number": 7,
            "previous_number": 6,
            "before": old,
            "after": new,
            "shift_ms": shift_ms,
        }

    lines = [
        line("changed", ["sea"], ["sky"]),
        line("retimed", ["sea"], ["sea"], -2500),
        line("split", ["a b"], ["a", "b"]),
        line("removed", ["sea"], []),
    ]
    text = {
        "path": "hi.srt",
        "reason": "",
        "tracks": [{"language": "hi", "summary": "4 lines", "lines": lines}],
    }

    assert list(list_text(text)) == [
        "hi.srt (hi): 4 lines",
        "      7 changed  sea → sky",
        "      7 retimed  sea (-2.500 s)",
        "      7 split    a b → a / b",
        "      6 removed  sea",
    ]
    assert list(list_text({"path": "hi.srt", "reason": "No.", "tracks": []})) == ["No."]
