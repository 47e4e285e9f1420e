from __future__ import annotations

import pytest

from dubbing_core.project_edits import ProjectEdits, Target, name_voice, read_edits, write_edits

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


def test_a_voice_with_a_tools_settings_gets_another_name():
    named = {"voice_id": "deep_01", "speed": 1.1, "name": "Deep"}
    assert name_voice(named) == "deep_01"
    assert (name_voice("Deep"), name_voice({"speed": 1.1}), name_voice(None)) == ("Deep", "", "")

    edits = ProjectEdits(voices={"hi": "Bright", "es": "Bright"})
    assert edits.correct_voices({"hi": named, "es": {"speed": 1.1}}) == {
        "hi": {**named, "voice_id": "Bright"},
        "es": "Bright",
    }
    assert ProjectEdits(voices={"hi": ""}).correct_voices({"hi": named}) == {}
    # A file that names the same voice does not replace its settings, nor does it an edit.
    none = ProjectEdits()
    found = {"hi": "deep_01", "es": "New"}
    assert none.correct_voices({"hi": named}, found=found) == {"hi": named, "es": "New"}
    assert none.correct_voices({"hi": named}, found={"hi": "bright_02"}) == {"hi": "bright_02"}
    edited = edits.correct_voices({"hi": named}, found=found)
    assert edited["hi"] == {**named, "voice_id": "Bright"}
    assert edits.correct_voices(edited, found=found) == edited


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
