from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

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
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.left_out import LeftOut, LeftOutFile

A, B, C = "a" * 64, "b" * 64, "c" * 64


def version(number: int, **changes) -> HistoryVersion:
    fields = {
        "saved_at": datetime(2025, 8, number, 18, 11, 2, 5, tzinfo=UTC),
        "saved_by": "alice",
        "message": f"Save {number}",
        "restored_from": None,
        "document": {"video_name": "talk.mp4", "languages": ["hi"]},
    }
    return HistoryVersion(number=number, **{**fields, **changes})


def entry(path: str, sha256: str, added_in: int, removed_in: int | None = None, **facts: Any) -> HistoryEntry:
    return HistoryEntry(
        path=path,
        sha256=sha256,
        size=5,
        category=Category.AUDIO,
        language="hi",
        added_in=added_in,
        removed_in=removed_in,
        **facts,
    )


HISTORY = History(
    session="talk",
    versions=(
        version(1),
        version(
            2,
            left_out=LeftOut.of(
                [LeftOutFile.of(f"{number}\udcff", "path_encoding") for number in range(300)]
            ),
        ),
        version(3, restored_from=1),
    ),
    entries=(
        entry("audio/hi.wav", A, 1, 2),
        entry("audio/hi.wav", B, 2, 3),
        entry("audio/hi.wav", A, 3),
        entry("audio/hi_2.wav", C, 2, 3),
        entry("audio/hi_3.wav", C, 1, 2),
    ),
)


def rendered() -> bytes:
    return bytes(render_history(HISTORY.session, HISTORY.versions, HISTORY.entries))


def document_with(**changes):
    return {**json.loads(rendered()), **changes}


def with_entry(**changes):
    first, *rest = document_with()["entries"]
    return document_with(entries=[{**first, **changes}, *rest])


def with_version(**changes):
    *rest, last = document_with()["versions"]
    return document_with(versions=[*rest, {**last, **changes}])


def test_parsing_returns_the_rendered_history():
    assert parse_history(rendered()) == HISTORY


def test_facts_of_files_and_empty_folders_are_restored():
    facts: dict[str, Any] = {
        "role": Role.SOURCE,
        "labeled_by": LabelAuthor.PERSON,
        "is_executable": True,
        "mtime_ns": 10**18 + 7,
    }
    history = History(
        session="talk",
        versions=(version(1, empty_folders=("out/tmp",)),),
        entries=(entry("Talk.mp4", A, 1, **facts),),
    )

    assert parse_history(bytes(render_history("talk", history.versions, history.entries))) == history


def test_histories_of_the_first_format_name_the_saved_path_as_the_origin():
    row = {"path": "audio/seg/1.wav", "origin": "seg/1.wav", "category": "audio"}
    document = document_with(format=1)
    document["entries"] = [{**document["entries"][2], **row}]

    (parsed,) = parse_history(json.dumps(document).encode()).entries

    assert (parsed.path, parsed.category) == ("seg/1.wav", Category.AUDIO)


@pytest.mark.parametrize("path", ["metadata.json", ".dubbing/verify.py", "hi.wav"])
def test_in_the_first_format_every_file_is_in_the_sessions_tree(path):
    document = with_entry(path=path)

    with pytest.raises(HistoryError):
        parse_history(json.dumps({**document, "format": 1}).encode())


def test_the_text_is_that_of_a_json_library():
    odd = entry(
        'audio/नमस्ते "\u2028.wav',
        C,
        1,
        2,
        role=Role.SEGMENT,
        labeled_by=LabelAuthor.PERSON,
        is_executable=True,
        mtime_ns=-1,
    )
    for entries in ((), (*HISTORY.entries, odd)):
        text = render_history("a talk", HISTORY.versions, entries).decode()
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1)


def test_states_contain_the_entries_of_each_version():
    states = [{path: held.sha256 for path, held in state.items()} for state in HISTORY.iter_states()]

    assert states == [
        {"audio/hi.wav": A, "audio/hi_3.wav": C},
        {"audio/hi.wav": B, "audio/hi_2.wav": C},
        {"audio/hi.wav": A},
    ]


def test_older_blobs_are_listed_once_each():
    assert list(HISTORY.find_older_blobs()) == [B, C]


def test_unknown_keys_are_ignored():
    newer = document_with(colour="blue")
    newer["entries"][0]["loudness"] = -23
    newer["versions"][0]["review"] = {}

    assert parse_history(json.dumps(newer).encode()) == HISTORY


@pytest.mark.parametrize(
    "document",
    [
        pytest.param([], id="a-list"),
        pytest.param(document_with(format=3), id="a-newer-format"),
        pytest.param(document_with(format="1"), id="a-format-in-text"),
        pytest.param(document_with(versions=[]), id="no-version"),
        pytest.param(document_with(versions=document_with()["versions"][1:]), id="a-version-is-missing"),
        pytest.param(document_with(session=5), id="no-name"),
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
        pytest.param(with_entry(category="songs"), id="an-unknown-category"),
        pytest.param(with_entry(executable=1), id="executable-in-numbers"),
        pytest.param(with_entry(mtime_ns="now"), id="a-time-in-text"),
        pytest.param(with_entry(mtime_ns=1 << 63), id="a-time-beyond-64-bits"),
        pytest.param(with_version(empty_folders=["../x"]), id="a-folder-outside"),
        pytest.param(with_version(empty_folders=[5]), id="a-folder-that-is-a-number"),
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
def test_invalid_histories_are_refused(document):
    with pytest.raises(HistoryError) as refused:
        parse_history(json.dumps(document).encode())

    assert str(refused.value).endswith(".")


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_arbitrary_bytes_raise_no_other_error(data):
    with pytest.raises(HistoryError):
        parse_history(data)
