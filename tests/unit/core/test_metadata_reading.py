from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from dubbing_core.metadata import SIZE_LIMIT, check_document
from dubbing_core.metadata_reading import WARNING_LIMIT, read_metadata, read_metadata_start

DOCUMENT = {
    "session_name": "talk",
    "video_name": "talk.mp4",
    "languages": ["hi"],
    "translations": {"hi": "नमस्ते"},
    "session_metadata": {"created_with_version": "1.0"},
}
TEXT = json.dumps(DOCUMENT, indent=2, ensure_ascii=False)
ARIEL = {
    "video_id": "a1",
    "original_language": "en-US",
    "translate_language": "hi-IN",
    "speakers": [{"speaker_id": "s1", "voice": "hi-IN-Neural2-A"}],
    "utterances": [],
    "created_at": "2025-08-03T18:11:02",
}


def test_an_intact_document_is_read_without_a_warning():
    reading = read_metadata(TEXT.encode())

    assert reading.document == DOCUMENT
    assert reading.is_intact


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(ARIEL).encode(),
        b'{"video_name": "talk.mp4", "fps": 25, "languages": ["en"]}',
        b"{}",
        b"[1, 2]",
        b'"text"',
        b"",
        b"[1,",
        b'{"fps": NaN}',
        b"\xff\xfe\x00",
        b"%PDF-1.7",
        b'{"fps": "' + b"x" * SIZE_LIMIT + b'"}',
    ],
)
def test_the_file_of_another_tool_is_no_session(data):
    reading = read_metadata(data)

    assert (reading.document, reading.warnings) == (None, ())


DAMAGED = {
    "truncated": (
        TEXT[: TEXT.index('"translations"')].encode(),
        {"session_name", "video_name", "languages"},
        "metadata.json is not valid JSON after “languages” (line 7, column 3); the rest is not read.",
    ),
    "truncated in the first value": (
        b'{"session_name": "ta',
        set(),
        "metadata.json is not valid JSON (line 1, column 18); the rest is not read.",
    ),
    "NaN": (
        TEXT.replace('"1.0"', "NaN").encode(),
        set(DOCUMENT),
        ("metadata.json has a value for “session_metadata” that contains NaN, which is not a JSON number and is read as"
        " null."),
    ),
    "key twice": (
        TEXT.replace("{", '{"languages": ["es"],', 1).encode(),
        set(DOCUMENT),
        "metadata.json contains the key “languages” twice; the last value is read.",
    ),
    "key twice in a value": (
        TEXT.replace('{\n    "hi"', '{"hi": "x",\n    "hi"').encode(),
        set(DOCUMENT),
        "metadata.json has a value for “translations” that contains the key “hi” twice; the last value is read.",
    ),
    "wrong type": (
        json.dumps({**DOCUMENT, "languages": {"hi": 1}}).encode(),
        set(DOCUMENT) - {"languages"},
        "metadata.json has a value for “languages” that is not a list of texts; it is not read.",
    ),
    "wrong type inside": (
        json.dumps({**DOCUMENT, "session_metadata": {"created_with_version": 1}}).encode(),
        set(DOCUMENT) - {"session_metadata"},
        "metadata.json has a value for “session_metadata.created_with_version” that is not text; it is not read.",
    ),
    "UTF-16": (TEXT.encode("utf-16"), set(DOCUMENT), "metadata.json is UTF-16 text; session managers write UTF-8."),
    "UTF-16 without a mark": (
        TEXT.encode("utf-16-be"),
        set(DOCUMENT),
        "metadata.json is UTF-16 text; session managers write UTF-8.",
    ),
    "not UTF-8": (
        TEXT.replace("talk.mp4", "Zoë.mp4").encode("latin-1", errors="replace"),
        set(DOCUMENT) - {"video_name"},
        ("metadata.json has a value for “video_name” that contains characters that are not valid Unicode text; it is not"
        " read."),
    ),
    "long number": (
        TEXT.replace('"1.0"', "9" * 101).encode(),
        set(DOCUMENT),
        ("metadata.json has a value for “session_metadata” that contains a number of more than 100 digits, which is read as"
        " null."),
    ),
    "deep nesting": (
        TEXT.replace("{", '{"deep": ' + "[" * 100 + "]" * 100 + ",", 1).encode(),
        set(DOCUMENT),
        "metadata.json has a value for “deep” that is nested more than 64 levels deep; it is not read.",
    ),
    "extreme nesting": (
        TEXT.replace("\n}", ', "deep": ' + "[" * 100_000).encode(),
        set(DOCUMENT),
        "metadata.json is nested too deeply after “session_metadata”; the rest is not read.",
    ),
    "foreign text behind": (
        TEXT.encode() + b"}",
        set(DOCUMENT),
        "metadata.json has foreign text after its end, which is not read.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "keys", "warning"), DAMAGED.values(), ids=DAMAGED)
def test_what_can_be_read_of_a_damaged_document_is_read(data, keys, warning):
    reading = read_metadata(data)

    assert reading.document is not None
    assert set(reading.document) == keys
    assert warning in reading.warnings
    assert not reading.is_intact


def test_the_start_of_a_file_over_the_limit_is_read():
    data = TEXT.removesuffix("\n}").encode() + b', "transcription_text": "' + b"x" * SIZE_LIMIT + b'"}'

    reading = read_metadata(data[: SIZE_LIMIT + 1], size=len(data))

    assert reading.document == DOCUMENT
    assert reading.warnings[0] == f"metadata.json has {len(data):,} bytes; only the first 16 MiB are read."


def test_the_end_of_a_start_is_no_damage():
    data = json.dumps({**DOCUMENT, "fps": -25.5, "is_done": True, "sign": "😀\n"}).encode()

    for end in range(len(data)):
        reading = read_metadata_start(data[:end], size=len(data))
        assert reading.warnings == ()
        assert reading.is_session or b'"video_name": "talk.mp4"' not in data[:end]


@pytest.mark.parametrize(
    ("start", "size", "warning"),
    [
        (
            '{"session_name": "talk", "voices": {}, "voices": {}, "languages": ["h',
            5_000_000,
            "“voices” twice",
        ),
        (
            '{"session_name": "talk", "voices": nothing, "languages": ["hi", "es"]',
            5_000_000,
            "not valid JSON",
        ),
        ('{"session_name": "talk", "voices": {}, "languages": ["h', 17_000_000, "only the first 16 MiB"),
    ],
)
def test_what_a_start_shows_is_damage(start, size, warning):
    reading = read_metadata_start(start.encode(), size=size)

    assert len(reading.warnings) == 1
    assert warning in reading.warnings[0]


def test_the_start_of_another_tools_file_is_no_session():
    reading = read_metadata_start(b'{"title": "of another tool", "note": "', size=SIZE_LIMIT + 1)

    assert (reading.document, reading.warnings) == (None, ())


def test_the_number_of_warnings_is_limited():
    values = ", ".join(f'"key{number}": NaN' for number in range(100))
    reading = read_metadata(TEXT.replace("{", "{" + values + ",", 1).encode())

    assert len(reading.warnings) == WARNING_LIMIT + 1
    assert reading.warnings[-1] == "metadata.json has 80 more damaged values."


@given(st.integers(0, len(TEXT.encode())), st.binary(max_size=3))
def test_every_damage_gives_a_valid_document(place, replacement):
    data = TEXT.encode()
    reading = read_metadata(data[:place] + replacement + data[place + 1 :])

    if reading.document is not None:
        check_document(reading.document)
        json.dumps(reading.document, allow_nan=False)
