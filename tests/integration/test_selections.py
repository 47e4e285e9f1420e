"""Selections: parts of a version and the full history, exported, imported and shared."""

from __future__ import annotations

import json
import threading

import pytest
from django.db import connection
from django.test import Client

from dubbing_core.selection import Selection
from sessions_app.models import DubbingSession, Entry, Export, Job, Version
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.exports.request import request_export, retry_export
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.shares import copy_shared_export, create_share
from tests.integration.sketches import bytes_of
from tests.world import PROJECT, World, read_object, stored_keys, zip_of_files

FIRST = {
    **PROJECT,
    "final_videos/hi_final.mp4": b"hi video" * 900,
    "final_videos/es_final.mp4": b"es video" * 900,
}


@pytest.fixture
def session(world: World) -> DubbingSession:
    """A session with three versions: the second changes the Hindi audio, the third removes Spanish."""
    session = world.saved("talk", FIRST)
    world.clock.forward(hours=1)
    world.save(session, {"audio/hi_audio.wav": b"a better take" * 800}, message="Better Hindi")
    world.clock.forward(hours=1)
    removed = ["audio/es_audio.wav", "final_videos/es_final.mp4"]
    world.save(session, {"other/note.txt": b"no Spanish"}, message="Without Spanish", removed=removed)
    session.refresh_from_db()
    return session


def version_of(session: DubbingSession, number: int) -> Version:
    return Version.objects.select_related("session", "created_by").get(session=session, number=number)


def paths_in(world: World, export: Export) -> set[str]:
    return {name for name in world.zip_of(export) if not name.startswith(".dubbing/")} - {"metadata.json"}


def state_of(world: World, version: Version) -> dict[str, object]:
    return {
        "files": world.files(version),
        "entries": sorted(
            Entry.objects.filter(session=version.session)
            .at(version.number)
            .values_list("path", "category", "language", "added_in")
        ),
        "fingerprint": version.fingerprint,
        "message": version.message,
        "saved": (version.created_at, version.saved_by, version.restored_from),
        "totals": (
            version.file_count,
            version.total_size,
            version.stored_size,
            version.stage,
            version.changes,
        ),
        "document": (version.metadata, version.language_tags, version.video_name),
    }


# Parts of a version


@pytest.mark.either_stack
@pytest.mark.parametrize(
    ("choices", "paths", "filename"),
    [
        ({"categories": ["audio"]}, {"audio/hi_audio.wav", "audio/es_audio.wav"}, "talk_audio_export.zip"),
        (
            {"categories": ["audio", "final_videos"], "languages": ["hi"]},
            {"audio/hi_audio.wav", "final_videos/hi_final.mp4"},
            "talk_audio_final_videos_hi_export.zip",
        ),
        (
            {"cells": ["hi:audio", "es:final_videos"]},
            {"audio/hi_audio.wav", "final_videos/es_final.mp4"},
            "talk_es_final_videos_hi_audio_export.zip",
        ),
        (
            {"languages": ["es"]},
            {
                "original_video.mp4",
                "transcriptions/original_asr.json",
                "translations/translated.json",
                "voices/voice_assignments.json",
                "audio/es_audio.wav",
                "final_videos/es_final.mp4",
            },
            "talk_es_export.zip",
        ),
    ],
)
def test_an_export_of_a_selection_has_its_files(
    world: World, session: DubbingSession, choices, paths, filename
):
    export = world.exported(version_of(session, 1), **choices)

    assert (paths_in(world, export), export.filename) == (paths, filename)


@pytest.mark.either_stack
def test_an_export_without_the_source_has_all_other_files(world: World, session: DubbingSession):
    version = version_of(session, 1)

    export = world.exported(version, without_source=True)

    assert paths_in(world, export) == world.tree(version).keys() - {"original_video.mp4"}


@pytest.mark.either_stack
def test_metadata_of_a_selection_is_filtered(world: World, session: DubbingSession):
    files = world.zip_of(world.exported(version_of(session, 1), categories=["audio"], languages=["hi"]))

    document = json.loads(files["metadata.json"])
    assert document["languages"] == ["hi"]
    assert document["audio_paths"] == {"hi": "sessions/talk/audio/hi_audio.wav"}
    assert document["final_videos"] == {}
    assert document["translations"] == {"hi": "नमस्ते"}
    assert document["voices"] == {"hi": "gemini_hi_deep"}
    assert document["video_name"] == "my_presentation.mp4"
    assert document["session_metadata"]["total_files"] == 1
    manifest = json.loads(files[".dubbing/manifest.json"])
    assert manifest["selection"] == {"categories": ["audio"], "languages": ["hi"]}
    assert {member["path"] for member in manifest["members"]} == files.keys() - {".dubbing/manifest.json"}


def test_an_export_of_a_selection_can_be_imported(world: World, session: DubbingSession):
    export = world.exported(version_of(session, 1), languages=["hi"], without_source=True)

    job = world.imported(read_object(export.key), export.filename, owner=world.bob)

    assert job.session is not None
    assert job.session.current is not None
    assert job.session.name == "talk_hi_without_source"
    assert job.session.current.languages == ["hi"]
    assert world.files(job.session.current).keys() == paths_in(world, export)


def test_equal_selections_share_one_job(world: World, session: DubbingSession):
    version = version_of(session, 1)
    part = Selection.from_choices(categories=["audio"])

    def request(selection: Selection) -> Job:
        return request_export(version=version, owner=world.alice, selection=selection, now=world.clock())

    audio = world.exported(version, categories=["audio"])
    assert request(part).pk == audio.job_id
    assert request(Selection.from_choices(categories=["audio", "audio"])).pk == audio.job_id
    others = {
        request(Selection.from_choices(**choices)).pk
        for choices in ({}, {"languages": ["hi"]}, {"history": True})
    }
    assert len(others) == 3
    assert audio.job_id not in others


def test_concurrent_equal_requests_share_one_job(world: World, session: DubbingSession):
    version = version_of(session, 1)
    jobs: list[int] = []
    start = threading.Barrier(4)

    def request() -> None:
        try:
            start.wait()
            jobs.append(request_export(version=version, owner=world.alice, now=world.clock()).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=request) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(jobs) == 4
    assert len(set(jobs)) == 1


def test_a_retry_reuses_an_export_created_in_the_meantime(world: World, session: DubbingSession):
    version = version_of(session, 1)
    cancelled = request_export(version=version, owner=world.alice, now=world.clock())
    cancel_job(job=cancelled, now=world.clock())
    cancelled.refresh_from_db()
    export = world.exported(version)

    assert retry_export(job=cancelled, now=world.clock()).pk == export.job_id

    world.clock.forward(days=8)
    assert retry_export(job=cancelled, now=world.clock()).pk == cancelled.pk
    cancelled.refresh_from_db()
    assert cancelled.state == Job.State.QUEUED


@pytest.mark.either_stack
def test_an_empty_selection_is_refused(world: World, session: DubbingSession):
    with pytest.raises(BadInputError) as refused:
        request_export(
            version=version_of(session, 1),
            owner=world.alice,
            selection=Selection.from_choices(categories=["mixed_videos"]),
            now=world.clock(),
        )

    assert refused.value.code == "nothing_selected"
    assert not Job.objects.filter(kind=Job.Kind.EXPORT).exists()


# Pages


def url(session: DubbingSession, rest: str, number: int = 1) -> str:
    return f"/sessions/{session.code}/versions/{number}/{rest}"


@pytest.mark.either_stack
def test_a_selection_is_downloaded_without_an_export(world: World, session: DubbingSession, client: Client):
    data = read_object(world.exported(version_of(session, 1), categories=["audio"]).key)
    client.force_login(world.alice)

    response = client.get(url(session, "archive.zip?category=audio"))

    assert bytes_of(response) == data
    assert 'filename="talk_audio_export.zip"' in response["Content-Disposition"]


# The full history


@pytest.mark.either_stack
def test_every_version_is_imported(world: World, session: DubbingSession):
    export = world.exported(version_of(session, 3), history=True)

    job = world.imported(read_object(export.key), export.filename, owner=world.bob)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert job.session is not None
    assert job.session.name == "talk"
    assert job.session.created_at == session.created_at
    for number in (1, 2, 3):
        original, imported = version_of(session, number), version_of(job.session, number)
        assert state_of(world, imported) == state_of(world, original), number
        assert (imported.created_by, imported.saved_by) == (None, "alice")
    assert job.session.current == version_of(job.session, 3)
    assert stored_keys("staging/") == []


@pytest.mark.either_stack
def test_each_file_of_the_history_is_in_the_archive_once(world: World, session: DubbingSession):
    files = world.zip_of(world.exported(version_of(session, 3), history=True))

    older = {name: data for name, data in files.items() if name.startswith(".dubbing/blobs/")}
    assert sorted(older.values()) == sorted(
        [FIRST["audio/hi_audio.wav"], FIRST["audio/es_audio.wav"], FIRST["final_videos/es_final.mp4"]]
    )
    newest = {name: data for name, data in files.items() if not name.startswith(".dubbing/")}
    assert newest.keys() - {"metadata.json"} == world.tree(version_of(session, 3)).keys()
    manifest = json.loads(files[".dubbing/manifest.json"])
    checked = {member["path"] for member in manifest["members"]}
    assert checked == files.keys() - {".dubbing/manifest.json"}


@pytest.mark.either_stack
def test_the_history_of_an_older_version_ends_there(world: World, session: DubbingSession):
    export = world.exported(version_of(session, 2), history=True)

    job = world.imported(read_object(export.key), owner=world.bob)

    assert job.session is not None
    assert Version.objects.filter(session=job.session).count() == 2
    assert state_of(world, version_of(job.session, 2)) == state_of(world, version_of(session, 2))


@pytest.mark.either_stack
def test_an_imported_history_can_be_exported_and_continued(world: World, session: DubbingSession):
    first = world.exported(version_of(session, 3), history=True)
    job = world.imported(read_object(first.key), first.filename, owner=world.bob)
    copy = DubbingSession.objects.get(pk=job.session_id or 0)

    assert read_object(world.exported(version_of(copy, 3), history=True).key) == read_object(first.key)

    assert world.save(copy, {"other/more.txt": b"more"}).state == Job.State.SUCCEEDED
    assert version_of(copy, 4).saved_by == "bob"


@pytest.mark.either_stack
def test_a_changed_history_is_refused(world: World, session: DubbingSession, subtests: pytest.Subtests):
    files = world.zip_of(world.exported(version_of(session, 3), history=True))
    (older, *_) = (name for name in files if name.startswith(".dubbing/blobs/"))

    for changed, code in (
        ({**files, older: b"x" * len(files[older])}, "proof_differs"),
        ({**files, older: b"longer" * 5000}, "history_incomplete"),
        ({name: data for name, data in files.items() if name != older}, "history_incomplete"),
        ({**files, "audio/new.wav": b"from elsewhere"}, "history_differs"),
        ({**files, "audio/hi_audio.wav": b"x" * len(files["audio/hi_audio.wav"])}, "proof_differs"),
        ({**files, ".dubbing/history.json": b"{}"}, "history_damaged"),
    ):
        with subtests.test(code):
            job = world.imported(zip_of_files(changed), owner=world.charlie)
            assert (job.state, job.error_code) == (Job.State.FAILED, code)
            assert job.error_message.endswith((".", ".)"))
    assert not DubbingSession.objects.filter(owner=world.charlie).exists()


@pytest.mark.either_stack
def test_a_history_too_large_for_an_import_is_refused(world: World, session: DubbingSession, settings):
    settings.MAX_FILES_IN_SESSION = 9

    version, selection = version_of(session, 3), Selection.from_choices(history=True)
    job = world.run(
        request_export(version=version, owner=world.alice, selection=selection, now=world.clock())
    )

    assert (job.state, job.error_code) == (Job.State.FAILED, "history_too_large")
    assert "10 files" in job.error_message


# Share links


@pytest.mark.either_stack
def test_a_link_to_a_selection_shares_its_files_only(world: World, session: DubbingSession, client: Client):
    export = world.exported(version_of(session, 1), categories=["audio"], languages=["hi"])
    new_share = create_share(export=export, author=world.alice, days=7, note="", now=world.clock())
    Export.objects.filter(pk=export.pk).update(expires_at="2999-01-01T00:00Z")
    new_share.share.expires_at = "2999-01-01T00:00Z"
    new_share.share.save()

    page = bytes_of(client.get(f"/s/{new_share.token}/")).decode()
    assert "hi_audio.wav" in page
    for hidden in ("es_audio.wav", "hi_final.mp4", "original_video.mp4"):
        assert hidden not in page

    copy = copy_shared_export(share=new_share.share, owner=world.bob, now=world.clock())
    assert copy.current is not None
    assert world.files(copy.current) == {"audio/hi_audio.wav": FIRST["audio/hi_audio.wav"]}
    assert copy.current.languages == ["hi"]
    assert copy.current.metadata["translations"] == {"hi": "नमस्ते"}


@pytest.mark.either_stack
def test_a_link_to_the_full_history_shares_every_version(world: World, session: DubbingSession):
    export = world.exported(version_of(session, 3), history=True)
    new_share = create_share(export=export, author=world.alice, days=7, note="", now=world.clock())

    copy = copy_shared_export(share=new_share.share, owner=world.bob, now=world.clock())

    for number in (1, 2, 3):
        assert state_of(world, version_of(copy, number)) == state_of(world, version_of(session, number))
