"""Export and import of local sessions."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from disk import InterruptionError, contents, left_behind, write

from dubbing_client.dropin.manager import ProjectSessionManager


def test_an_exported_session_is_imported_unchanged(manager):
    manager.save_session(
        "Talk", {"voices": {"hi": "deep"}, "audio_paths": {"hi": write("hi.wav", b"x" * 9999)}}
    )
    assert manager.export_session("Talk", "talk.zip")
    before = contents(Path("sessions/Talk"))
    assert manager.import_session("talk.zip", "Again")
    after = contents(Path("sessions/Again"))
    assert json.loads(after.pop("metadata.json"))["audio_paths"] == {
        "hi": "sessions/Again/audio/hi_audio.wav"
    }
    del before["metadata.json"]
    assert after == before


def test_an_import_is_named_after_its_file_and_never_overwrites(manager):
    manager.save_session("talk", {"video_name": "mine.mp4"})
    manager.export_session("talk", "talk.zip")
    manager.save_session("talk", {"video_name": "newer.mp4"})
    assert manager.import_session("talk.zip") is False
    assert manager.last_error == "There is already a session “talk”. Give the import another name."
    assert manager.import_session("talk.zip", "TALK") is False
    assert manager.load_session("talk")["video_name"] == "newer.mp4"
    Path("talk.zip").rename("other.zip")
    assert manager.import_session("other.zip")
    assert sorted(manager.get_all_sessions()) == ["other", "talk"]


def test_a_failed_export_keeps_the_existing_file(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav")}})
    write("talk.zip", b"older")

    def stop(done: int, total: int) -> None:
        if done:
            raise InterruptionError

    with pytest.raises(InterruptionError):
        manager.backend.export("Talk", Path("talk.zip"), stop)
    assert Path("talk.zip").read_bytes() == b"older"
    assert sorted(path.name for path in Path().iterdir()) == ["hi.wav", "sessions", "talk.zip"]
    assert manager.export_session("Talk", "nowhere/talk.zip") is False
    assert manager.export_session("Missing", "talk.zip") is False


def export_as_the_original(session_path: str, export_path: str) -> None:
    """The original's ``export_session``."""
    with zipfile.ZipFile(export_path, "w", zipfile.ZIP_DEFLATED) as zipf:
        for root, _, files in os.walk(session_path):
            for file in files:
                file_path = os.path.join(root, file)  # noqa: PTH118 (the original's code)
                zipf.write(file_path, os.path.relpath(file_path, session_path))


def test_a_zip_of_the_original_is_imported(manager):
    write(
        "sessions/old/metadata.json",
        b'{"session_name": "old", "audio_paths": {"hi": "temp_audio/hi_audio.wav"}}',
    )
    write("sessions/old/audio/hi_audio.wav", b"hi" * 50_000)
    write("sessions/old/custom_voices/\u0905\u0928\u093e 1.wav")
    write("sessions/old/audio/empty.wav", b"")
    export_as_the_original("sessions/old", "old.zip")
    assert manager.import_session("old.zip", "new")
    old, new = contents(Path("sessions/old")), contents(Path("sessions/new"))
    assert Path(manager.load_session("new")["audio_paths"]["hi"]).read_bytes() == b"hi" * 50_000
    del old["metadata.json"], new["metadata.json"]
    assert new == old


def write_zip(path: str, members: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_wrapping_folder_and_the_portals_own_files_are_left_out(manager):
    write_zip(
        "a.zip",
        {"Talk/metadata.json": b"{}", "Talk/audio/hi_audio.wav": b"hi", "Talk/.dubbing/manifest.json": b"{}"},
    )
    assert manager.import_session("a.zip")
    assert contents(Path("sessions/Talk")).keys() == {"metadata.json", "audio/hi_audio.wav"}


def test_a_damaged_session_does_not_stop_the_others(manager):
    title = b'{"session_name": "title", "video_name": "talk.mp4"}'
    file = write_zip(
        "a.zip", {"broken/metadata.json": title, "talk/metadata.json": b'{"session_name": "talk"}'}
    )
    data = bytearray(Path(file).read_bytes())
    data[data.index(title) + 20] ^= 1
    Path(file).write_bytes(data)
    assert manager.import_session("a.zip")
    assert manager.get_all_sessions() == ["talk"]
    assert manager.delete_session("talk")
    Path(file).write_bytes(data.replace(b'"talk"}', b'"TALK"}'))
    assert manager.import_session("a.zip") is False
    assert "is damaged" in manager.last_error


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([("../evil", b"")], "contains “..”"),
        ([("/evil", b"")], "is absolute"),
        ([("audio/../../evil", b"")], "contains “..”"),
        ([("audio\\..\\evil", b"")], "contains a backslash"),
        ([("C:evil", b"")], "names a drive"),
        ([("audio//evil", b"")], "without a name"),
        ([(link("audio/hi.wav"), b"/etc/passwd")], "link"),
        ([("audio/a.wav", b"1"), ("AUDIO/A.wav", b"2")], "are the same name"),
        ([("audio", b"1"), ("audio/a.wav", b"2")], "which is a file"),
        ([("a\nb", b"")], "control character"),
    ],
)
def test_a_malicious_zip_is_refused_and_leaves_no_files(manager, members, reason):
    with zipfile.ZipFile("evil.zip", "w") as archive:
        archive.writestr("metadata.json", "{}")
        for name, content in members:
            archive.writestr(name, content)
    assert manager.import_session("evil.zip", "Talk") is False
    assert reason in manager.last_error
    assert manager.get_all_sessions() == []
    assert left_behind() == []
    assert sorted(path.name for path in Path().iterdir()) == ["evil.zip", "sessions"]


def test_a_zip_larger_than_the_disk_is_refused_before_writing(manager, monkeypatch):
    write_zip("big.zip", {"metadata.json": b"{}", "audio/hi_audio.wav": b"small"})
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert manager.import_session("big.zip") is False
    assert "The disk is full" in manager.last_error
    assert manager.get_all_sessions() == []
    assert left_behind() == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no zip at all", "This is not a ZIP archive"),
        (None, "There is no file"),
    ],
)
def test_other_files_than_zips_are_refused(manager, content, reason):
    if content is not None:
        write("x.zip", content)
    assert manager.import_session("x.zip") is False
    assert reason in manager.last_error


def test_a_damaged_zip_is_refused(manager):
    write_zip("x.zip", {"metadata.json": b"{}", "audio/hi_audio.wav": b"A" * 1000})
    data = Path("x.zip").read_bytes()
    write("x.zip", data.replace(b"AAAA", b"AAAB", 1))
    assert manager.import_session("x.zip") is False
    assert "damaged" in manager.last_error
    assert manager.get_all_sessions() == []
    assert left_behind() == []


SEED = b'{"session_name": "old", "video_name": "talk.mp4", "audio_paths": {"hi": "sessions/old/audio/hi_audio.wav"}}'
SESSION = {"metadata.json": SEED, "audio/hi_audio.wav": b"hi"}


def session_in(folder: str) -> dict[str, bytes]:
    return {f"{folder}{path}": data for path, data in SESSION.items()}


def test_system_files_that_an_import_leaves_out_are_logged(manager, caplog):
    litter = {
        "__MACOSX/._talk": b"x",
        "__MACOSX/._x": b"x",
        "talk/.DS_Store": b"x",
        "talk/audio/.DS_Store": b"x",
    }
    assert manager.import_session(write_zip("x.zip", session_in("talk/") | litter)), manager.last_error
    assert caplog.messages == ["Left out: .DS_Store (2 system files), __MACOSX/ (system folder)."]


@pytest.mark.parametrize(
    ("members", "names"),
    [
        (SESSION, ["x"]),
        (session_in("talk/") | {"__MACOSX/._talk": b"x", "talk/.DS_Store": b"x"}, ["talk"]),
        (session_in("sessions/talk/"), ["talk"]),
        (session_in("backup/sessions/audio/") | {"README.txt": b"x"}, ["audio"]),
        (session_in("sessions/a/") | session_in("sessions/b/") | {"sessions/.gitkeep": b""}, ["a", "b"]),
        (session_in("1/talk/") | session_in("2/talk/"), ["talk", "talk_2"]),
        (session_in("sessions/talk/") | {"sessions/broken/audio/x.wav": b"x"}, ["talk"]),
        ({"metadata.json": SEED}, ["x"]),
    ],
)
def test_sessions_are_found_wherever_they_are(manager, members, names):
    assert manager.import_session(write_zip("x.zip", members)), manager.last_error
    assert sorted(manager.get_all_sessions()) == names
    files = contents(Path("sessions") / names[0])
    assert json.loads(files.pop("metadata.json"))["session_name"] == names[0]
    assert files == ({"audio/hi_audio.wav": b"hi"} if len(members) > 1 else {})


def test_a_folder_of_media_becomes_a_session(manager):
    members = {"shoot/talk.mp4": b"v", "shoot/hi_audio.wav": b"a", "shoot/metadata.json": b'{"fps": 25}'}
    assert manager.import_session(write_zip("x.zip", members)), manager.last_error
    loaded = manager.load_session("x")
    assert loaded["languages"] == ["hi"]
    assert Path(loaded["audio_paths"]["hi"]).read_bytes() == b"a"


def test_one_name_is_refused_for_several_sessions(manager):
    write_zip("x.zip", session_in("a/") | session_in("b/"))
    assert manager.import_session("x.zip", "Talk") is False
    assert manager.last_error.startswith("This ZIP contains 2 sessions, which are named after their folders.")


def test_damaged_metadata_is_read_as_far_as_possible(manager, caplog):
    members = {
        "metadata.json": b'{"video_name": "talk.mp4", "session_name": "ta',
        "audio/hi_audio.wav": b"hi",
    }
    assert manager.import_session(write_zip("x.zip", members)), manager.last_error
    assert manager.load_session("x")["video_name"] == "talk.mp4"
    assert "metadata.json is not valid JSON after “video_name”" in caplog.text


def test_a_part_of_a_split_archive_is_named(manager):
    write("x.zip.002", b"no zip")
    assert manager.import_session("x.zip.002") is False
    assert manager.last_error == "This is part 2 of a split archive. Join the parts first."


def write_legacy_zip(path: str, stored: bytes) -> None:
    """Write a session's ZIP with a name that is not UTF-8."""
    placeholder = "x" * len(stored)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"video_name": "talk.mp4"}')
        archive.writestr(f"{placeholder}.srt", "1")
    Path(path).write_bytes(Path(path).read_bytes().replace(placeholder.encode(), stored))


@pytest.mark.parametrize(
    ("stored", "reading", "name"),
    [
        ("перевод".encode("cp866"), "cp866", "перевод.srt"),
        ("café".encode("cp437"), "cp437", "café.srt"),
        ("字幕翻译".encode("gbk"), "gbk", "字幕翻译.srt"),
        (b"translations\\hi", "utf-8", "translations/hi.srt"),
    ],
)
def test_names_in_a_code_page_are_read_as_confirmed(manager, stored, reading, name):
    write_legacy_zip("talk.zip", stored)
    assert manager.import_session("talk.zip") is False
    assert f"{reading} for “{name}”" in manager.last_error
    assert left_behind() == []
    manager = ProjectSessionManager(local=True, reading="klingon")
    assert manager.import_session("talk.zip") is False
    assert manager.last_error.startswith(
        "There is no reading “klingon” of names. Choose one of these: utf-8, cp437"
    )
    assert ProjectSessionManager(local=True, reading=reading).import_session("talk.zip")
    assert name.rpartition("/")[2] in {Path(path).name for path in contents(Path("sessions/talk"))}
