"""Files that two saves on the same version change in different ways."""

from __future__ import annotations

import pytest

from dubbing_core.path_conflicts import PathConflicts, find_path_conflicts


@pytest.mark.parametrize(
    ("base", "other", "saved", "kind"),
    [
        ("1", "2", "3", "both"),
        ("1", "2", "", "both"),
        ("1", "2", None, "both"),
        ("1", None, "3", "both"),
        (None, "2", "3", "both"),
        ("1", "2", "1", "undone"),
        ("1", None, "1", "undone"),
        (None, "2", None, "undone"),
        ("1", "2", "2", "none"),
        ("1", "1", "3", "none"),
        ("1", None, None, "none"),
        (None, None, "3", "none"),
    ],
)
def test_a_path_is_in_conflict_if_the_save_would_overwrite_the_other_change(base, other, saved, kind):
    states = [{"a.wav": state} if state is not None else {} for state in (base, other)]

    conflicts = find_path_conflicts(base=states[0], other=states[1], saved={"a.wav": saved})

    expected = {"both": (("a.wav",), ()), "undone": ((), ("a.wav",)), "none": ((), ())}[kind]
    assert (conflicts.both, conflicts.undone) == expected
    assert conflicts.added == (conflicts.both if base is None else ())


def test_sentences():
    assert PathConflicts().describe() == "No file was changed by both."
    assert PathConflicts(both=("a.wav", "b.wav")).describe() == (
        "Both changed “a.wav”, “b.wav”: a save on top replaces these files."
    )
    assert PathConflicts(both=("a.wav",), undone=("c.wav",)).describe() == (
        "Both changed “a.wav”: a save on top replaces this file."
        " A save on top would undo the change of “c.wav”."
    )
    assert PathConflicts(both=("a.wav", "b.wav"), added=("b.wav",)).describe() == (
        "Both changed “a.wav”: a save on top replaces this file."
        " Both added “b.wav”: a save on top replaces this file."
    )
    assert PathConflicts(undone=("c.wav",)).describe().startswith("No file was changed by both. A save on")
