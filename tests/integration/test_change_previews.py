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
