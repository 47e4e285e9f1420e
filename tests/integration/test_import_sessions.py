"""Sessions in ZIPs: found wherever they are, with what is beside them, damaged or not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from sessions_app.models import DubbingSession, Job, Version
from tests.integration.sketches import bytes_of, post_json
from tests.unit.core.zips.forge import File, forge
from tests.world import PROJECT, World, zip_of_files

pytestmark = pytest.mark.one_stack

DOCUMENT: dict[str, Any] = {
    "session_name": "talk",
    "video_name": "talk.mp4",
    "languages": ["hi"],
    "translations": {"hi": "नमस्ते"},
    "audio_paths": {"hi": "sessions/talk/audio/hi_audio.wav"},
    "session_metadata": {"created_with_version": "1.0", "pipeline_stage": "voiced"},
    "created_at": "2025-08-03T18:11:02.123456",
}
FILES = {
    "original_video.mp4": b"video",
    "audio/hi_audio.wav": b"hi",
    "transcriptions/original.txt": b"hello",
    "translations/hi.txt": "नमस्ते".encode(),
}


def session(folder: str, document: object = DOCUMENT, files: dict[str, bytes] = FILES) -> dict[str, bytes]:
    """Return the files of a session of the original session manager, in a folder."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {f"{folder}metadata.json": data, **{f"{folder}{path}": content for path, content in files.items()}}


def preview(world: World, files: dict[str, bytes], filename: str = "backup.zip") -> dict[str, Any]:
    job = world.imported(zip_of_files(files), filename, kind=Job.Kind.PREVIEW)
    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert not DubbingSession.objects.exists()
    return dict(job.result)


def get_files(world: World, name: str) -> dict[str, bytes]:
    found = DubbingSession.objects.select_related("current").get(name=name)
    assert found.current is not None
    return {path: data for path, data in world.files(found.current).items() if path != "metadata.json"}


@pytest.mark.parametrize(
    ("files", "names", "left_out"),
    [
        (session("sessions/talk/"), ["talk"], []),
        (session("sessions/a/") | session("sessions/b/") | {"sessions/.gitkeep": b""}, ["a", "b"], ["sessions/.gitkeep"]),
        (
            session("sessions/talk/") | {"sessions/broken/audio/x.wav": b"x"},
            ["talk"],
            ["sessions/broken/audio/x.wav"],
        ),
        (session("talk/") | {"README.txt": b"x"}, ["talk"], ["README.txt"]),
        (session("backup/2025/talk/"), ["talk"], []),
        (session("sessions/audio/"), ["audio"], []),
        (session("talk/") | {"__MACOSX/._talk": b"x", "talk/.DS_Store": b"x"}, ["talk"], []),
        (session(""), ["backup"], []),
    ],
)  # fmt: skip
def test_sessions_are_found_wherever_they_are(
    world: World, files: dict[str, bytes], names: list[str], left_out: list[str]
):
    previewed = preview(world, files)
    job = world.imported(zip_of_files(files), "backup.zip")

    assert [each["name"] for each in previewed["sessions"]] == names
    assert {each["made_by"] for each in previewed["sessions"]} == {"session_manager"}
    assert (previewed["left_out"], previewed["left_out_count"]) == (left_out, len(left_out))
    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert job.result["left_out"] == left_out
    for name in names:
        assert get_files(world, name) == FILES
        found = DubbingSession.objects.select_related("current").get(name=name)
        assert found.current is not None
        assert found.current.metadata["translations"] == {"hi": "नमस्ते"}
        assert found.created_at.isoformat() == "2025-08-03T18:11:02.123456+00:00"


def test_a_folder_beside_a_session_can_be_imported_on_its_own(world: World, client: Client):
    client.force_login(world.alice)
    files = session("sessions/talk/") | {"sessions/broken/audio/x.wav": b"x", "note.txt": b"n"}
    world.saved("talk")
    (upload,) = world.upload({"backup.zip": zip_of_files(files)})
    response = post_json(client, "/api/v1/imports/preview", {"upload": str(upload.code)})
    previewed = world.run(Job.objects.get(code=response.json()["code"]))
    assert previewed.result["other_folders"] == [{"folder": "sessions/broken/", "files": 1, "size": 1}]
    assert previewed.result["conflicts"] == [{"code": "name_taken", "name": "talk", "becomes": "talk_2"}]
    page = bytes_of(client.get(f"/jobs/{previewed.code}/")).decode()
    assert 'name="name of sessions/broken/"' in page
    assert "2 files beside the" in page

    form = {
        "choose": "",
        "folder": ["sessions/broken/", "sessions/talk/"],
        "name of sessions/talk/": "Talk again",
    }
    client.post(f"/jobs/{previewed.code}/import/", form)

    job = world.run(Job.objects.get(kind=Job.Kind.IMPORT))
    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert [created["name"] for created in job.result["sessions"]] == ["broken", "Talk again"]
    assert get_files(world, "broken") == {"audio/x.wav": b"x"}
    assert job.result["left_out"] == ["note.txt"]


@pytest.mark.parametrize(
    ("folders", "code"),
    [([], "nothing_selected"), (["sessions/c/"], "no_such_folder"), (["sessions/b/"], "")],
)
def test_only_the_chosen_sessions_are_imported(world: World, client: Client, folders: list[str], code: str):
    client.force_login(world.alice)
    (upload,) = world.upload({"x.zip": zip_of_files(session("sessions/a/") | session("sessions/b/"))})
    chosen = [{"folder": folder, "name": "Renamed"} for folder in folders]

    response = post_json(client, "/api/v1/imports", {"upload": str(upload.code), "sessions": chosen})

    job = world.run(Job.objects.get(code=response.json()["code"]))
    assert job.error_code == code
    assert list(DubbingSession.objects.values_list("name", flat=True)) == ([] if code else ["Renamed"])


def damage_member(data: bytes, content: bytes, position: int = 0) -> bytes:
    damaged = bytearray(data)
    damaged[data.index(content) + position] ^= 1
    return bytes(damaged)


def test_a_damaged_session_does_not_stop_the_others(world: World):
    original = world.saved("talk", PROJECT)
    assert original.current is not None
    exported = world.zip_of(world.exported(original.current))
    changed = {f"changed/{path}": data for path, data in exported.items()} | {
        "changed/audio/hi_audio.wav": b"x"
    }
    manifest = {"manifest/.dubbing/manifest.json": b"{", "manifest/a.wav": b"x"}
    unreadable = {"unreadable/.dubbing/manifest.json": b"M" * 999, "unreadable/a.wav": b"x"}
    title = b'{"session_name": "title", "video_name": "talk.mp4"}'
    files = changed | manifest | session("crc/", files={"audio/a.wav": b"A" * 999}) | session("good/")
    files |= unreadable | session("metadata/", title, {})
    data = zip_of_files(files, compression=0)
    for damaged in (b"A" * 999, b"M" * 999, title):
        data = damage_member(data, damaged, 20)

    job = world.imported(data, "backup.zip", owner=world.bob)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert [failure["folder"] for failure in job.result["failed"]] == [
        "manifest/",
        "unreadable/",
        "crc/",
        "metadata/",
        "changed/",
    ]
    assert [failure["code"] for failure in job.result["failed"]] == [
        "manifest_damaged",
        "zip_crc_mismatch",
        "zip_crc_mismatch",
        "zip_crc_mismatch",
        "proof_differs",
    ]
    assert list(DubbingSession.objects.filter(owner=world.bob).values_list("name", flat=True)) == ["good"]
    assert get_files(world, "good") == FILES


def test_damaged_metadata_is_read_as_far_as_possible(world: World, client: Client):
    client.force_login(world.alice)
    damaged = json.dumps(DOCUMENT)[:-120].encode()
    data = zip_of_files(session("sessions/talk/", damaged) | session("sessions/good/"))

    job = world.imported(data)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    (warning,) = job.result["warnings"]
    assert warning["folder"] == "sessions/talk/"
    assert "is not valid JSON after “audio_paths”" in warning["messages"][0]
    found = DubbingSession.objects.select_related("current").get(name="talk")
    assert found.current is not None
    assert found.current.metadata["translations"] == {"hi": "नमस्ते"}
    assert damaged in world.files(found.current).values()
    assert "is not valid JSON after “audio_paths”" in bytes_of(client.get(f"/jobs/{job.code}/")).decode()


def test_the_metadata_of_another_tool_is_a_file(world: World):
    foreign = b'{"video_id": "a1", "speakers": [], "utterances": []}'

    job = world.imported(zip_of_files({"a1/metadata.json": foreign, "a1/vocals.wav": b"v"}), "a1.zip")

    assert job.state == Job.State.SUCCEEDED, job.error_message
    found = DubbingSession.objects.select_related("current").get()
    assert found.current is not None
    assert sorted(world.files(found.current).values()) == [b"v", foreign]
    assert "video_id" not in found.current.metadata


def test_a_session_of_only_metadata_comes_in(world: World):
    job = world.imported(zip_of_files(session("", files={})), "talk.zip")

    assert job.state == Job.State.SUCCEEDED, job.error_message
    found = DubbingSession.objects.select_related("current").get(name="talk")
    assert found.current is not None
    assert found.current.metadata["translations"] == {"hi": "नमस्ते"}


def test_files_that_metadata_names_and_the_zip_lacks_are_listed(world: World, client: Client):
    client.force_login(world.alice)
    document = DOCUMENT | {
        "final_videos": {"hi": "sessions/talk/final_videos/hi_final.mp4"},
        "audio_paths": {"hi": "temp_audio/hi.wav", "es": "sessions/talk/audio/es_audio.wav"},
        "mixed_videos": ["C:\\talk\\mixed_videos\\m.mp4"],
    }
    job = world.imported(zip_of_files(session("", document)), kind=Job.Kind.PREVIEW)

    (previewed,) = job.result["sessions"]
    assert previewed["missing"] == ["audio/es_audio.wav", "final_videos/hi_final.mp4", "mixed_videos/m.mp4"]
    page = bytes_of(client.get(f"/jobs/{job.code}/")).decode()
    assert "metadata.json names 3 files that the ZIP lacks" in page
    assert "Import without the missing files" in page


@override_settings(TIME_ZONE="Asia/Kolkata")
def test_timestamps_without_a_zone_are_local_and_never_in_the_future(world: World):
    now = world.clock()
    local = timezone.localtime(now)
    document = DOCUMENT | {
        "created_at": (local - timedelta(hours=2)).replace(tzinfo=None).isoformat(),
        "last_updated": (local + timedelta(days=400)).replace(tzinfo=None).isoformat(),
    }

    job = world.imported(zip_of_files(session("", document)))

    assert job.state == Job.State.SUCCEEDED, job.error_message
    found = DubbingSession.objects.get()
    assert found.created_at == now - timedelta(hours=2)
    assert found.last_updated <= world.clock()


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/Berlin", "UTC"])
def test_an_export_has_the_times_of_the_originals_metadata(world: World, zone: str):
    """They are local, and the same moments again in a portal elsewhere, or without the checksum manifest."""
    times = {
        "created_at": "2024-10-27T02:30:00.123456",  # Berlin has this time twice: the first one
        "last_updated": "2025-03-30T03:00:00.000000",
        "last_accessed": "2025-08-02T18:20:45.987654",
    }
    with override_settings(TIME_ZONE=zone):
        world.imported(zip_of_files(session("", DOCUMENT | times)))
        first = DubbingSession.objects.get()
        assert first.current is not None
        export = world.zip_of(world.exported(first.current))
        assert {key: json.loads(export["metadata.json"])[key] for key in times} == times
        plain = {path: data for path, data in export.items() if not path.startswith(".dubbing/")}
        world.imported(zip_of_files(plain), filename="plain.zip")
    with override_settings(TIME_ZONE="America/Lima"):
        world.imported(zip_of_files(export), filename="elsewhere.zip")
    moments = DubbingSession.objects.values_list(*times).distinct()
    assert DubbingSession.objects.count() == 3
    assert list(moments) == [tuple(getattr(first, key) for key in times)]


def test_names_in_a_code_page_are_read_when_confirmed(world: World, client: Client):
    client.force_login(world.alice)
    names = ["Проект/перевод.srt", "Проект/озвучка.wav"]
    data = forge(*(File(name=name.encode("cp866"), data=name.encode()) for name in names))
    assert world.imported(data).error_code == "zip_name_encoding"
    (upload,) = world.upload({"x.zip": data})
    response = post_json(client, "/api/v1/imports/preview", {"upload": str(upload.code), "reading": "cp437"})
    wrong = world.run(Job.objects.get(code=response.json()["code"]))
    assert wrong.result["reading"] == "cp437"
    readings = {row["reading"]: row["names"] for row in wrong.result["readings"]}
    assert readings["cp866"] == names
    assert "перевод.srt" in bytes_of(client.get(f"/jobs/{wrong.code}/")).decode()

    page = client.post(f"/jobs/{wrong.code}/import/", {"reading": "cp866", "preview": ""})
    right = world.run(Job.objects.exclude(pk=wrong.pk).get(kind=Job.Kind.PREVIEW))
    assert page["Location"] == f"/jobs/{right.code}/"
    client.post(f"/jobs/{right.code}/import/", {"name": "Проект"})

    job = world.run(Job.objects.get(kind=Job.Kind.IMPORT, error_code=""))
    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert sorted(data.decode() for data in get_files(world, "Проект").values()) == sorted(names)


def test_a_part_of_a_split_archive_is_named(world: World):
    job = world.imported(zip_of_files(session(""))[:50], "talk.zip.001")

    assert job.error_message == "This is part 1 of a split archive. Join the parts first."


def test_invisible_characters_are_shown_on_pages(world: World, client: Client):
    client.force_login(world.alice)
    found = world.saved(files={"audio/a\u202evaw.exe": b"x"})
    Version.objects.filter(session=found).update(message="Fixed \u202egpj.exe")

    page = bytes_of(client.get(f"/sessions/{found.code}/")).decode()

    assert "a⟦U+202E⟧vaw.exe" in page
    assert "Fixed ⟦U+202E⟧gpj.exe" in page
    # The value of the check box is not displayed.
    assert page.replace('value="audio/a\u202evaw.exe"', "").count("\u202e") == 0
    assert quote("a\u202evaw.exe") in page
