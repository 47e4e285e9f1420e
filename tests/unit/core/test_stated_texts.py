"""Texts of the metadata that a person stated, beside those of files."""

from __future__ import annotations

from typing import Any

import pytest

from dubbing_core.categories import Category
from dubbing_core.stated_texts import find_stated_texts, forget_absent, leave_out_stated
from dubbing_core.texts import ExtractedTexts

FILES = {Category.TRANSLATIONS}


def find(
    uploaded: dict[str, Any],
    earlier: dict[str, Any] | None,
    found: str = "",
    categories: set[Category] = FILES,
    stated: tuple[str, ...] = (),
) -> tuple[str, ...]:
    texts = ExtractedTexts(translations={"hi": found} if found else None)
    return find_stated_texts(uploaded, earlier, texts, categories=categories, stated=stated)


def hindi(text: str) -> dict[str, Any]:
    return {"translations": {"hi": text}}


@pytest.mark.parametrize(
    ("case", "is_stated"),
    [
        ((hindi("typed"), None, "from a file"), True),
        ((hindi("same"), None, "same"), False),
        ((hindi("typed"), None, "", set()), True),  # no file that it can come from
        ((hindi("of a copied folder"), None), False),  # its file is read later
        ((hindi("typed"), hindi("before")), True),
        ((hindi("before"), hindi("before"), "changed"), False),  # written by the portal
        ((hindi("typed"), hindi("typed"), "changed", FILES, ("translations hi",)), True),
        ((hindi("agrees"), hindi("typed"), "agrees", FILES, ("translations hi",)), False),
        (({}, hindi("typed"), "", FILES, ("translations hi",)), False),  # removed
    ],
)
def test_what_differs_from_before_or_from_the_files_is_stated(case, is_stated):
    assert find(*case) == (("translations hi",) if is_stated else ())


def test_stated_texts_are_left_out_of_those_of_files():
    texts = ExtractedTexts(
        transcription_text="one", translations={"hi": "एक", "es": "uno"}, voices={"hi": "a", "es": "b"}
    )

    left = leave_out_stated(texts, ("transcription_text", "translations hi", "voices es"))

    assert left == ExtractedTexts(translations={"es": "uno"}, voices={"hi": "a"})


def test_spellings_of_a_tag_are_the_same_text():
    texts = ExtractedTexts(translations={"pt_br": "um"})

    names = find_stated_texts({"translations": {"pt-BR": "dois"}}, None, texts, categories=FILES, stated=())

    assert names == ("translations pt-br",)
    assert leave_out_stated(texts, ("translations pt-BR",)).translations is None


def test_texts_that_are_absent_are_stated_no_more():
    edits = {"stated_texts": ["transcription_text", "translations hi", "translations ES", "voices hi"]}
    document = {"translations": {"es": "uno"}, "voices": {"hi": ""}, "session_metadata": {"edits": edits}}

    left = forget_absent(document)["session_metadata"]["edits"]

    assert left == {"stated_texts": ["translations ES"]}
