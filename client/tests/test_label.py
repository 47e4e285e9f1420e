"""`dubs label`: choice of files, and what is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from dubbing_client.cli.label import select_entries
from dubbing_client.cli.main import main
from dubbing_client.cli.parser import build_parser
from dubbing_client.errors import UsageError

PATHS = ("audio/hi/1.wav", "audio/hi/2.wav", "audio/[1].wav", "talk.mp4")


def entry(path: str, role: str = "") -> Any:
    return {"path": path, "role": role}


ENTRIES = [*map(entry, PATHS), entry("metadata.json", "session_metadata")]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], PATHS),
        (["talk.mp4"], ["talk.mp4"]),
        (["audio/hi"], ["audio/hi/1.wav", "audio/hi/2.wav"]),
        (["audio/hi/"], ["audio/hi/1.wav", "audio/hi/2.wav"]),
        (["*/2.wav", "talk.mp4"], ["audio/hi/2.wav", "talk.mp4"]),
        (["audio/[1].wav"], ["audio/[1].wav"]),
    ],
)
def test_paths_folders_and_patterns_name_files(patterns, expected):
    assert [each["path"] for each in select_entries(ENTRIES, patterns)] == list(expected)


@pytest.mark.parametrize("pattern", ["nothing.wav", "*.srt", "metadata.json"])
def test_a_pattern_without_files_is_refused(pattern):
    with pytest.raises(UsageError, match="has no file"):
        select_entries(ENTRIES, ["talk.mp4", pattern])


@pytest.mark.parametrize(
    "arguments",
    [
        ["Talk", "a.wav", "b.wav", "--category", "audio"],
        ["Talk", "--category", "audio", "a.wav", "b.wav"],
        ["--category", "audio", "Talk", "a.wav", "b.wav"],
        ["Talk", "a.wav", "--category", "audio", "b.wav"],
    ],
)
def test_files_are_accepted_before_and_after_the_options(arguments):
    options = build_parser().parse_args(["label", *arguments])

    assert (options.name, options.files, options.category) == ("Talk", ["a.wav", "b.wav"], "audio")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["a.wav", "--source", "--ignore"], "only one of"),
        (["a.wav", "--recognize", "--language", "hi"], "withdraws corrections"),
        (["a.wav", "--language", "klingonish"], "is not a language"),
        (["--add-language", "?"], "is not a language"),
        (["--source-language", "klingonish"], "is not a language"),
        (["--voice", "hi"], "is not KEY=VOICE"),
        (["--category", "audio"], "Name the files"),
    ],
)
def test_impossible_requests_are_refused_before_a_request(capsys, options, problem):
    assert main(["label", "Talk", *options]) != 0

    assert problem in capsys.readouterr().err
