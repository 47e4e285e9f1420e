"""What a save would change, in the words of the version that it makes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from dubbing_core.categories import Category
from dubbing_core.label_changes import LabelChange
from sessions_app.api.corrections import LabelCorrection, read_labels
from sessions_app.models import DubbingSession
from sessions_app.queries.versions import get_entries
from tests.integration.programs import ROOT
from tests.integration.sketches import current_of, post_json, signed_in
from tests.world import PROJECT, World

pytestmark = pytest.mark.either_stack

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


def test_a_preview_knows_corrections_that_are_sent_with_it(world: World):
    session = world.saved(files=PROJECT)
    world.save(session, {"b.mp4": b"another video"})
    labels: list[dict[str, Any]] = [
        {"paths": ["b.mp4"], "role": "source"},
        {"paths": ["notes.txt"], "category": "translations"},
    ]
    files = {"b.mp4": b"another video", "notes.txt": b"new"}

    previewed = preview(session, files, labels=labels)

    placed = {file["path"]: (file["change"], file["role"]) for file in previewed["files"]}
    assert placed == {"b.mp4": ("relabeled", "source"), "notes.txt": ("new", "translation")}
    # The former source is another file of the session.
    assert previewed["changes"]["relabeled"]["paths"] == ["b.mp4", "my_presentation.mp4"]
    world.save(session, files, labels=read_labels([LabelCorrection(**row) for row in labels], languages=()))
    assert current_of(session).change_summary.words == previewed["change_summary"]


def test_a_save_can_withdraw_an_earlier_correction(world: World):
    session = world.saved(files=PROJECT)
    corrected = {HINDI: LabelChange(category=Category.OTHER, language="ja")}
    world.save(session, {HINDI: b"take 2"}, labels=corrected)
    files = {HINDI: b"take 3"}
    assert preview(session, files)["files"][0]["labeled_by"] == "person"

    (placed,) = preview(session, files, recognized=[HINDI])["files"]
    world.save(session, files, recognized=[HINDI])

    assert (placed["category"], placed["language"], placed["labeled_by"]) == ("audio", "hi", "recognizer")
    entry = get_entries(current_of(session)).get(path=HINDI)
    assert (entry.category, entry.language, entry.labeled_by) == ("audio", "hi", "recognizer")
    # It stays withdrawn.
    assert preview(session, {HINDI: b"take 4"})["files"][0]["labeled_by"] == "recognizer"


@pytest.mark.parametrize(
    ("data", "metadata", "warning"),
    [
        (b'{"session_name": "talk", "video_name": "a.mp4", "voices": {}}', "work/metadata.json", ""),
        (b'{"title": "of another tool"}', None, ""),
        (b'{"session_name": "talk", "video_name": "a.mp4", "voices": {"hi": ', None, "not valid JSON"),
    ],
)
def test_a_preview_reads_which_metadata_is_the_sessions(world: World, data, metadata, warning):
    session = world.session()
    files = {"work/metadata.json": data, "work/a.mp4": b"video"}

    unread = preview(session, files)
    contents = {"work/metadata.json": base64.b64encode(data).decode()}
    read = preview(session, files, contents=contents)

    assert (unread["metadata"], unread["requested"]) == ("work/metadata.json", ["work/metadata.json"])
    assert (read["metadata"], read["requested"]) == (metadata, [])
    assert warning in " ".join(read["warnings"])
    assert bool(read["warnings"]) == bool(warning)


@pytest.mark.one_stack
@pytest.mark.parametrize(("size", "metadata"), [(5_000_000, "metadata.json"), (17_000_000, None)])
def test_of_a_large_metadata_the_start_and_its_size_decide(world: World, size, metadata):
    start = b'{"session_name": "talk", "video_name": "talk.mp4", "transcription_text": "Hello and'
    body = {
        "files": [{"path": "metadata.json", "size": size}],
        "contents": {"metadata.json": base64.b64encode(start).decode()},
    }

    previewed = post_json(signed_in(world.alice), f"{ROOT}/placements", body).json()

    assert (previewed["metadata"], previewed["requested"]) == (metadata, [])
    over = "metadata.json has 17,000,000 bytes; only the first 16 MiB are read."
    assert previewed["warnings"] == ([] if metadata else [over])


def test_a_preview_reports_tools_and_questions_until_a_label_resolves_them(world: World):
    session = world.session()
    files = {"one.mp4": b"1", "two.mp4": b"2"}

    (question,) = preview(session, files)["questions"]
    labeled = preview(session, files, labels=[{"paths": ["two.mp4"], "role": "source"}])

    assert (question["code"], question["choices"]) == ("source_ambiguous", ["one.mp4", "two.mp4"])
    assert labeled["questions"] == []


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


def test_every_kind_of_change_of_a_version_is_listed_and_found(world: World):
    session = world.saved(files={**PROJECT, "a.txt": b"1", "b/İ.txt": b"2"})
    labels = {SPANISH: LabelChange(language="pt")}
    files = {HINDI: b"a better take", SPANISH: PROJECT[SPANISH], "new.txt": b"new"}
    world.save(session, files, removed=["a.txt"], labels=labels)
    version = current_of(session)
    world.save(session, {HINDI: b"another take"})  # of later versions nothing is listed

    url = f"{ROOT}/sessions/{session.code}/versions/{version.number}/changes"
    client = signed_in(session.owner)
    found = {row["path"]: row for row in client.get(url).json()["items"]}

    assert {path: row["kind"] for path, row in found.items()} == {
        "a.txt": "removed",
        SPANISH: "relabeled",
        HINDI: "changed",
        "new.txt": "new",
    }
    sizes = (found[HINDI]["size"], found[HINDI]["previous_size"], found["new.txt"]["previous_size"])
    assert sizes == (len(b"a better take"), len(PROJECT[HINDI]), None)
    assert {kind: group["count"] for kind, group in version.changes.items()} == dict.fromkeys(
        ("new", "changed", "relabeled", "removed"), 1
    )
    for query, paths in (("?kind=removed", ["a.txt"]), ("?q=WAV%20audio", [SPANISH, HINDI]), ("?q=%25", [])):
        assert [row["path"] for row in client.get(url + query).json()["items"]] == paths
    page = client.get(f"/sessions/{session.code}/versions/{version.number}/changes/?kind=new&part=1")
    assert "new.txt" in page.content.decode()
    assert "hi_audio.wav" not in page.content.decode()


@pytest.mark.one_stack
def test_a_preview_names_what_a_save_leaves_out(world: World):
    session = world.saved(files=PROJECT)
    hidden = {"talk/.git/config": b"1", "talk/.git/HEAD": b"2"}
    system = {"talk/.DS_Store": b"4", "talk/audio/.DS_Store": b"5", "talk/.dubbing/manifest.json": b"6"}
    files = {"talk/new.txt": b"3", **system, **hidden}

    previewed = preview(session, files, include_hidden=False)

    assert [file["path"] for file in previewed["files"]] == ["new.txt"]
    assert [(*map(each.get, ("path", "label", "count", "size")),) for each in previewed["excluded"]] == [
        (".git/", "hidden folder", 2, 2),
        (".DS_Store", "system file", 1, 1),
        ("audio/.DS_Store", "system file", 1, 1),
        (".dubbing/", "export folder", 1, 1),
    ]
    assert previewed["exclusion_summary"] == (
        "Left out: .git/ (hidden folder, 2 files, 2 B), .DS_Store (2 system files), .dubbing/ (export folder, 1 file, 1 B)."
    )
    with_hidden = preview(session, files)
    assert [file["path"] for file in with_hidden["files"]] == [".git/HEAD", ".git/config", "new.txt"]
    assert with_hidden["exclusion_summary"] == (
        "Left out: .DS_Store (2 system files), .dubbing/ (export folder, 1 file, 1 B)."
    )
    assert preview(session, {"new.txt": b"3"}, include_hidden=False)["exclusion_summary"] == ""


@pytest.mark.one_stack
def test_a_preview_knows_the_executable_bit_that_is_sent(world: World):
    session = world.saved(files=PROJECT)
    file = {"path": HINDI, "size": len(PROJECT[HINDI]), "sha256": sha256_of(PROJECT[HINDI])}
    body = {"session": str(session.code), "files": [{**file, "executable": True}]}

    previewed = post_json(signed_in(session.owner), f"{ROOT}/placements", body).json()

    assert previewed["files"][0]["change"] == "made_executable"
    assert previewed["change_summary"] == f"1 made executable: {HINDI}"
