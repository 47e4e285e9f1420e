"""Template tags of comparisons."""

from __future__ import annotations

import pytest

from dubbing_core.change_summary import ChangeKind
from dubbing_core.comparison.documents import ValueDifference
from sessions_app.templatetags.comparisons import value_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (("voices", "hi"), "Voice, hi"),
        (("session_metadata", "title"), "Session, title"),
        (("session_metadata", "edits", "voices", "hi"), "Voice, hi"),
        (("session_metadata", "edits", "source_language"), "Spoken language"),
        (("session_metadata", "edits", "checks", "hi:audio"), "Checked by, hi, Audio"),
        (("session_metadata", "edits", "checks", "*:transcriptions"), "Checked by, Transcriptions"),
        (("session_metadata", "edits", "checks", "hi:x"), "Checked by, hi, x"),
    ],
)
def test_names_of_values(key: tuple[str, ...], name: str):
    assert value_name(ValueDifference(key, ChangeKind.NEW, None, "x")) == name
