from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from dubbing_core.categories import Category
from dubbing_core.selection import WHOLE_VERSION, Selection, SelectionError

ALL_BUT_SOURCE = [category for category in Category if category is not Category.ORIGINAL_VIDEO]
selections: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    categories=st.lists(st.sampled_from(list(Category)), max_size=9),
    languages=st.lists(st.sampled_from(["", "hi", "es", "pt-BR"]), max_size=4),
    without_source=st.booleans(),
)


def made(asked) -> Selection | None:
    try:
        return Selection.from_choices(**asked)
    except SelectionError:
        return None


@pytest.mark.parametrize(
    ("asked", "is_whole"),
    [
        ({}, True),
        ({"categories": list(Category)}, True),
        ({"languages": [""]}, True),
        ({"categories": ["audio"]}, False),
        ({"languages": ["hi"]}, False),
        ({"without_source": True}, False),
        ({"history": True}, False),
    ],
)
def test_what_leaves_nothing_out_is_the_whole(asked, is_whole):
    assert Selection.from_choices(**asked).is_whole is is_whole


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"categories": ["audio", "voices"]}, {"categories": ["voices", "audio", "audio"]}),
        ({"languages": ["hi", "es"]}, {"languages": ["es", "hi", "es", ""]}),
        ({"without_source": True}, {"categories": ALL_BUT_SOURCE}),
        ({"categories": ["audio"]}, {"categories": ["audio"], "without_source": True}),
        ({"without_source": True}, {"categories": list(Category), "without_source": True}),
    ],
)
def test_what_takes_the_same_files_is_one_selection(one, other):
    assert Selection.from_choices(**one) == Selection.from_choices(**other)


@given(asked=selections, category=st.sampled_from(list(Category)), language=st.sampled_from(["", "hi", "fr"]))
def test_the_one_form_takes_what_was_asked_for(asked, category, language):
    selection = made(asked)
    if selection is None:
        return

    wanted = not asked["categories"] or category in asked["categories"]
    if asked["without_source"] and category is Category.ORIGINAL_VIDEO:
        wanted = False
    named = [tag for tag in asked["languages"] if tag]
    if named and language not in ("", *named):
        wanted = False
    assert selection.includes(category, language) is wanted


@given(asked=selections)
def test_it_survives_being_written_down(asked):
    selection = made(asked)

    assert selection is None or Selection.from_dict(selection.as_dict()) == selection


def test_the_whole_is_written_as_nothing():
    assert WHOLE_VERSION.as_dict() == {}
    assert (WHOLE_VERSION.label, WHOLE_VERSION.filename_suffix) == ("", "")


@pytest.mark.parametrize(
    ("asked", "label", "suffix"),
    [
        ({"categories": ["audio"]}, "Audio", "audio"),
        (
            {"categories": ["final_videos", "audio"], "languages": ["hi"]},
            "Audio, final videos in hi",
            "audio_final_videos_hi",
        ),
        ({"languages": ["hi", "es"]}, "All in es, hi", "es_hi"),
        ({"without_source": True}, "Without the original video", "without_source"),
        (
            {"languages": ["hi"], "without_source": True},
            "All in hi, without the original video",
            "hi_without_source",
        ),
        ({"history": True}, "All versions", "history"),
    ],
)
def test_it_says_what_it_is(asked, label, suffix):
    selection = Selection.from_choices(**asked)

    assert (selection.label, selection.filename_suffix) == (label, suffix)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"categories": ["pictures"]}, "selection_category"),
        ({"categories": ["original_video"], "without_source": True}, "selection_source"),
        ({"history": True, "languages": ["hi"]}, "selection_history"),
        ({"history": True, "without_source": True}, "selection_history"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(asked, code):
    with pytest.raises(SelectionError) as refused:
        Selection.from_choices(**asked)

    assert refused.value.code == code
    assert str(refused.value).endswith(".")
