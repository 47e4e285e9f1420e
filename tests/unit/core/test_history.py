from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from dubbing_core.categories import Category
from dubbing_core.history import (
    History,
    HistoryEntry,
    HistoryError,
    HistoryVersion,
    parse_history,
    render_history,
)

A, B, C = "a" * 64, "b" * 64, "c" * 64


def version(number: int, **told) -> HistoryVersion:
    given = {
        "saved_at": datetime(2025, 8, number, 18, 11, 2, 5, tzinfo=UTC),
        "saved_by": "alice",
        "message": f"Save {number}",
        "restored_from": None,
        "document": {"video_name": "talk.mp4", "languages": ["hi"]},
    }
    return HistoryVersion(number=number, **{**given, **told})


def entry(path: str, sha256: str, added_in: int, removed_in: int | None = None) -> HistoryEntry:
    return HistoryEntry(
        path=path,
        sha256=sha256,
        size=5,
        category=Category.AUDIO,
        language="hi",
        added_in=added_in,
        removed_in=removed_in,
    )


HISTORY = History(
    session="talk",
    versions=(version(1), version(2), version(3, restored_from=1)),
    entries=(
        entry("audio/hi.wav", A, 1, 2),
        entry("audio/hi.wav", B, 2, 3),
        entry("audio/hi.wav", A, 3),
        entry("audio/hi_2.wav", C, 2, 3),
        entry("audio/hi_3.wav", C, 1, 2),
    ),
)


def told(**changes):
    return {**json.loads(render_history(HISTORY)), **changes}


def with_entry(**changes):
    first, *rest = told()["entries"]
    return told(entries=[{**first, **changes}, *rest])


def with_version(**changes):
    *rest, last = told()["versions"]
    return told(versions=[*rest, {**last, **changes}])


def test_what_is_written_is_read_back():
    assert parse_history(render_history(HISTORY)) == HISTORY


def test_each_version_holds_what_it_held():
    states = [{path: held.sha256 for path, held in state.items()} for state in HISTORY.iter_states()]

    assert states == [
        {"audio/hi.wav": A, "audio/hi_3.wav": C},
        {"audio/hi.wav": B, "audio/hi_2.wav": C},
        {"audio/hi.wav": A},
    ]


def test_what_the_newest_does_not_hold_is_told_once_each():
    assert list(HISTORY.find_older_blobs()) == [B, C]


def test_keys_of_a_newer_portal_are_passed_over():
    newer = told(colour="blue")
    newer["entries"][0]["loudness"] = -23
    newer["versions"][0]["review"] = {}

    assert parse_history(json.dumps(newer).encode()) == HISTORY


@pytest.mark.parametrize(
    "document",
    [
        pytest.param([], id="a-list"),
        pytest.param(told(format=2), id="a-newer-format"),
        pytest.param(told(format="1"), id="a-format-in-text"),
        pytest.param(told(versions=[]), id="no-version"),
        pytest.param(told(versions=told()["versions"][1:]), id="a-version-is-missing"),
        pytest.param(told(session=5), id="no-name"),
        pytest.param(with_version(number=4), id="a-gap"),
        pytest.param(with_version(number=True), id="a-number-that-is-none"),
        pytest.param(with_version(restored_from=3), id="restored-from-itself"),
        pytest.param(with_version(restored_from=-1), id="restored-from-nothing"),
        pytest.param(with_version(saved_at="yesterday"), id="no-time"),
        pytest.param(with_version(saved_at=5), id="a-time-that-is-a-number"),
        pytest.param(with_version(message=None), id="no-message"),
        pytest.param(with_version(metadata=[]), id="metadata-that-is-none"),
        pytest.param(with_version(metadata={"languages": "hi"}), id="metadata-of-other-types"),
        pytest.param(with_entry(path="../evil.wav"), id="leaves-its-folder"),
        pytest.param(with_entry(path="/audio/hi.wav"), id="absolute"),
        pytest.param(with_entry(path="metadata.json"), id="takes-the-place-of-metadata"),
        pytest.param(with_entry(path=".dubbing/verify.py"), id="takes-the-place-of-our-own"),
        pytest.param(with_entry(path="hi.wav"), id="lies-in-no-category"),
        pytest.param(with_entry(path=5), id="a-path-that-is-a-number"),
        pytest.param(with_entry(sha256="A" * 64), id="a-digest-in-capitals"),
        pytest.param(with_entry(sha256="a" * 63), id="a-short-digest"),
        pytest.param(with_entry(size=-1), id="less-than-nothing"),
        pytest.param(with_entry(size=1.5), id="half-a-byte"),
        pytest.param(with_entry(language="x" * 36), id="a-language-too-long"),
        pytest.param(with_entry(added_in=0), id="before-the-first-version"),
        pytest.param(with_entry(removed_in=1), id="removed-before-it-was-added"),
        pytest.param(with_entry(removed_in=4), id="removed-in-a-version-that-is-not"),
        pytest.param(with_entry(removed_in=3), id="two-at-one-path"),
        pytest.param(with_entry(removed_in=None), id="two-at-one-path-for-ever"),
    ],
)
def test_what_no_portal_writes_is_refused_with_a_sentence(document):
    with pytest.raises(HistoryError) as refused:
        parse_history(json.dumps(document).encode())

    assert str(refused.value).endswith(".")


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_else_gets_out(data):
    with pytest.raises(HistoryError):
        parse_history(data)
