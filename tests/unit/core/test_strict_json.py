from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, strategies as st

from dubbing_core.strict_json import JsonError, check_json, parse_json


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "syntax"),
        (b"{", "syntax"),
        (b"{} {}", "syntax"),
        (b"{'a': 1}", "syntax"),
        (b'{"a": "\n"}', "syntax"),
        (b"\xff\xfe{\x00}\x00", "encoding"),
        (b'"\xed\xa0\x80"', "encoding"),
        (b"NaN", "number"),
        (b'{"a": -Infinity}', "number"),
        (b"1e999", "number"),
        (b"1" * 101, "number"),
        (b"1" * 5000, "number"),
        (b'"\\ud800"', "characters"),
        (b'{"\\udfff": 1}', "characters"),
        (b'["a\\u0000b"]', "characters"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too_deep"),
        (b"[" * 200_000 + b"]" * 200_000, "too_deep"),
        (b'{"a":' * 200_000, "too_deep"),
    ],
)
def test_ambiguous_json_is_refused(data, code):
    with pytest.raises(JsonError) as caught:
        parse_json(data)

    assert caught.value.code == code


def test_valid_json_is_parsed_with_or_without_a_byte_order_mark():
    assert parse_json(b'\xef\xbb\xbf{"a": [1, 2.5, true, null, "\\ud83d\\ude00"]}') == {
        "a": [1, 2.5, True, None, "😀"]
    }
    assert parse_json(b"[" * 64 + b"]" * 64)
    assert parse_json(b"9" * 100) == 10**100 - 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**100, -(10**100), {"\ud800": 1}, ["\0"]])
def test_values_that_postgresql_cannot_store_are_refused(value):
    with pytest.raises(JsonError):
        check_json({"deep": [value]})


@given(
    st.recursive(st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(), st.lists, max_leaves=9)
)
def test_parsing_returns_the_rendered_value(value):
    try:
        check_json(value)
    except JsonError:
        return
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=50))
def test_arbitrary_bytes_raise_no_other_error(data):
    with contextlib.suppress(JsonError):
        parse_json(data)
