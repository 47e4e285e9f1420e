"""Search: folding, tokens, queries, marks. Each language's words are found as its readers type them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dubbing_core.language_names import get_language_names
from dubbing_core.search.folding import fold_text
from dubbing_core.search.marks import find_marks, find_matched_terms, mark_occurrences, mark_parts
from dubbing_core.search.query import parse_query
from dubbing_core.search.tokens import fold_line, join_tokens, tokenize

# ruff: noqa: RUF001 (letters of many scripts)
SCRIPTS = "aZéßÄ 9_-'\"|\n.，。ー々中文日本語かがｶﾞไทยำ้हिन्दी।العَرَبِيَّة한국어\u200d\u00ad"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café CRÈME", "cafe creme"),
        ("Straße", "strasse"),
        ("ＡＢＣ１２", "abc12"),
        ("ёлка", "елка"),
        ("İstanbul", "istanbul"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("हिन्दी ज़रूर चाँद", "हिंदी जरूर चांद"),
        ("العَرَبِيَّة", "العربیة"),
        ("أحمد", "احمد"),
        ("soft\u00adware \u202bx\u202c", "software x"),
        ("한국어", "한국어"),
    ],
)
def test_texts_that_readers_take_for_the_same_are_folded_to_one(text: str, folded: str):
    assert fold_text(text) == folded
    assert fold_text(folded) == folded


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The garden fence.", ["the", "garden", "fence"]),
        ("audio/hi/line_0001.wav", ["audio", "hi", "line", "0001", "wav"]),
        ("हिन्दी में। नमस्ते!", ["हिंदी", "में", "नमस्ते"]),
        ("東京へ行く。", ["東京", "京へ", "へ行", "行く", "く"]),
        ("字", ["字"]),
        ("ฉันไป", ["ฉั", "ัน", "นไ", "ไป", "ป"]),
        ("한국어 말", ["한국", "국어", "어", "말"]),
        ("OK吗 v2版", ["ok", "吗", "v2", "版"]),
        ("中\n文", ["中文", "文"]),
        ("¡…! — ♪", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_words_are_tokens_and_texts_without_spaces_give_pairs(text: str, tokens: list[str]):
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("query", "text", "matches"),
    [
        ("garden", "Gardens and fences", True),
        ("fence garden", "The garden fence", True),
        ('"fence garden"', "The garden fence", False),
        ('"garden fence"', "The garden fence", True),
        ("„garden fence“", "garden fences", False),
        ("hi", "This is high", False),
        ("hi", "Hi there", True),
        ("京", "東京", True),
        ("京タ", "東京タワー", True),
        ("東タ", "東京タワー", False),
        ("京へ行", "東京へ来る。大阪へ行く", False),
        ("へ行く", "東京へ行く", True),
        ("ไป", "ฉันไปตลาด", True),
        ("हिंदी", "हिन्दी में", True),
        ("Strasse", "Große Straße", True),
        ("العربية", "العَرَبِيَّة", True),
        ("국어", "한국어", True),
        ("ガイド", "旅のｶﾞｲﾄﾞ", True),
        ('"v2 版"', "the v2版 of it", True),
        ("zaun", "Gartenzaun", False),
    ],
)
def test_a_query_matches(query: str, text: str, *, matches: bool):
    parsed = parse_query(query)
    stored = join_tokens(tokenize(text))

    in_index = all(
        any(token == word or (is_prefix and token.startswith(word)) for token in stored.split())
        for word, is_prefix in parsed.tokens.items()
    ) and all(sequence in stored for sequence in parsed.sequences)

    assert in_index is matches
    assert all(needle in fold_line(text) for needle in parsed.needles) is matches
    assert (find_matched_terms(text, parsed) == set(parsed.terms)) is matches


@pytest.mark.parametrize(
    "text", ["", "  ", "♪ … !", '""', "\x00", "AND", "a*b OR (c", "'; DROP", '"x', "NEAR(a b)"]
)
def test_any_text_is_a_query_of_letters_and_digits(text: str):
    tokens = "".join(parse_query(text).tokens)
    assert tokens == "" or tokens.isalnum()


@given(st.text(alphabet=SCRIPTS, max_size=40), st.integers(0, 40), st.integers(1, 10))
def test_a_part_of_a_text_without_spaces_finds_it(text: str, start: int, length: int):
    runs = [run for run in fold_text(text).split() if run]
    part = "".join(runs)[start : start + length]
    query = parse_query(part)

    marks = find_marks(text, query)

    assert all(0 <= first < last <= len(text) for first, last in marks)
    assert "".join(part.text for part in mark_parts(text, query, limit=1000)) == text


@given(st.text(alphabet="中文日本語かなไทยกัน", min_size=1, max_size=30), st.data())
def test_every_part_of_a_run_of_pairs_is_in_its_tokens(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    query = parse_query(part)
    stored = join_tokens(tokenize(text))

    assert all(sequence in stored for sequence in query.sequences)
    assert all(needle in fold_line(text) for needle in query.needles)
    assert find_matched_terms(text, query) == set(query.terms)


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("garden", "A Gardener's garden", ["Gardener", "garden"]),
        ("शब्द", "यह शब्दों का", ["शब्दों"]),
        ("京タ", "東京タワーと京タ", ["京タ", "京タ"]),
        ("ガイ", "旅のｶﾞｲﾄﾞ", ["ｶﾞｲ"]),
        ('"garden fence"', "the garden fence, a garden", ["garden fence"]),
        ("中文 文字", "中文字", ["中文字"]),
    ],
)
def test_marks_are_whole_words_and_the_found_characters(query: str, text: str, marked: list[str]):
    parsed = parse_query(query)
    assert [text[first:last] for first, last in find_marks(text, parsed)] == marked


@pytest.mark.parametrize(
    ("requested", "text", "marked"),
    [
        ("CAFE", "Un café, cafe\u0301s", ["café", "cafe\u0301"]),
        ("ss", "Straße", ["ß"]),
        ("e 1", "line 1, line 12", ["e 1", "e 1"]),
        ("عرب", "العَرَبِيَّة", ["عَرَبِ"]),
        ("", "text", []),
    ],
)
def test_occurrences_are_marked_inside_words(requested: str, text: str, marked: list[str]):
    parts = mark_occurrences(text, requested)
    assert [part.text for part in parts if part.is_marked] == marked
    assert "".join(part.text for part in parts) == text


def test_long_texts_are_cut_around_the_first_mark():
    text = "word " * 100 + "needle " + "word " * 100
    parts = mark_parts(text, parse_query("needle"), limit=80)

    assert [part.text for part in parts if part.is_marked] == ["needle"]
    assert parts[0].text == "…"
    assert parts[-1].text.endswith("…")
    assert sum(len(part.text) for part in parts) <= 82


@pytest.mark.parametrize(
    ("tag", "names"),
    [
        ("hi", {"Hindi", "हिन्दी", "हिंदी"}),
        ("ja", {"Japanese", "日本語"}),
        ("pt_BR", {"Brazilian Portuguese", "Portuguese", "português", "Brazil"}),
        ("zh-Hant-TW", {"Traditional Chinese", "Chinese", "Mandarin", "中文", "Taiwan"}),
        ("fa", {"Persian", "Farsi", "فارسی"}),
        ("es-419", {"Latin American Spanish", "español", "Spanish"}),
        ("xx-unknown", set()),
        ("", set()),
    ],
)
def test_languages_have_names_in_english_and_in_themselves(tag: str, names: set[str]):
    assert names <= set(get_language_names(tag))
