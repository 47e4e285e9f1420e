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


def create(choices) -> Selection | None:
    try:
        return Selection.from_choices(**choices)
    except SelectionError:
        return None


@pytest.mark.parametrize(
    ("choices", "included", "label", "suffix"),
    [
        ({"cells": ["hi:audio"]}, {("audio", "hi")}, "Audio in hi", "hi_audio"),
        (
            {"cells": ["fr:translations", "hi:audio", "hi:translations"]},
            {("audio", "hi"), ("translations", "hi"), ("translations", "fr")},
            "Translations in fr and hi, audio in hi",
            "fr_translations_hi_audio_hi_translations",
        ),
        ({"cells": ["*:audio"]}, {("audio", "hi"), ("audio", "fr"), ("audio", "")}, "Audio", "audio"),
        ({"cells": [":audio"]}, {("audio", "")}, "Audio in no language", "audio"),
        (
            {"languages": ["fr"], "categories": ["audio"], "cells": ["hi:translations"]},
            {("audio", "fr"), ("audio", ""), ("translations", "hi")},
            "Audio in fr, translations in hi",
            "audio_fr_hi_translations",
        ),
    ],
)
def test_cells_are_selected_beside_categories_and_languages(choices, included, label, suffix):
    selection = Selection.from_choices(**choices)

    places = [(category, language) for category in ("audio", "translations") for language in ("", "hi", "fr")]
    assert {place for place in places if selection.includes(Category(place[0]), place[1])} == included
    assert (selection.label, selection.filename_suffix) == (label, suffix)
    assert Selection.from_dict(selection.as_dict()) == selection
    assert selection.is_partial


@pytest.mark.parametrize("cell", ["audio", "hi:", "hi:sound", ":", "x" * 40 + ":audio"])
def test_a_text_that_is_no_cell_is_refused(cell):
    with pytest.raises(SelectionError, match="such as hi:audio") as error:
        Selection.from_choices(cells=[cell])
    assert error.value.code == "selection_cell"


@pytest.mark.parametrize(
    ("choices", "is_default"),
    [
        ({}, True),
        ({"categories": list(Category)}, True),
        ({"languages": [""]}, True),
        ({"categories": ["audio"]}, False),
        ({"languages": ["hi"]}, False),
        ({"without_source": True}, False),
        ({"history": True}, False),
        ({"layout": "saved"}, False),
        ({"layout": "session"}, True),
    ],
)
def test_selections_that_exclude_no_file_are_the_default(choices, is_default):
    assert Selection.from_choices(**choices).is_default is is_default


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
def test_selections_of_the_same_files_are_equal(one, other):
    assert Selection.from_choices(**one) == Selection.from_choices(**other)


@given(
    choices=selections, category=st.sampled_from(list(Category)), language=st.sampled_from(["", "hi", "fr"])
)
def test_the_normal_form_includes_the_chosen_files(choices, category, language):
    selection = create(choices)
    if selection is None:
        return

    is_included = not choices["categories"] or category in choices["categories"]
    if choices["without_source"] and category is Category.ORIGINAL_VIDEO:
        is_included = False
    named = [tag for tag in choices["languages"] if tag]
    if named and language not in ("", *named):
        is_included = False
    assert selection.includes(category, language) is is_included


@given(choices=selections)
def test_as_dict_and_from_dict_are_inverse(choices):
    selection = create(choices)

    assert selection is None or Selection.from_dict(selection.as_dict()) == selection


def test_the_whole_version_is_an_empty_dict():
    assert WHOLE_VERSION.as_dict() == {}
    assert (WHOLE_VERSION.label, WHOLE_VERSION.filename_suffix) == ("", "")


@pytest.mark.parametrize(
    ("choices", "label", "suffix"),
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
def test_label_and_filename_suffix_describe_the_selection(choices, label, suffix):
    selection = Selection.from_choices(**choices)

    assert (selection.label, selection.filename_suffix) == (label, suffix)


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        ({"categories": ["pictures"]}, "selection_category"),
        ({"categories": ["original_video"], "without_source": True}, "selection_source"),
        ({"history": True, "languages": ["hi"]}, "selection_history"),
        ({"history": True, "without_source": True}, "selection_history"),
    ],
)
def test_contradictory_choices_are_refused(choices, code):
    with pytest.raises(SelectionError) as refused:
        Selection.from_choices(**choices)

    assert refused.value.code == code
    assert str(refused.value).endswith(".")


def test_names_are_categories_or_languages():
    assert Selection.from_names(["hi", " audio", "", "voices"]) == Selection.from_choices(
        categories=["voices", "audio"], languages=["hi"]
    )
    assert Selection.from_names(["hi:audio", "fr"]) == Selection.from_choices(
        cells=["hi:audio"], languages=["fr"]
    )
    assert Selection.from_names([]) == WHOLE_VERSION
