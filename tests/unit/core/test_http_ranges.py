from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from dubbing_core.http_ranges import (
    ByteRange,
    RangeNotSatisfiableError,
    format_content_range,
    matches_if_range,
    parse_range,
)

MODIFIED = datetime(2025, 8, 3, 18, 11, 2, 123, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=5-9", (5, 10)),
        ("bytes=5-", (5, 100)),
        ("bytes=99-", (99, 100)),
        ("bytes=0-1000", (0, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-100", (0, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=000005-000009", (5, 10)),
        ("BYTES=5-9", (5, 10)),
        ("bytes= 5-9 ", (5, 10)),
        ("bytes=,5-9,", (5, 10)),
        (f"bytes=5-{'9' * 30}", (5, 100)),
        (f"bytes=5-{'9' * 5000}", (5, 100)),
        (f"bytes=-{'9' * 5000}", (0, 100)),
    ],
)
def test_one_range_is_parsed(header, expected):
    assert parse_range(header, 100) == ByteRange(*expected)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=,", "bytes=a-b", "bytes=1-b", "bytes=9-5", "bytes=--5",
        "bytes=0-1,5-9", "bytes=5 - 9", "bytes=+5-9", "bytes=٣-٩", "bytes=0x5-9", "bytes=5-9-", "lines=5-9",
        "seconds=1-2", " bytes=5-9", "bytes =5-9", "bytes=5-9\n", "none", "bytes=1_0-20",
    ],
)  # fmt: skip
def test_other_headers_are_ignored(header):
    assert parse_range(header, 100) is None


@pytest.mark.parametrize(
    "header",
    ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 5000}-", f"bytes={'9' * 20}-{'9' * 20}"],
)
def test_unsatisfiable_ranges_raise_an_error_with_the_size(header):
    with pytest.raises(RangeNotSatisfiableError) as caught:
        parse_range(header, 100)
    assert caught.value.size == 100


def test_empty_content_has_no_first_byte_and_every_suffix_is_all_of_it():
    with pytest.raises(RangeNotSatisfiableError):
        parse_range("bytes=0-", 0)
    assert parse_range("bytes=-5", 0) is None


@given(
    header=st.text(max_size=30) | st.from_regex(r"bytes=[0-9, -]*", fullmatch=True),
    size=st.integers(0, 1 << 50),
)
def test_ranges_are_within_the_content(header, size):
    try:
        byte_range = parse_range(header, size)
    except RangeNotSatisfiableError:
        return
    assert byte_range is None or 0 <= byte_range.start < byte_range.end <= size


def test_content_range_includes_the_last_byte():
    assert format_content_range(ByteRange(5, 10), 100) == "bytes 5-9/100"
    assert ByteRange(5, 10).size == 5
    assert format_content_range(None, 100) == "bytes */100"


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        (None, True),
        ('"abc"', True),
        (' "abc" ', True),
        ('"abd"', False),
        ('W/"abc"', False),
        ("abc", False),
        ("Sun, 03 Aug 2025 18:11:02 GMT", True),
        ("Sun, 03 Aug 2025 18:11:02 -0000", True),
        ("Sun, 03 Aug 2025 18:11:03 GMT", False),
        ("Sun, 99 Aug 2025 18:11:03 GMT", False),
        ("Sun, 03 Aug 99999999999999999999 18:11:03 GMT", False),
        ("", False),
    ],
)
def test_if_range_is_compared_strongly(header, matches):
    assert matches_if_range(header, '"abc"', MODIFIED) is matches


def test_if_range_does_not_match_an_absent_last_modified():
    assert not matches_if_range("Sun, 03 Aug 2025 18:11:02 GMT", '"abc"')
    assert not matches_if_range('W/"abc"', 'W/"abc"')
