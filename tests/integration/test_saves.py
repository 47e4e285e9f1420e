"""Saves: placement, metadata, changed files only, conflicts, retries."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app.models import Blob, DubbingSession, Entry, Job, Upload, Version
from sessions_app.operations.errors import BadInputError, ConflictError
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.operations.saves.request import SaveRequest, request_save
from sessions_app.operations.saves.retry import retry_on_top
from tests.world import PROJECT, World, stored_keys

STATEMENTS_OF_A_SAVE = 76
"""Of one changed file, from the upload to the version."""


def test_saving_preserves_every_path_and_byte(world: World):
    session = world.saved(files=PROJECT)

    assert session.current is not None
    assert world.files(session.current) == PROJECT
    assert world.tree(session.current)["original_video.mp4"] == PROJECT["my_presentation.mp4"]


def test_metadata_is_completed_from_the_files(world: World):
    version = world.saved(files=PROJECT).current

    assert version is not None
    assert version.video_name == "my_presentation.mp4"
    assert version.metadata["transcription_text"] == "Hello and welcome."
    assert version.metadata["translations"] == {"hi": "नमस्ते", "es": "Hola"}
    assert version.metadata["voices"] == {"hi": "gemini_hi_deep", "es": "edge_es_bright"}
    assert version.metadata["audio_paths"] == {"hi": "audio/hi_audio.wav", "es": "audio/es_audio.wav"}
    assert set(version.languages) == {"hi", "es"}
    assert (version.has_transcription, version.has_translations, version.has_audio, version.has_videos) == (
        True,
        True,
        True,
        False,
    )


def test_saving_again_stores_only_changed_files(world: World):
    session = world.saved(files=PROJECT)
    before = set(stored_keys("blobs/"))

    world.save(session, {"audio/hi_audio.wav": b"a better take"}, message="Better Hindi")

    session.refresh_from_db()
    assert session.current is not None
    assert session.current.number == 2
    assert session.current.message == "Better Hindi"
    assert session.current.stored_size == len(b"a better take")
    assert len(set(stored_keys("blobs/")) - before) == 1
    assert Entry.objects.filter(session=session).count() == len(PROJECT) + 1
    assert world.files(session.current)["audio/hi_audio.wav"] == b"a better take"
    first = Version.objects.get(session=session, number=1)
    assert world.files(first)["audio/hi_audio.wav"] == PROJECT["audio/hi_audio.wav"]


@pytest.mark.one_stack
def test_saving_again_needs_few_statements(world: World):
    session = world.saved(files=PROJECT)

    with CaptureQueriesContext(connection) as queries:
        world.save(session, {"audio/hi_audio.wav": b"a better take"})

    statements = [query["sql"] for query in queries]
    assert not [each for each in statements if each.startswith("UPDATE") and "sessiontext" in each]
    assert not [each for each in statements if each.startswith("DELETE") and "sessions_app_pin" in each]
    assert len(statements) <= STATEMENTS_OF_A_SAVE


def test_replacing_removes_all_other_files(world: World):
    session = world.saved(files=PROJECT)

    world.save(session, {"audio/hi_audio.wav": b"only this"}, replace=True)

    session.refresh_from_db()
    assert session.current is not None
    assert world.files(session.current) == {"audio/hi_audio.wav": b"only this"}


def test_a_save_can_remove_files_alone(world: World):
    session = world.saved(files=PROJECT)

    request = SaveRequest(parent=1, removed=["audio/hi_audio.wav"])
    job = world.run(
        request_save(session=session, author=world.alice, files=[], request=request, now=world.clock())
    )

    session.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert session.current is not None
    assert "audio/hi_audio.wav" not in world.files(session.current)


def test_saving_unchanged_files_creates_no_version(world: World):
    session = world.saved(files=PROJECT)

    job = world.save(session, {"audio/hi_audio.wav": PROJECT["audio/hi_audio.wav"]})

    assert (job.state, job.error_code) == (Job.State.FAILED, "unchanged")
    assert Version.objects.filter(session=session).count() == 1


def test_the_second_of_two_concurrent_saves_conflicts_and_can_be_saved_on_top(world: World):
    session = world.saved(files=PROJECT)
    first = world.save(session, {"audio/hi_audio.wav": b"mine"}, message="Mine", run=False)
    second = world.save(session, {"audio/es_audio.wav": b"yours"}, run=False)

    world.run(first)
    world.run(second)

    assert (second.state, second.error_code) == (Job.State.FAILED, "conflict")
    assert "alice saved version 2 (“Mine”)" in second.error_message
    assert "No file was changed by both." in second.error_message

    retry_on_top(job=second, now=world.clock())
    second.refresh_from_db()
    world.run(second)

    session.refresh_from_db()
    assert second.state == Job.State.SUCCEEDED
    assert session.current is not None
    files = world.files(session.current)
    assert (session.current.number, files["audio/hi_audio.wav"], files["audio/es_audio.wav"]) == (
        3,
        b"mine",
        b"yours",
    )


def test_saving_on_an_outdated_version_is_refused(world: World):
    session = world.saved(files=PROJECT)

    with pytest.raises(ConflictError) as refused:
        world.save(session, {"a.wav": b"x"}, parent=0)

    assert refused.value.current == 1


@pytest.mark.either_stack
@pytest.mark.parametrize(
    ("ours", "request_fields", "both", "unchanged"),
    [
        ({"audio/hi_audio.wav": b"mine", "audio/es_audio.wav": b"mine"}, {}, ["audio/hi_audio.wav"], []),
        ({"audio/hi_audio.wav": b"another"}, {}, [], []),
        ({"audio/hi_audio.wav": PROJECT["audio/hi_audio.wav"]}, {}, [], ["audio/hi_audio.wav"]),
        ({"new.txt": b"mine"}, {}, ["new.txt"], []),
        ({"other.txt": b"mine"}, {"removed": ["audio/hi_audio.wav"]}, ["audio/hi_audio.wav"], []),
        ({"audio/es_audio.wav": b"mine"}, {"replace": True}, ["audio/hi_audio.wav"], ["new.txt"]),
        # A folder around all files is no part of their paths.
        ({"work/audio/hi_audio.wav": b"mine", "work/x.txt": b"x"}, {}, ["audio/hi_audio.wav"], []),
    ],
)
def test_a_conflict_names_the_paths_that_both_sides_changed(
    world: World, ours, request_fields, both, unchanged
):
    session = world.saved(files=PROJECT)
    job = world.save(session, ours, run=False, **request_fields)
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in ours.items()}
    for upload in job.uploads.all():
        upload.sha256 = hashes.get(upload.path, "")
        if upload.members is not None:
            upload.members = [[path, size, hashes[path], *facts] for path, size, _, *facts in upload.members]
        upload.save()
    world.save(session, {"audio/hi_audio.wav": b"another", "new.txt": b"another"})

    with pytest.raises(ConflictError) as refused:
        request_save(
            session=DubbingSession.objects.get(pk=session.pk),
            author=world.alice,
            files=list(job.uploads.all()),
            request=SaveRequest(parent=1, **request_fields),
            now=world.clock(),
        )
    world.run(job)

    paths = refused.value.paths
    undone, retained = (unchanged, []) if request_fields.get("replace") else ([], unchanged)
    assert (list(paths.both), list(paths.undone), list(paths.retained)) == (both, undone, retained)
    assert refused.value.message == job.error_message
    assert all(f"“{path}”" in job.error_message for path in (*both, *unchanged))


def test_a_save_on_top_undoes_no_change_of_files_that_it_contains_unchanged(world: World):
    session = world.saved(files=PROJECT)
    ours = {**PROJECT, "audio/es_audio.wav": b"mine"}
    job = world.save(session, ours, run=False)
    world.save(session, {"audio/hi_audio.wav": b"yours"}, removed=["translations/translated.json"])
    world.run(job)
    assert job.error_code == "conflict"

    retry_on_top(job=job, now=world.clock())
    job.refresh_from_db()
    world.run(job)

    session.refresh_from_db()
    assert session.current is not None
    expected = {**ours, "audio/hi_audio.wav": b"yours"}
    del expected["translations/translated.json"]
    assert (session.current.number, world.files(session.current)) == (3, expected)
    assert session.current.change_summary.words == "1 changed: audio/es_audio.wav"


def request_first_save(world: World, files: dict[str, bytes], name: str = "talk") -> Job:
    return request_save(
        session=None,
        author=world.alice,
        files=world.upload(files),
        request=SaveRequest(parent=0, name=name),
        now=world.clock(),
    )


def test_a_new_session_is_created_with_its_first_version(world: World):
    world.session("talk")

    job = world.run(request_first_save(world, PROJECT))

    assert job.state == Job.State.SUCCEEDED, job.error_detail
    assert job.session is not None
    assert job.session.current is not None
    assert (job.session.name, job.result["requested_name"]) == ("talk_2", "talk")
    assert (job.result["session"], job.result["version"]) == (str(job.session.code), 1)
    assert world.files(job.session.current) == PROJECT


def test_a_refused_first_save_leaves_no_session_and_can_be_retried(world: World, monkeypatch):
    job = request_first_save(world, PROJECT)
    with monkeypatch.context() as patched:
        patched.setattr("sessions_app.operations.saves.new_version.check_file_count", fail_with_many_files)
        world.run(job)
    assert (job.state, job.error_code) == (Job.State.FAILED, "too_many_files")
    assert not DubbingSession.objects.exists()

    retry_job(job=job, now=world.clock())
    job.refresh_from_db()
    world.run(job)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    (session,) = DubbingSession.objects.all()
    assert (session.name, job.session_id) == ("talk", session.pk)


def fail_with_many_files(_count: int) -> None:
    raise BadInputError("Too many files.", code="too_many_files")


def test_a_first_save_with_an_invalid_name_is_refused_at_once(world: World):
    with pytest.raises(BadInputError) as refused:
        request_first_save(world, PROJECT, name=" ")

    assert refused.value.code == "name_empty"


def test_saving_nothing_is_refused(world: World):
    session = world.session()

    with pytest.raises(BadInputError, match="at least one file"):
        request_save(
            session=session,
            author=world.alice,
            files=[],
            request=SaveRequest(parent=0),
            now=world.clock(),
        )


def test_a_save_leaves_no_uploads_and_no_staged_bytes(world: World):
    world.saved(files=PROJECT)

    assert not Upload.objects.exists()
    assert stored_keys("staging/") == []
    assert Blob.objects.exclude(state=Blob.State.STORED).count() == 0
    assert len(stored_keys("blobs/")) == Blob.objects.count()


def test_a_cancelled_save_can_be_retried(world: World):
    session = world.session()
    job = world.save(session, PROJECT, run=False)
    cancel_job(job=job, now=world.clock())
    assert world.run(job).state == Job.State.CANCELLED

    retry_job(job=job, now=world.clock())

    job.refresh_from_db()
    assert world.run(job).state == Job.State.SUCCEEDED


def test_typed_texts_of_a_metadata_json_stay_when_files_change(world: World):
    typed = {
        "transcription_text": "Typed",
        "translations": {"hi": "टाइप", "es": "Hola"},
        "voices": {"hi": "mine"},
    }
    files = {
        "metadata.json": json.dumps(typed).encode(),
        "transcriptions/en.txt": b"From a file",
        "translations/hi.txt": "फ़ाइल से".encode(),
        "translations/es.txt": b"Hola",
    }
    session = world.saved(files=files)
    changed = {
        "translations/hi.txt": "नई फ़ाइल".encode(),
        "translations/es.txt": b"Buenos",
        "voices/voice_assignments.json": b'{"hi": "other", "es": "other"}',
    }

    world.save(session, changed)

    session.refresh_from_db()
    assert session.current is not None
    document = session.current.metadata
    assert document["transcription_text"] == "Typed"
    assert document["translations"] == {"hi": "टाइप", "es": "Buenos"}
    assert document["voices"] == {"hi": "mine", "es": "other"}


def test_a_typed_text_that_was_removed_with_its_file_keeps_no_later_file_out(world: World):
    typed = {"transcription_text": "", "translations": {"hi": "टाइप", "es": "Escrito"}, "voices": {}}
    files = {
        "metadata.json": json.dumps(typed).encode(),
        "translations/hi.txt": "फ़ाइल से".encode(),
        "translations/es.txt": b"Hola",
    }
    session = world.saved(files=files)
    world.save(session, {}, removed=("translations/hi.txt",))

    world.save(session, {"translations/hi.txt": "नई फ़ाइल".encode()})

    session.refresh_from_db()
    assert session.current is not None
    assert session.current.metadata["translations"] == {"hi": "नई फ़ाइल", "es": "Escrito"}


def test_unknown_keys_of_an_uploaded_metadata_json_are_preserved(world: World):
    uploaded = b'{"video_name": "talk.mov", "mixing": {"gain": 0.5}, "session_metadata": {"tool": "mine"}}'
    session = world.saved(files={"metadata.json": uploaded, "audio/hi_audio.wav": b"x"})

    world.save(session, {"audio/hi_audio.wav": b"y"})

    session.refresh_from_db()
    assert session.current is not None
    document = session.current.metadata
    assert (document["video_name"], document["mixing"]) == ("talk.mov", {"gain": 0.5})
    assert document["session_metadata"]["tool"] == "mine"


@pytest.mark.one_stack
def test_damaged_metadata_is_read_as_far_as_possible_and_kept(world: World):
    damaged = b'{"video_name": "talk.mov", "languages": "hi", "session_name": "ta'
    session = world.session()

    job = world.save(session, {"metadata.json": damaged, "audio/es_audio.wav": b"x"})

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert job.result["warnings"] == [
        "metadata.json has a value for “languages” that is not a list of texts; it is not read.",
        "metadata.json is not valid JSON after “languages” (line 1, column 63); the rest is not read.",
    ]
    session.refresh_from_db()
    assert session.current is not None
    assert session.current.metadata["video_name"] == "talk.mov"
    assert damaged in world.files(session.current).values()


@pytest.mark.one_stack
def test_the_metadata_of_another_tool_is_saved_as_a_file(world: World):
    foreign = b'{"video_id": "a1", "speakers": [], "created_at": 17}'
    session = world.session()

    job = world.save(session, {"metadata.json": foreign, "audio/es_audio.wav": b"x"})

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert "warnings" not in job.result
    session.refresh_from_db()
    assert session.current is not None
    assert foreign in world.files(session.current).values()
    assert "speakers" not in session.current.metadata


def test_another_video_does_not_replace_the_source(world: World):
    session = world.saved(files=PROJECT)

    world.save(session, {"teaser.mov": b"another video"})
    world.save(session, {"my_presentation.mp4": b"a new cut"})

    session.refresh_from_db()
    assert session.current is not None
    tree = world.tree(session.current)
    assert tree["final_videos/teaser.mov"] == b"another video"
    assert tree["original_video.mp4"] == b"a new cut"
    assert session.current.video_name == "my_presentation.mp4"
