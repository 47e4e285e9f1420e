"""Names written from right to left in sentences without elements."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext_lazy

from sessions_app.templatetags.shown_texts import visible
from sessions_app.text_direction import isolate, isolate_quoted

FSI, PDI = "\u2068", "\u2069"


@pytest.mark.parametrize("name", ["שלום (2)", "מבוא, part 1", "مقابلة 3", "talk ההרצאה", "ދިވެހި"])
def test_names_written_from_right_to_left_are_isolated(name: str):
    assert isolate(name) == f"{FSI}{name}{PDI}"


@pytest.mark.parametrize("name", ["talk", "Größe", "会議", "भाषण", "тест", ""])
def test_other_names_stay_as_they_are(name: str):
    assert isolate(name) == name


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("“שלום” was restored as “שלום (2)”.", f"“{FSI}שלום{PDI}” was restored as “{FSI}שלום (2){PDI}”."),
        ("„שלום“ wurde als „talk“ gespeichert.", f"„{FSI}שלום{PDI}“ wurde als „talk“ gespeichert."),
        ("“talk” was restored.", "“talk” was restored."),
    ],
)
def test_quoted_names_of_sentences_are_isolated(text: str, isolated: str):
    assert isolate_quoted(text) == isolated


def test_characters_of_a_name_that_change_the_direction_are_shown_instead():
    name = "مقابلة"
    assert visible(f"“\u202e{name}” failed.") == f"“{FSI}⟦U+202E⟧{name}{PDI}” failed."


def test_texts_that_are_translated_when_they_are_shown_are_shown():
    assert visible(gettext_lazy("Unknown language")) == "Unknown language"
