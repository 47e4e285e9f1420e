"""Parts of a version, and all versions at once: exported, imported again, shared."""

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
from sessions_app.operations.shares.copy import copy_shared_export
from sessions_app.operations.shares.create import create_share
from tests.integration.sketches import bytes_of
from tests.world import PROJECT, World, read_object, stored_keys, zip_of_files

FIRST = {
    **PROJECT,
    "final_videos/hi_final.mp4": b"hi video" * 900,
    "final_videos/es_final.mp4": b"es video" * 900,
}


@pytest.fixture
def session(world: World) -> DubbingSession:
    """Three versions: Hindi is dubbed again in the second; the third drops Spanish and gets a note."""
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
        "kinds": sorted(
            Entry.objects.filter(session=version.session)
            .at(version.number)
            .values_list("path", "category", "language", "added_in")
        ),
        "fingerprint": version.fingerprint,
        "message": version.message,
        "saved": (version.created_at, version.saved_by, version.restored_from),
        "counted": (version.file_count, version.total_size, version.stored_size, version.stage),
        "told": (version.metadata, version.language_tags, version.video_name),
    }


# -- Parts of a version ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "paths", "filename"),
    [
        ({"categories": ["audio"]}, {"audio/hi_audio.wav", "audio/es_audio.wav"}, "talk_audio_export.zip"),
        (
            {"categories": ["audio", "final_videos"], "languages": ["hi"]},
            {"audio/hi_audio.wav", "final_videos/hi_final.mp4"},
            "talk_audio_final_videos_hi_export.zip",
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
def test_an_export_of_a_part_holds_that_part(world: World, session: DubbingSession, asked, paths, filename):
    export = world.exported(version_of(session, 1), **asked)

    assert (paths_in(world, export), export.filename) == (paths, filename)


def test_without_the_source_everything_else_is_there(world: World, session: DubbingSession):
    version = version_of(session, 1)

    export = world.exported(version, without_source=True)

    assert paths_in(world, export) == world.files(version).keys() - {"original_video.mp4"}


def test_metadata_of_a_part_tells_of_that_part_alone(world: World, session: DubbingSession):
    files = world.zip_of(world.exported(version_of(session, 1), categories=["audio"], languages=["hi"]))

    document = json.loads(files["metadata.json"])
    assert document["languages"] == ["hi"]
    assert document["audio_paths"] == {"hi": "sessions/talk/audio/hi_audio.wav"}
    assert document["final_videos"] == {}
    assert document["translations"] == {"hi": "नमस्ते"}
    assert document["voices"] == {"hi": "gemini_hi_deep"}
    assert document["video_name"] == "my_presentation.mp4"
    assert document["session_metadata"]["total_files"] == 1
    proof = json.loads(files[".dubbing/manifest.json"])
    assert proof["selection"] == {"categories": ["audio"], "languages": ["hi"]}
    assert {member["path"] for member in proof["members"]} == files.keys() - {".dubbing/manifest.json"}


def test_a_part_comes_in_again(world: World, session: DubbingSession):
    export = world.exported(version_of(session, 1), languages=["hi"], without_source=True)

    job = world.imported(read_object(export.key), export.filename, owner=world.bob)

    assert job.session is not None
    assert job.session.current is not None
    assert job.session.name == "talk_hi_without_source"
    assert job.session.current.languages == ["hi"]
    assert world.files(job.session.current).keys() == paths_in(world, export)


def test_each_selection_is_made_once(world: World, session: DubbingSession):
    version = version_of(session, 1)
    part = Selection.from_choices(categories=["audio"])

    def asked_for(selection: Selection) -> Job:
        return request_export(version=version, owner=world.alice, selection=selection, now=world.clock())

    audio = world.exported(version, categories=["audio"])
    assert asked_for(part).pk == audio.job_id
    assert asked_for(Selection.from_choices(categories=["audio", "audio"])).pk == audio.job_id
    others = {
        asked_for(Selection.from_choices(**asked)).pk
        for asked in ({}, {"languages": ["hi"]}, {"history": True})
    }
    assert len(others) == 3
    assert audio.job_id not in others


def test_of_two_who_ask_at_once_the_second_finds_the_firsts_job(world: World, session: DubbingSession):
    version = version_of(session, 1)
    found: list[int] = []
    start = threading.Barrier(4)

    def ask() -> None:
        try:
            start.wait()
            found.append(request_export(version=version, owner=world.alice, now=world.clock()).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len(set(found)) == 1


def test_trying_again_finds_the_export_that_was_made_meanwhile(world: World, session: DubbingSession):
    version = version_of(session, 1)
    given_up = request_export(version=version, owner=world.alice, now=world.clock())
    cancel_job(job=given_up, now=world.clock())
    given_up.refresh_from_db()
    made = world.exported(version)

    assert retry_export(job=given_up, now=world.clock()).pk == made.job_id

    world.clock.forward(days=8)
    assert retry_export(job=given_up, now=world.clock()).pk == given_up.pk
    given_up.refresh_from_db()
    assert given_up.state == Job.State.QUEUED


def test_a_selection_that_takes_nothing_is_refused(world: World, session: DubbingSession):
    with pytest.raises(BadInputError) as refused:
        request_export(
            version=version_of(session, 1),
            owner=world.alice,
            selection=Selection.from_choices(categories=["mixed_videos"]),
            now=world.clock(),
        )

    assert refused.value.code == "nothing_selected"
    assert not Job.objects.filter(kind=Job.Kind.EXPORT).exists()


# -- Pages ---------------------------------------------------------------------------------------------------------------


def url(session: DubbingSession, rest: str, number: int = 1) -> str:
    return f"/sessions/{session.code}/versions/{number}/{rest}"


def test_alice_ticks_what_she_wants(world: World, session: DubbingSession, client: Client):
    client.force_login(world.alice)
    page = bytes_of(client.get(url(session, "export/new/"))).decode()
    assert 'name="category" value="audio"' in page
    assert 'name="language" value="hi"' in page

    answer = client.post(
        url(session, "export/"),
        {"ticked": "1", "scope": "version", "category": ["audio"], "language": ["hi", "es"]},
    )

    job = Job.objects.get(kind=Job.Kind.EXPORT)
    assert answer["Location"] == f"/jobs/{job.code}/"
    assert job.params == {"version": 1, "selection": {"categories": ["audio"]}}


@pytest.mark.parametrize(
    ("told", "params"),
    [
        ({}, {"version": 1}),
        (
            {"scope": "history", "ticked": "1", "category": ["audio"]},
            {"version": 1, "selection": {"history": True}},
        ),
        (
            {
                "ticked": "1",
                "category": [
                    "original_video",
                    "transcriptions",
                    "translations",
                    "voices",
                    "audio",
                    "final_videos",
                ],
                "language": ["es", "hi"],
            },
            {"version": 1},
        ),
        (
            {
                "ticked": "1",
                "category": ["transcriptions", "translations", "voices", "audio", "final_videos"],
                "language": ["es", "hi"],
            },
            {"version": 1, "selection": {"without_source": True}},
        ),
    ],
)
def test_what_is_ticked_is_what_is_made(world: World, session: DubbingSession, client: Client, told, params):
    client.force_login(world.alice)

    client.post(url(session, "export/"), told)

    assert Job.objects.get(kind=Job.Kind.EXPORT).params == params


@pytest.mark.parametrize(
    "told",
    [
        {"ticked": "1"},
        {"ticked": "1", "category": ["audio"]},
        {"ticked": "1", "category": ["audio"], "language": ["fr"]},
        {"category": ["pictures"]},
        {"scope": "everything"},
        {"category": ["original_video"], "without_source": "1"},
        {"category": ["mixed_videos"]},
        {"category": ["\0"]},
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(
    world: World, session: DubbingSession, client: Client, told
):
    client.force_login(world.alice)

    for answer in (
        client.post(url(session, "export/"), told, follow=True),
        client.get(url(session, "archive.zip"), told, follow=True),
    ):
        assert answer.status_code == 200
        assert 'class="message' in bytes_of(answer).decode()
    assert not Job.objects.filter(kind=Job.Kind.EXPORT).exists()


def test_a_part_is_downloaded_straight_from_its_plan(world: World, session: DubbingSession, client: Client):
    data = read_object(world.exported(version_of(session, 1), categories=["audio"]).key)
    client.force_login(world.alice)

    answer = client.get(url(session, "archive.zip?category=audio"))

    assert bytes_of(answer) == data
    assert 'filename="talk_audio_export.zip"' in answer["Content-Disposition"]


# -- The full history ----------------------------------------------------------------------------------------------------


def test_every_version_comes_back(world: World, session: DubbingSession):
    export = world.exported(version_of(session, 3), history=True)

    job = world.imported(read_object(export.key), export.filename, owner=world.bob)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert job.session is not None
    assert job.session.name == "talk"
    assert job.session.created_at == session.created_at
    for number in (1, 2, 3):
        mine, theirs = version_of(session, number), version_of(job.session, number)
        assert state_of(world, theirs) == state_of(world, mine), number
        assert (theirs.created_by, theirs.saved_by) == (None, "alice")
    assert job.session.current == version_of(job.session, 3)
    assert stored_keys("staging/") == []


def test_every_file_of_the_history_lies_in_the_archive_once(world: World, session: DubbingSession):
    files = world.zip_of(world.exported(version_of(session, 3), history=True))

    older = {name: data for name, data in files.items() if name.startswith(".dubbing/blobs/")}
    assert sorted(older.values()) == sorted(
        [FIRST["audio/hi_audio.wav"], FIRST["audio/es_audio.wav"], FIRST["final_videos/es_final.mp4"]]
    )
    newest = {name: data for name, data in files.items() if not name.startswith(".dubbing/")}
    assert newest.keys() - {"metadata.json"} == world.files(version_of(session, 3)).keys()
    proof = json.loads(files[".dubbing/manifest.json"])
    proven = {member["path"] for member in proof["members"]}
    assert proven == files.keys() - {".dubbing/manifest.json"}


def test_the_history_of_an_older_version_ends_there(world: World, session: DubbingSession):
    export = world.exported(version_of(session, 2), history=True)

    job = world.imported(read_object(export.key), owner=world.bob)

    assert job.session is not None
    assert Version.objects.filter(session=job.session).count() == 2
    assert state_of(world, version_of(job.session, 2)) == state_of(world, version_of(session, 2))


def test_a_history_that_came_in_goes_on_and_out_again(world: World, session: DubbingSession):
    first = world.exported(version_of(session, 3), history=True)
    job = world.imported(read_object(first.key), first.filename, owner=world.bob)
    copy = DubbingSession.objects.get(pk=job.session_id or 0)

    assert read_object(world.exported(version_of(copy, 3), history=True).key) == read_object(first.key)

    assert world.save(copy, {"other/more.txt": b"more"}).state == Job.State.SUCCEEDED
    assert version_of(copy, 4).saved_by == "bob"


def test_a_full_history_can_be_checked_and_a_changed_one_is_refused(world: World, session: DubbingSession):
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
        job = world.imported(zip_of_files(changed), owner=world.charlie)
        assert (job.state, job.error_code) == (Job.State.FAILED, code)
        assert job.error_message.endswith((".", ".)"))
    assert not DubbingSession.objects.filter(owner=world.charlie).exists()


def test_a_history_of_more_files_than_a_zip_may_bring_back_is_refused(
    world: World, session: DubbingSession, settings
):
    settings.MAX_FILES_IN_SESSION = 9

    version, asked = version_of(session, 3), Selection.from_choices(history=True)
    job = world.run(request_export(version=version, owner=world.alice, selection=asked, now=world.clock()))

    assert (job.state, job.error_code) == (Job.State.FAILED, "history_too_large")
    assert "10 files" in job.error_message


# -- Shared --------------------------------------------------------------------------------------------------------------


def test_a_link_to_a_part_gives_that_part_alone(world: World, session: DubbingSession, client: Client):
    export = world.exported(version_of(session, 1), categories=["audio"], languages=["hi"])
    made = create_share(export=export, author=world.alice, days=7, note="", now=world.clock())
    Export.objects.filter(pk=export.pk).update(expires_at="2999-01-01T00:00Z")
    made.share.expires_at = "2999-01-01T00:00Z"
    made.share.save()

    page = bytes_of(client.get(f"/s/{made.token}/")).decode()
    assert "hi_audio.wav" in page
    for hidden in ("es_audio.wav", "hi_final.mp4", "original_video.mp4"):
        assert hidden not in page

    taken = copy_shared_export(share=made.share, owner=world.bob, now=world.clock())
    assert taken.current is not None
    assert world.files(taken.current) == {"audio/hi_audio.wav": FIRST["audio/hi_audio.wav"]}
    assert taken.current.languages == ["hi"]
    assert taken.current.metadata["translations"] == {"hi": "नमस्ते"}


def test_a_link_to_the_full_history_gives_every_version(world: World, session: DubbingSession):
    export = world.exported(version_of(session, 3), history=True)
    made = create_share(export=export, author=world.alice, days=7, note="", now=world.clock())

    taken = copy_shared_export(share=made.share, owner=world.bob, now=world.clock())

    for number in (1, 2, 3):
        assert state_of(world, version_of(taken, number)) == state_of(world, version_of(session, number))
