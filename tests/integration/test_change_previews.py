"""What a save would change, in the words of the version that it makes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from sessions_app.models import DubbingSession
from tests.integration.programs import ROOT
from tests.integration.sketches import current_of, post_json, signed_in
from tests.world import PROJECT, World

HINDI, SPANISH = "audio/hi_audio.wav", "audio/es_audio.wav"


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def preview(
    session: DubbingSession, files: Mapping[str, bytes], *, is_read: bool = True, **options: Any
) -> dict[str, Any]:
    sent = [
        {"path": path, "size": len(data), "sha256": sha256_of(data) if is_read else ""}
        for path, data in files.items()
    ]
    body = {"files": sent, "session": str(session.code), "rooted": False, **options}
    response = post_json(signed_in(session.owner), f"{ROOT}/placements", body)
    assert response.status_code == 200, response.content
    result: dict[str, Any] = response.json()
    return result


@pytest.mark.parametrize("replace", [False, True])
def test_a_preview_has_the_words_of_the_version(world: World, replace):
    session = world.saved(files=PROJECT)
    files = {HINDI: b"a better take", SPANISH: PROJECT[SPANISH], "notes.txt": b"new"}

    previewed = preview(session, files, replace=replace)

    states = {file["path"]: (file["change"], file["previous_size"]) for file in previewed["files"]}
    assert states == {
        HINDI: ("changed", len(PROJECT[HINDI])),
        SPANISH: ("unchanged", len(PROJECT[SPANISH])),
        "notes.txt": ("new", None),
    }
    removed = sorted({*PROJECT} - {HINDI, SPANISH}) if replace else []
    assert [file["path"] for file in previewed["removed"]] == removed
    assert previewed["changes"]["changed"] == {"count": 1, "size": len(b"a better take"), "paths": [HINDI]}
    world.save(session, files, replace=replace)
    version = current_of(session)
    assert previewed["change_summary"] == version.change_summary.words
    assert previewed["changes"] == version.changes


def test_files_of_the_same_size_are_unread_until_their_hash_is_known(world: World):
    session = world.saved(files=PROJECT)
    files = {HINDI: b"HI AUDIO" * 1000, SPANISH: PROJECT[SPANISH]}

    states = [
        {file["path"]: file["change"] for file in preview(session, files, is_read=is_read)["files"]}
        for is_read in (False, True)
    ]

    assert states == [
        {HINDI: "unread", SPANISH: "unread"},
        {HINDI: "changed", SPANISH: "unchanged"},
    ]


def test_without_sizes_there_is_no_preview_of_changes(world: World):
    body = {"paths": [HINDI]}

    previewed = post_json(signed_in(world.alice), f"{ROOT}/placements", body).json()

    assert (previewed["files"][0]["change"], previewed["change_summary"]) == (None, "")


def test_loose_files_are_matched_with_those_that_they_replace(world: World):
    session = world.saved(files={**PROJECT, "out/a/notes.txt": b"1", "out/b/notes.txt": b"2"})
    files = {"hi_audio.wav": b"a better take", "notes.txt": b"3"}

    placed = {file["source"]: file for file in preview(session, files)["files"]}

    assert (placed["hi_audio.wav"]["path"], placed["hi_audio.wav"]["change"]) == (HINDI, "changed")
    assert placed["hi_audio.wav"]["candidates"] == [HINDI, SPANISH]
    assert (placed["notes.txt"]["path"], placed["notes.txt"]["change"]) == ("notes.txt", "new")
    assert placed["notes.txt"]["candidates"] == ["out/a/notes.txt", "out/b/notes.txt"]

    # Both matches are changed.
    targets = {"hi_audio.wav": "hi_audio.wav", "notes.txt": "out/b/notes.txt"}
    previewed = preview(session, files, targets=targets)
    assert previewed["change_summary"] == "1 new: hi_audio.wav; 1 changed: out/b/notes.txt"
    world.save(session, files, targets=targets)
    version = current_of(session)
    assert version.change_summary.words == previewed["change_summary"]
    saved = world.files(version)
    assert (saved["hi_audio.wav"], saved["out/b/notes.txt"], saved[HINDI]) == (
        b"a better take",
        b"3",
        PROJECT[HINDI],
    )


def test_files_of_a_folder_that_the_session_has_are_not_matched(world: World):
    session = world.saved(files={**PROJECT, "docs/notes.txt": b"1"})

    placed = preview(session, {f"work/{HINDI}": b"x", "work/notes.txt": b"2", "work/a.txt": b""})["files"]

    assert {file["path"]: file["change"] for file in placed} == {
        HINDI: "changed",
        "notes.txt": "new",
        "a.txt": "new",
    }


def test_two_files_with_one_target_are_refused(world: World):
    session = world.saved(files=PROJECT)

    targets = {"a.wav": HINDI, "b.wav": HINDI}
    job = world.save(session, {"a.wav": b"1", "b.wav": b"2"}, targets=targets)

    assert (job.state, job.error_code) == ("failed", "path_duplicate")
