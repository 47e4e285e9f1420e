from __future__ import annotations

import pytest

from dubbing_core.project_edits import ProjectEdits, Target, read_edits, write_edits

EDITS = ProjectEdits(added_languages=("fr",), excluded_languages=("es",), voices={"hi": "Deep", "es": ""})


def test_edits_are_read_as_they_were_written():
    document = write_edits({"session_metadata": {"total_files": 3}}, EDITS)

    assert read_edits(document) == EDITS
    assert write_edits(document, ProjectEdits()) == {"session_metadata": {"total_files": 3}}


def test_a_language_is_either_added_or_excluded():
    edits = ProjectEdits().set_target("pt-BR", Target.ADDED).set_target("PT_br", Target.EXCLUDED)
    assert (edits.added_languages, edits.excluded_languages) == ((), ("PT_br",))

    assert not edits.set_target("pt-br", Target.AUTOMATIC)


def test_edits_win_over_what_is_found():
    assert EDITS.correct_languages(["ES", "hi", "HI", ""]) == ["hi", "fr"]
    assert EDITS.correct_voices({"hi": "Old", "es": "Old", "SPEAKER_00": "Warm"}) == {
        "hi": "Deep",
        "SPEAKER_00": "Warm",
    }


@pytest.mark.parametrize(
    "edits",
    [
        None,
        [],
        "x",
        {"added_languages": "fr", "excluded_languages": [1, "", "x" * 40], "voices": [1]},
        {"voices": {"hi": 1}},
    ],
)
def test_edits_of_a_foreign_document_are_ignored(edits):
    assert not read_edits({"session_metadata": {"edits": edits}})
    assert not read_edits({"session_metadata": edits})
    assert not read_edits(None)
