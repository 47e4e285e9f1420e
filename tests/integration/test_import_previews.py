"""Import previews: report what an import would create, and store nothing."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from sessions_app.models import Blob, DubbingSession, Job, Upload
from tests.integration.sketches import bytes_of, post_json
from tests.integration.test_imports import SEED_FILES, seed_zip, sessions_folder
from tests.world import PROJECT, World, read_object, stored_keys, zip_of_files

pytestmark = pytest.mark.either_stack


def preview(world: World, data: bytes, filename: str = "talk.zip", **more) -> Job:
    return world.imported(data, filename, kind=Job.Kind.PREVIEW, **more)


def test_the_preview_of_a_folder_lists_where_files_would_go(world: World):
    data = zip_of_files(
        {
            "shoot/talk.mp4": b"v" * 10,
            "shoot/hi_audio.wav": b"a" * 5,
            "shoot/.DS_Store": b"x",
            "shoot/notes.txt": b"n",
        }
    )

    job = preview(world, data, "My shoot.zip")

    assert job.state == Job.State.SUCCEEDED, job.error_message
    (session,) = job.result["sessions"]
    assert (session["name"], session["made_by"], session["version_count"]) == ("My shoot", "folder", 1)
    assert (session["files"], session["size"], session["video"]) == (3, 16, "talk.mp4")
    assert session["languages"] == ["hi"]
    assert session["moved"] == [
        {"from": "shoot/hi_audio.wav", "to": "hi_audio.wav"},
        {"from": "shoot/notes.txt", "to": "notes.txt"},
        {"from": "shoot/talk.mp4", "to": "talk.mp4"},
    ]
    assert job.result["conflicts"] == []
    assert (job.result["ignored"], job.result["ignored_count"]) == (["shoot/.DS_Store"], 1)


def test_nothing_is_stored(world: World):
    before = stored_keys("blobs/")

    preview(world, seed_zip())

    assert stored_keys("blobs/") == before == []
    assert not Blob.objects.exists()
    assert not DubbingSession.objects.exists()
    assert [key for key in stored_keys("staging/") if not key.startswith("staging/upload-")] == []


def test_a_taken_name_is_reported_with_its_replacement(world: World):
    world.saved("talk")

    job = preview(world, seed_zip(), "talk.zip")

    assert job.result["conflicts"] == [{"code": "name_taken", "name": "talk", "becomes": "talk_2"}]
    assert job.result["sessions"][0]["renamed"] is True
    imported = world.imported(seed_zip(), "talk.zip")
    assert imported.result["name"] == job.result["sessions"][0]["name"]


def test_the_preview_of_a_full_history_lists_its_versions(world: World):
    session = world.saved("talk", PROJECT)
    world.save(session, {"audio/hi_audio.wav": b"better"}, message="Better Hindi")
    session.refresh_from_db()
    assert session.current is not None
    export = world.exported(session.current, history=True)

    job = preview(world, read_object(export.key), export.filename, owner=world.bob)

    (previewed,) = job.result["sessions"]
    assert (previewed["name"], previewed["made_by"], previewed["version_count"]) == ("talk", "portal", 2)
    assert [(row["number"], row["message"], row["saved_by"]) for row in previewed["versions"]] == [
        (2, "Better Hindi", "alice"),
        (1, "", "alice"),
    ]
    assert job.result["files"] == len(PROJECT) + 1


def test_known_bytes_are_reported_only_to_users_who_can_see_them(world: World):
    session = world.saved("talk", PROJECT)
    assert session.current is not None
    data = read_object(world.exported(session.current).key)

    visible = preview(world, data).result
    hidden = preview(world, data, owner=world.charlie).result

    assert visible["known_size"] == visible["size"] == sum(map(len, PROJECT.values()))
    assert hidden["known_size"] == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no archive", "zip_not_a_zip"),
        (seed_zip()[:-40], "zip_truncated"),
        (zip_of_files({"../evil.wav": b"x"}), "zip_name_parent"),
    ],
)
def test_an_archive_that_cannot_be_imported_has_no_preview(world: World, data: bytes, code: str):
    job = preview(world, data)

    assert (job.state, job.error_code) == (Job.State.FAILED, code)


def test_a_previewed_zip_is_imported_under_another_name(world: World, client: Client):
    client.force_login(world.alice)
    (upload,) = world.upload({"talk.zip": seed_zip()})
    response = post_json(client, "/api/v1/imports/preview", {"upload": str(upload.code), "name": ""})
    assert response.status_code == 202
    previewed = world.run(Job.objects.get(code=response.json()["code"]))

    page = bytes_of(client.get(f"/jobs/{previewed.code}/")).decode()
    assert "Importing would create the session “<bdi>talk</bdi>”" in page

    client.post(f"/jobs/{previewed.code}/import/", {"name": "Second talk"})
    job = world.run(Job.objects.get(kind=Job.Kind.IMPORT))
    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert job.result["name"] == "Second talk"
    assert job.result["files"] == len(SEED_FILES)
    assert not Upload.objects.exists()

    again = client.post(f"/jobs/{previewed.code}/import/", {"name": "Third talk"}, follow=True)
    assert "The uploaded ZIP has expired." in bytes_of(again).decode()
    page = bytes_of(client.get(f"/jobs/{previewed.code}/")).decode()
    assert 'name="name"' not in page


def test_the_preview_of_a_large_archive_is_limited(world: World):
    data = zip_of_files({f"takes/{number:05}.wav": b"x" for number in range(1000)}, compression=0)

    job = preview(world, data)

    (session,) = job.result["sessions"]
    assert (session["moved_count"], len(session["moved"])) == (1000, 200)
    assert len(json.dumps(job.result)) < 50_000


def test_several_sessions_are_listed_one_by_one(world: World, client: Client):
    world.saved("my_project_20250803_181102")
    client.force_login(world.alice)

    job = preview(world, zip_of_files(sessions_folder()), "backup.zip")

    assert job.result["session_count"] == 2
    assert [session["name"] for session in job.result["sessions"]] == [
        "another_project_20250803_182045",
        "my_project_20250803_181102_2",
    ]
    assert [conflict["becomes"] for conflict in job.result["conflicts"]] == ["my_project_20250803_181102_2"]
    page = bytes_of(client.get(f"/jobs/{job.code}/")).decode()
    assert "Importing would create 2 sessions" in page
    client.post(f"/jobs/{job.code}/import/")
    imported = world.run(Job.objects.get(kind=Job.Kind.IMPORT))
    assert imported.state == Job.State.SUCCEEDED, imported.error_message
    page = bytes_of(client.get(f"/jobs/{imported.code}/")).decode()
    assert "Imported 2 sessions" in page
    assert bytes_of(client.get("/jobs/")).decode().count("2 sessions") == 1
