from __future__ import annotations

import pytest

from dubbing_core.unspaced_scripts import is_unspaced


@pytest.mark.parametrize("text", ["ไทย", "ລາວ", "မြန်မာ", "ខ្មែរ", "かな", "カナ", "漢字", "𠮷", "々"])
def test_words_of_these_scripts_are_not_separated(text: str):
    assert is_unspaced(text)


@pytest.mark.parametrize("text", ["word", "한국어", "हिन्दी", "عربي", "…", "。", ""])
def test_words_of_others_are(text: str):
    assert not is_unspaced(text)
