"""Lines of `dubs texts`."""

from __future__ import annotations

from typing import Any

from dubbing_client.cli.texts import list_lines

TRACK = {
    "key": "hi",
    "path": "hi.srt",
    "lines": 1200,
    "speakers": 1,
    "has_times": True,
    "language_problem": "",
}
FILE = {"path": "fr.srt", "reason": "", "problem_count": 0}


def test_tracks_reasons_and_problems_are_listed():
    texts: Any = {
        "is_read": True,
        "tracks": [
            TRACK,
            {
                **TRACK,
                "key": "hi.2",
                "path": "hi.txt",
                "lines": 1,
                "speakers": 0,
                "has_times": False,
                "language_problem": "is labeled hi, but its text is in Latin letters",
            },
        ],
        "files": [FILE, {**FILE, "reason": "is an image, not text"}, {**FILE, "problem_count": 2}],
    }

    assert list(list_lines(texts)) == [
        "hi           1,200 lines, 1 speaker  hi.srt",
        "hi.2         1 line, no times  hi.txt",
        "other script hi.txt: is labeled hi, but its text is in Latin letters",
        "not read     fr.srt: is an image, not text",
        "problems     fr.srt: 2",
    ]


def test_a_version_that_is_being_read_or_has_no_text():
    texts: Any = {"is_read": False, "tracks": [], "files": []}

    assert list(list_lines(texts)) == ["The portal is still reading the files of this version."]
    assert list(list_lines({**texts, "is_read": True})) == ["This version has no text that can be read."]
