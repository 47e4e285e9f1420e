from __future__ import annotations

import pytest

from dubbing_client.errors import UsageError
from dubbing_client.import_choice import ImportChoice

PREVIEW = {
    "sessions": [
        {"folder": "sessions/talk/", "requested_name": "talk"},
        {"folder": "sessions/Intro/", "requested_name": "Intro"},
        {"folder": "old/talk/", "requested_name": "talk"},
    ],
    "session_count": 3,
    "other_folders": [{"folder": "sessions/broken/"}],
}


def test_sessions_are_chosen_by_name_or_folder():
    choice = ImportChoice(only=["intro", "sessions/talk", "sessions/broken/"])

    assert choice.find_sessions(PREVIEW) == [
        {"folder": "sessions/Intro/", "name": ""},
        {"folder": "sessions/talk/", "name": ""},
        {"folder": "sessions/broken/", "name": ""},
    ]


def test_a_new_name_leaves_the_others_as_they_are():
    assert ImportChoice(renamed={"old/talk": "Old talk"}).find_sessions(PREVIEW) == [
        {"folder": "sessions/talk/", "name": ""},
        {"folder": "sessions/Intro/", "name": ""},
        {"folder": "old/talk/", "name": "Old talk"},
    ]
    assert ImportChoice(only=["Intro"], renamed={"Intro": "New"}).find_sessions(PREVIEW) == [
        {"folder": "sessions/Intro/", "name": "New"}
    ]


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (
            ImportChoice(only=["tlak"]),
            "contains no session “tlak”. It contains “talk”, “Intro”, “talk”, “sessions/broken/”",
        ),
        (
            ImportChoice(only=["talk"]),
            "name of 2 sessions of the ZIP. Use the folder: “sessions/talk/”, “old/talk/”",
        ),
        (ImportChoice(only=["Intro"], renamed={"old/talk": "x"}), "“old/talk/” is renamed, but not imported"),
    ],
)
def test_a_name_that_is_not_clear_is_an_error(choice, sentence):
    with pytest.raises(UsageError) as caught:
        choice.find_sessions(PREVIEW)

    assert sentence in str(caught.value)


def test_more_sessions_than_a_preview_lists_are_named():
    with pytest.raises(UsageError, match="contains 900 sessions"):
        ImportChoice(renamed={"Intro": "New"}).find_sessions({**PREVIEW, "session_count": 900})
