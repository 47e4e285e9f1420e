"""Imports of ZIPs: exports, archives of the original session manager, plain folders of media."""

from __future__ import annotations

import json

import pytest

from dubbing_core.session_names import build_export_filename
from sessions_app.models import Blob, DubbingSession, Job, Pin
from tests.world import PROJECT, World, stored_keys, zip_of_files

SEED_DOCUMENT = {
    "session_name": "my_project_20250803_181102",
    "video_name": "my_presentation.mp4",
    "languages": ["hi", "en", "es"],
    "transcription_text": "Complete transcription text here...",
    "translations": {"hi": "हिंदी अनुवाद यहाँ...", "es": "Traducción en español aquí..."},
    "voices": {"hi": "gemini_hi_deep", "es": "edge_es_bright"},
    "audio_paths": {
        "hi": "sessions/my_project_20250803_181102/audio/hi_audio.wav",
        "es": "sessions/my_project_20250803_181102/audio/es_audio.wav",
    },
    "final_videos": {"hi": "sessions/my_project_20250803_181102/final_videos/hi_final.mp4"},
    "custom_voices": ["sessions/my_project_20250803_181102/custom_voices/custom_hi_voice_01_demo.wav"],
    "mixed_videos": ["sessions/my_project_20250803_181102/mixed_videos/gemini_hi_deep_demo_mixed.mp4"],
    "session_metadata": {"created_with_version": "1.0", "pipeline_stage": "completed", "total_files": 6},
    "created_at": "2025-08-03T18:11:02.123456",
    "last_updated": "2025-08-03T18:15:30.654321",
    "last_accessed": "2025-08-03T18:20:45.987654",
    "a key of the future": {"nested": [1, 2.5, None, True]},
}
SEED_FILES = {
    "original_video.mp4": b"video" * 500,
    "audio/hi_audio.wav": b"hi" * 500,
    "audio/es_audio.wav": b"es" * 500,
    "final_videos/hi_final.mp4": b"final" * 500,
    "custom_voices/custom_hi_voice_01_demo.wav": b"voice" * 500,
    "mixed_videos/gemini_hi_deep_demo_mixed.mp4": b"mixed" * 500,
}


def seed_zip() -> bytes:
    """Return an archive as `export_session` of the original session manager writes it."""
    document = json.dumps(SEED_DOCUMENT, indent=2, ensure_ascii=False).encode()
    return zip_of_files({"metadata.json": document, **SEED_FILES})


def imported_session(job: Job) -> DubbingSession:
    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert job.session is not None
    return DubbingSession.objects.select_related("current").get(pk=job.session.pk)


def test_a_zip_of_the_original_session_manager_is_named_after_its_file(world: World):
    world.clock.forward(days=1)
    job = world.imported(seed_zip(), "my_project_20250803_181102.zip")

    session = imported_session(job)
    assert session.name == "my_project_20250803_181102"
    assert session.current is not None
    assert world.tree(session.current) == SEED_FILES
    assert session.created_at.isoformat() == "2025-08-03T18:11:02.123456+00:00"
    assert session.last_updated.isoformat() == "2025-08-03T18:15:30.654321+00:00"
    assert session.last_accessed.isoformat() == "2025-08-03T18:20:45.987654+00:00"


def test_metadata_survives_import_and_export_key_for_key(world: World):
    world.clock.forward(days=1)
    session = imported_session(world.imported(seed_zip(), "my_project_20250803_181102.zip"))
    assert session.current is not None

    exported = world.zip_of(world.exported(session.current))

    assert list(json.loads(exported["metadata.json"]).items()) == list(SEED_DOCUMENT.items())
    assert {name: data for name, data in exported.items() if name in SEED_FILES} == SEED_FILES


def test_metadata_paths_contain_the_new_name(world: World):
    session = imported_session(world.imported(seed_zip(), "x.zip", name="Zweites Projekt"))
    assert session.current is not None

    document = json.loads(world.zip_of(world.exported(session.current))["metadata.json"])

    assert document["session_name"] == "Zweites Projekt"
    assert document["audio_paths"]["hi"] == "sessions/Zweites Projekt/audio/hi_audio.wav"


def test_a_name_that_no_file_can_have_survives_export_and_import(world: World):
    name = "Part 1/2: “é”?"
    original = world.saved(name, PROJECT)
    assert original.current is not None
    archive = world.zip_of(world.exported(original.current))
    document = json.loads(archive["metadata.json"])
    assert document["audio_paths"]["hi"] == "sessions/Part 1_2_ “é”_/audio/hi_audio.wav"

    data = zip_of_files(archive, compression=0)
    session = imported_session(world.imported(data, build_export_filename(name), owner=world.bob))
    renamed = imported_session(world.imported(data, "Another_export.zip", owner=world.bob))

    assert (session.name, renamed.name) == (name, "Another")


def test_an_export_is_imported_byte_for_byte(world: World):
    original = world.saved("talk", PROJECT)
    assert original.current is not None
    archive = world.zip_of(world.exported(original.current))
    data = zip_of_files(archive, compression=0)

    session = imported_session(world.imported(data, "talk_export.zip", owner=world.bob))

    assert session.name == "talk"
    assert session.current is not None
    assert world.files(session.current) == world.files(original.current)
    assert session.current.fingerprint == original.current.fingerprint


def test_a_plain_folder_of_media_is_placed_by_category(world: World):
    data = zip_of_files({"shoot/talk.mp4": b"v", "shoot/hi_audio.wav": b"a", "shoot/notes.txt": b"n"})

    session = imported_session(world.imported(data, "Werkstück 1.zip"))

    assert session.name == "Werkstück 1"
    assert session.current is not None
    assert session.current.video_name == "talk.mp4"
    assert world.files(session.current) == {
        "talk.mp4": b"v",
        "hi_audio.wav": b"a",
        "notes.txt": b"n",
    }


def test_a_taken_name_is_replaced_by_a_free_one(world: World):
    world.saved("talk")

    session = imported_session(world.imported(seed_zip(), "talk.zip"))

    assert session.name == "talk_2"


def damaged_zip() -> bytes:
    data = bytearray(zip_of_files({"a.wav": b"A" * 4000, "b.wav": b"B" * 4000}, compression=0))
    data[data.index(b"B" * 4000) + 5] ^= 1
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="no-bytes"),
        pytest.param(b"this is a text, not an archive", id="not-a-zip"),
        pytest.param(seed_zip()[:-30], id="truncated"),
        pytest.param(damaged_zip(), id="bit-flip"),
        pytest.param(zip_of_files({}), id="empty"),
        pytest.param(zip_of_files({"../evil.wav": b"x"}), id="path-traversal"),
        pytest.param(zip_of_files({"a.wav": b"x", "A.WAV": b"y"}), id="duplicate-name"),
    ],
)
def test_an_invalid_archive_fails_with_a_sentence_and_without_effect(world: World, data: bytes):
    job = world.imported(data, "bad.zip")

    assert job.state == Job.State.FAILED
    assert job.error_code not in {"", "internal"}
    assert job.error_message.endswith((".", ".)"))
    assert not DubbingSession.objects.exists()
    assert not Blob.objects.exists()
    assert not Pin.objects.exists()
    assert [key for key in stored_keys() if not key.startswith("staging/upload-")] == []


def test_a_file_changed_since_the_export_is_refused(world: World):
    original = world.saved("talk", PROJECT)
    assert original.current is not None
    files = world.zip_of(world.exported(original.current))
    files["audio/hi_audio.wav"] = b"changed"

    job = world.imported(zip_of_files(files), "talk.zip", owner=world.bob)

    assert (job.state, job.error_code) == (Job.State.FAILED, "proof_differs")
    assert "audio/hi_audio.wav" in job.error_message


def test_an_import_reuses_stored_blobs(world: World):
    world.saved("talk", PROJECT)
    before = stored_keys("blobs/")

    world.imported(zip_of_files(PROJECT), "copy.zip", owner=world.bob)

    assert stored_keys("blobs/") == before


def test_an_import_deletes_its_upload_and_staged_bytes(world: World):
    world.imported(seed_zip(), "a.zip")

    assert stored_keys("staging/") == []
    assert not Pin.objects.exists()


# Several sessions in one ZIP


def sessions_folder(*, root: str = "sessions/") -> dict[str, bytes]:
    """Return the files of the original session manager's folder: two sessions."""
    first = {"metadata.json": json.dumps(SEED_DOCUMENT).encode(), **SEED_FILES}
    second = {
        "metadata.json": b'{"session_name": "another", "languages": ["fr"]}',
        "audio/fr_audio.wav": b"fr" * 500,
    }
    folders = {"my_project_20250803_181102": first, "another_project_20250803_182045": second}
    return {
        f"{root}{folder}/{path}": data for folder, files in folders.items() for path, data in files.items()
    }


@pytest.mark.parametrize("root", ["sessions/", ""])
def test_each_session_of_a_folder_is_imported(world: World, root: str):
    world.saved("another_project_20250803_182045")

    job = world.imported(zip_of_files(sessions_folder(root=root)), "backup.zip", owner=world.alice)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert [(created["name"], created["files"]) for created in job.result["sessions"]] == [
        ("another_project_20250803_182045_2", 1),
        ("my_project_20250803_181102", len(SEED_FILES)),
    ]
    session = DubbingSession.objects.get(name="my_project_20250803_181102")
    assert session.current is not None
    assert world.tree(session.current) == SEED_FILES
    assert session.current.metadata["audio_paths"]["hi"] == "audio/hi_audio.wav"
    assert not Pin.objects.exists()


def test_a_session_of_only_metadata_is_imported_beside_others(world: World):
    files = sessions_folder() | {
        "sessions/third/metadata.json": b'{"session_name": "third", "languages": ["fr"]}'
    }

    job = world.imported(zip_of_files(files), "backup.zip")

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert [created["name"] for created in job.result["sessions"]][-1] == "third"


def test_a_name_is_refused_for_several_sessions(world: World):
    job = world.imported(zip_of_files(sessions_folder()), "backup.zip", name="Talk")

    assert (job.state, job.error_code) == (Job.State.FAILED, "name_not_allowed")
    assert not DubbingSession.objects.exists()


def test_several_exports_in_one_zip_are_imported_and_verified(world: World):
    files: dict[str, bytes] = {}
    for name in ("one", "two"):
        session = world.saved(name, PROJECT)
        world.save(session, {"other/note.txt": name.encode()})
        session.refresh_from_db()
        assert session.current is not None
        exported = world.zip_of(world.exported(session.current, history=name == "two"))
        files |= {f"{name}/{path}": data for path, data in exported.items()}

    job = world.imported(zip_of_files(files), owner=world.bob)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert [(created["name"], created["version"]) for created in job.result["sessions"]] == [
        ("one", 1),
        ("two", 2),
    ]
    files["two/audio/hi_audio.wav"] = b"x" * len(files["two/audio/hi_audio.wav"])
    changed = world.imported(zip_of_files(files), owner=world.bob)
    assert (changed.state, changed.result["name"]) == (Job.State.SUCCEEDED, "one_2")
    assert [failure["code"] for failure in changed.result["failed"]] == ["proof_differs"]
