"""Tests of the comparison of texts, line by line."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from dubbing_core.comparison.line_rows import build_rows
from dubbing_core.comparison.lines import (
    LINE_LIMIT,
    LineComparison,
    TooManyLinesError,
    compare_lines,
    compare_tracks,
)
from dubbing_core.comparison.matching import match_equal
from dubbing_core.timeline.tracks import Segment, Track, TrackKind

DIALOG = [
    "Welcome to the show.",
    "Yes.",
    "Today we talk about the sea.",
    "Yes.",
    "It is deep, and it is cold.",
    "Thank you for watching.",
]


def lines(*texts: str, start: int = 0, speaker: str = "", timed: bool = True) -> list[Segment]:
    return [
        Segment(start + 1000 * n, start + 1000 * n + 900, speaker, text)
        if timed
        else Segment(None, None, speaker, text)
        for n, text in enumerate(texts)
    ]


def kinds(comparison: LineComparison) -> list[tuple[str, list[str], list[str]]]:
    return [
        (each.kind.value, [line.text for line in each.before], [line.text for line in each.after])
        for each in comparison.differences
    ]


def edited(**edits: str | None) -> list[str]:
    """Return the dialog with some lines replaced, by `n` and number; None removes one."""
    changed = [edits.get(f"n{number}", text) for number, text in enumerate(DIALOG)]
    return [text for text in changed if text is not None]


def test_the_same_lines_do_not_differ():
    comparison = compare_lines(lines(*DIALOG), lines(*DIALOG))

    assert (list(comparison.differences), comparison.unchanged) == ([], len(DIALOG))
    assert comparison.words == "The lines are the same"


def test_line_breaks_and_invisible_characters_are_no_difference():
    old, new = lines("It is\u200b deep,  and cold."), lines("It is deep,\nand\u00a0cold.")

    assert not compare_lines(old, new).differences


def test_a_retimed_text_is_retimed_and_not_changed():
    comparison = compare_lines(lines(*DIALOG), lines(*DIALOG, start=2000))

    assert {difference.kind.value for difference in comparison.differences} == {"retimed"}
    assert {difference.shift_ms for difference in comparison.differences} == {2000}
    assert comparison.words == "6 lines retimed"


def test_one_longer_line_has_no_shift():
    new = lines(*DIALOG)
    new[2] = new[2]._replace(end_ms=5000)

    (difference,) = compare_lines(lines(*DIALOG), new).differences

    assert (difference.kind.value, difference.shift_ms, difference.before_number) == ("retimed", None, 3)


def test_times_that_a_format_rounds_are_the_same():
    new = lines(*DIALOG, start=1)

    assert not compare_lines(lines(*DIALOG), new).differences


def test_a_changed_word_is_a_changed_line():
    comparison = compare_lines(lines(*DIALOG), lines(*edited(n2="Today we talk about the sky.")))

    assert kinds(comparison) == [
        ("changed", ["Today we talk about the sea."], ["Today we talk about the sky."]),
    ]
    assert comparison.unchanged == len(DIALOG) - 1


def test_another_translation_at_the_same_time_is_a_changed_line():
    comparison = compare_lines(lines("Guten Tag."), lines("नमस्ते"))

    assert kinds(comparison) == [("changed", ["Guten Tag."], ["नमस्ते"])]


def test_unlike_lines_at_other_times_are_removed_and_new():
    comparison = compare_lines(lines("Guten Tag."), lines("Where is the station?", start=60_000))

    assert sorted(kind for kind, _, _ in kinds(comparison)) == ["new", "removed"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (edited(n1=None), [("removed", ["Yes."], [])]),
        ([*DIALOG[:3], "And the wind.", *DIALOG[3:]], [("new", [], ["And the wind."])]),
        ([*DIALOG, "Bye."], [("new", [], ["Bye."])]),
        ([], [("removed", [text], []) for text in DIALOG]),
    ],
)
def test_removed_and_new_lines_without_times(texts, expected):
    assert kinds(compare_lines(lines(*DIALOG, timed=False), lines(*texts, timed=False))) == expected


def test_a_line_that_was_split():
    new = [*DIALOG[:4], "It is deep,", "and it is cold.", DIALOG[5]]

    comparison = compare_lines(lines(*DIALOG, timed=False), lines(*new, timed=False))

    assert kinds(comparison) == [("split", [DIALOG[4]], ["It is deep,", "and it is cold."])]
    opposite = compare_lines(lines(*new, timed=False), lines(*DIALOG, timed=False))
    assert kinds(opposite) == [("merged", ["It is deep,", "and it is cold."], [DIALOG[4]])]


def test_two_changed_lines_are_not_merged():
    old = ["I see the big red house", "and the small green garden"]
    new = ["I see the big blue house", "and the small yellow garden"]

    comparison = compare_lines(lines(*old, timed=False), lines(*new, timed=False))

    assert [kind for kind, _, _ in kinds(comparison)] == ["changed", "changed"]


def test_another_speaker():
    new = lines(*DIALOG)
    new[0] = new[0]._replace(speaker="Ada")

    (difference,) = compare_lines(lines(*DIALOG), new).differences

    assert (difference.kind.value, difference.has_other_speaker) == ("speaker", True)


def test_a_text_without_times_is_not_retimed():
    assert not compare_lines(lines(*DIALOG, timed=False), lines(*DIALOG)).differences


def test_lines_of_one_shift_are_one_row():
    new = lines(*DIALOG, start=2000)
    new[3] = new[3]._replace(text="Yes!")
    rows = build_rows(compare_lines(lines(*DIALOG), new).differences)

    assert [(row.kind.value, row.numbers, row.count, row.shift_ms) for row in rows] == [
        ("retimed", "1\N{EN DASH}3", 3, 2000),
        ("changed", "4", 1, None),
        ("retimed", "5", 1, 2000),
        ("retimed", "6", 1, 2000),
    ]
    assert rows[0].is_run
    assert rows[1].is_retimed
    assert [piece.text for piece in rows[1].mark()[1] if piece.is_marked] == ["!"]


def test_a_row_of_a_split_line_has_all_its_numbers_and_speakers():
    new = lines("It is deep,", "and it is cold.", timed=False)
    new[1] = new[1]._replace(speaker="Ada")

    (row,) = build_rows(compare_lines(lines("It is deep, and it is cold.", timed=False), new).differences)

    assert (row.kind.value, row.numbers, row.speakers) == ("split", "1\N{EN DASH}2", ("", "Ada"))
    assert [piece.text for piece in row.mark()[1] if piece.is_marked] == []


def test_tracks_are_compared_by_kind_and_language():
    def track(language: str, *texts: str, kind: TrackKind = TrackKind.TRANSLATION) -> Track:
        return Track(kind=kind, language=language, segments=lines(*texts))

    only = compare_tracks([track("", "Hello")], [track("hi", "Hello")])
    assert [(each.language, each.lines.unchanged) for each in only] == [("hi", 1)]
    several = compare_tracks([track("hi", "a"), track("es", "b")], [track("hi", "a"), track("fr", "c")])
    assert {each.language: each.lines.words for each in several} == {
        "hi": "The lines are the same",
        "fr": "1 line added",
        "es": "1 line removed",
    }


def test_too_many_lines_are_refused():
    with pytest.raises(TooManyLinesError):
        compare_lines([], [Segment(None, None, "", "a")] * (LINE_LIMIT + 1))


WORDS = ["sea", "sky", "wind", "Yes.", "No.", "deep cold water", "a long night", "go"]


@given(old=st.lists(st.sampled_from(WORDS), max_size=12), new=st.lists(st.sampled_from(WORDS), max_size=12))
@settings(max_examples=150)
def test_each_line_is_in_one_difference_or_unchanged(old, new):
    comparison = compare_lines(lines(*old, timed=False), lines(*new, timed=False))

    before = [line.text for difference in comparison.differences for line in difference.before]
    after = [line.text for difference in comparison.differences for line in difference.after]
    assert len(before) + comparison.unchanged == len(old)
    assert len(after) + comparison.unchanged == len(new)
    numbers = [difference.before_number for difference in comparison.differences if difference.before]
    assert [old[number - 1] for number in numbers] == [
        difference.before[0].text for difference in comparison.differences if difference.before
    ]
    assert numbers == sorted(set(numbers))


@given(st.lists(st.integers(0, 6), max_size=30), st.lists(st.integers(0, 6), max_size=30))
@settings(max_examples=50)
def test_matched_elements_are_equal_and_in_order(first, second):
    pairs = match_equal(first, second)

    assert all(first[one] == second[other] for one, other in pairs)
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(pairs))


def test_elements_of_long_series_are_matched_if_all_are_repeated():
    first = [*range(300), *range(300)]
    second = [*range(300), -1, *range(300), *range(300)]

    pairs = match_equal(first, second)

    assert len(pairs) == len(first)
    assert all(first[one] == second[other] for one, other in pairs)


@pytest.mark.parametrize(
    "new",
    [
        [f"line {n} {'x' if n % 2 else ''}" for n in range(10_000)],
        [f"other {n * 7}" for n in range(10_000)],
        ["Yes."] * 10_000,
        [f"line {n}" for n in reversed(range(10_000))],
        [f"line {n % 50}" for n in range(10_000)],
    ],
    ids=["every second one", "all", "repeated", "reversed", "few distinct"],
)
def test_thousands_of_lines_are_compared(new):
    """They would take minutes if each line were compared with each other one."""
    comparison = compare_lines(lines(*[f"line {n} " for n in range(10_000)]), lines(*new))

    assert (
        sum(len(difference.after) for difference in comparison.differences) + comparison.unchanged == 10_000
    )
