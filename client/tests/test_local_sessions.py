"""Sessions in a folder: what the original did, without what it lost."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import zipfile
from pathlib import Path

import pytest

from dubbing_client.manager import ProjectSessionManager
from dubbing_client.sessions.errors import SessionError
from dubbing_client.sessions.names import clean_name
from dubbing_client.sessions.places import Ticker, copy_verified


@pytest.fixture
def manager(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return ProjectSessionManager(local=True)


def write(path: str, content: bytes = b"content") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def left_behind() -> list[str]:
    return [path.name for path in Path("sessions").glob(".*") if path.name != ".lock"]


# -- What a save keeps ------------------------------------------------------------------------------------------------


def test_every_file_that_the_data_name_gets_its_place(manager):
    data = {
        "original_video_path": write("in/My Talk.MOV", b"video"),
        "transcription_files": [write("original_asr.json", b"[]"), write("chunked_transcript.json", b"{}")],
        "translation_files": [write("translated.json", b"{}")],
        "voices": {"hi": "deep"},
        "audio_paths": {"hi": write("out/take3.wav", b"hi"), "pt-BR": write("out/x.MP3", b"pt")},
        "final_videos": {"hi": Path(write("out/hi.mp4", b"final"))},
        "custom_voices": [write("refs/ana.wav", b"ana")],
        "mixed_videos": [write("mix/loud.mp4", b"mix")],
    }
    assert manager.save_session("Talk", data)
    assert contents(Path("sessions/Talk")).keys() == {
        "metadata.json",
        "original_video.mov",
        "transcriptions/original_asr.json",
        "transcriptions/chunked_transcript.json",
        "translations/translated.json",
        "voices/voice_assignments.json",
        "audio/hi_audio.wav",
        "audio/pt-BR_audio.mp3",
        "final_videos/hi_final.mp4",
        "custom_voices/ana.wav",
        "mixed_videos/loud.mp4",
    }
    loaded = manager.load_session("Talk")
    assert loaded["video_name"] == "My Talk.MOV"
    assert Path(loaded["original_video_path"]).read_bytes() == b"video"
    assert Path(loaded["audio_paths"]["pt-BR"]).read_bytes() == b"pt"
    document = json.loads(Path("sessions/Talk/metadata.json").read_bytes())
    assert "original_video_path" not in document
    assert document["audio_paths"]["hi"] == "sessions/Talk/audio/hi_audio.wav"


def test_a_save_adds_and_replaces_and_never_takes_away(manager):
    manager.save_session(
        "Talk",
        {
            "video_name": "talk.mp4",
            "transcription_text": "Hello",
            "audio_paths": {"hi": write("hi.wav", b"one"), "es": write("es.wav", b"es")},
            "notes": ["mine"],
        },
    )
    # A pipeline that wiped its folder knows of one new take alone.
    assert manager.save_session(
        "Talk",
        {"video_name": "", "transcription_text": "", "audio_paths": {"hi": write("hi.wav", b"two")}},
    )
    loaded = manager.load_session("Talk")
    assert (loaded["video_name"], loaded["transcription_text"], loaded["notes"]) == (
        "talk.mp4",
        "Hello",
        ["mine"],
    )
    assert {language: Path(path).read_bytes() for language, path in loaded["audio_paths"].items()} == {
        "hi": b"two",
        "es": b"es",
    }


def test_saving_what_was_loaded_changes_nothing_but_the_time(manager):
    manager.save_session("Talk", {"video_name": "a.mp4", "audio_paths": {"hi": write("hi.wav")}})
    before = contents(Path("sessions/Talk"))
    inode = Path("sessions/Talk/audio/hi_audio.wav").stat().st_ino
    loaded = manager.load_session("Talk")
    assert manager.save_session("Talk", loaded)
    after = contents(Path("sessions/Talk"))
    first, second = json.loads(before.pop("metadata.json")), json.loads(after.pop("metadata.json"))
    assert before == after
    assert second["created_at"] == first["created_at"]
    assert second["last_updated"] > first["last_updated"]
    assert Path("sessions/Talk/audio/hi_audio.wav").stat().st_ino == inode, "it was copied"


def test_a_session_can_be_saved_under_another_name(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav", b"hi")}})
    assert manager.save_session("Copy", manager.load_session("Talk"))
    assert Path(manager.load_session("Copy")["audio_paths"]["hi"]).parent == Path("sessions/Copy/audio")
    assert manager.delete_session("Talk")
    assert Path("sessions/Copy/audio/hi_audio.wav").read_bytes() == b"hi"


def test_two_voices_of_one_name_are_two_voices(manager):
    voices = [write("ana/ref.wav", b"ana"), write("ben/ref.wav", b"ben"), "ana/ref.wav"]
    assert manager.save_session("Talk", {"custom_voices": voices})
    loaded = manager.load_session("Talk")
    assert [Path(path).read_bytes() for path in loaded["custom_voices"]] == [b"ana", b"ben"]


def test_another_source_video_takes_the_place_of_the_one_before(manager):
    manager.save_session("Talk", {"original_video_path": write("talk.mp4")})
    manager.save_session("Talk", {"video_name": write("talk.mkv")})
    assert [path.name for path in Path("sessions/Talk").glob("original_video.*")] == ["original_video.mkv"]


def test_what_is_not_there_is_not_promised(manager, caplog):
    assert manager.save_session("Talk", {"audio_paths": {"hi": "gone/hi.wav"}})
    assert "gone/hi.wav" in caplog.text
    assert manager.load_session("Talk")["audio_paths"] == {}
    assert manager.get_session_info("Talk")["has_audio"] is False


def test_what_the_original_copied_unasked_is_copied(manager):
    write("original_asr.json", b"[]")
    write("custom_voices/custom_hi_voice_01_demo.wav")
    write("final_mixed_videos/gemini_hi_deep_demo_mixed.mp4")
    assert manager.save_session("Talk", {"video_name": "talk.mp4"})
    assert {
        "transcriptions/original_asr.json",
        "custom_voices/custom_hi_voice_01_demo.wav",
        "mixed_videos/gemini_hi_deep_demo_mixed.mp4",
    } < contents(Path("sessions/Talk")).keys()


def test_a_session_that_the_original_wrote_loads(manager):
    # It wrote down where files came from, and copied them afterwards under the names that it gives them.
    home = Path("sessions/old_20250803_181102")
    for path in (
        "audio/hi_audio.wav",
        "final_videos/hi_final.mp4",
        "custom_voices/a.wav",
        "mixed_videos/m.mp4",
    ):
        write(str(home / path), path.encode())
    write("elsewhere/secret.wav", b"secret")
    document = {
        "session_name": "another_name",
        "audio_paths": {"hi": "temp_audio/hi_audio.wav", "es": "temp_audio/es_audio.wav"},
        "final_videos": {"hi": "sessions/another_name/final_videos/hi_final.mp4"},
        "custom_voices": ["custom_voices/a.wav", str(Path("elsewhere/secret.wav").resolve())],
        "mixed_videos": ["C:\\work\\final_mixed_videos\\m.mp4"],
        "transcription_text": "Text",
    }
    write(str(home / "metadata.json"), json.dumps(document).encode())
    loaded = manager.load_session(home.name)
    assert loaded["session_name"] == home.name
    assert loaded["audio_paths"] == {"hi": str(home / "audio/hi_audio.wav")}
    assert loaded["final_videos"] == {"hi": str(home / "final_videos/hi_final.mp4")}
    assert loaded["custom_voices"] == [str(home / "custom_voices/a.wav")], (
        "a path of the document's leads out"
    )
    assert loaded["mixed_videos"] == [str(home / "mixed_videos/m.mp4")]
    assert manager.get_session_info(home.name)["file_count"] == 5
    assert manager.get_all_sessions() == [home.name]


# -- When something goes wrong ----------------------------------------------------------------------------------------


class PlugPulledError(OSError):
    """Somebody pulls the plug."""


def test_a_save_that_fails_leaves_the_session_as_it_was(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav", b"one")}})
    before = contents(Path("sessions/Talk"))
    write("hi.wav", b"two" * 1_000_000)

    def stop(done: int, total: int) -> None:
        if done:
            raise PlugPulledError(errno.ENOSPC, "No space left on device")

    with pytest.raises(PlugPulledError):
        manager.backend.save("Talk", {"audio_paths": {"hi": "hi.wav"}}, stop)
    assert contents(Path("sessions/Talk")) == before
    assert left_behind() == []


KILLED = """
    import os, signal
    from pathlib import Path
    from dubbing_client.manager import ProjectSessionManager

    steps = {at}
    def step(*_):
        global steps
        steps -= 1
        if steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    # Every rename and every report of progress is a point at which the machine may go.
    rename = Path.rename
    Path.rename = lambda self, to: (step(), rename(self, to), step())[1]
    manager = ProjectSessionManager(local=True)
    manager.backend.save("Talk", {{"audio_paths": {{"hi": "hi.wav"}}, "video_name": "two.mp4"}}, step)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_save_that_is_killed_at_any_point_leaves_one_whole_session(manager):
    outcomes = set()
    for at in range(20):
        write("hi.wav", b"one")
        assert manager.save_session("Talk", {"audio_paths": {"hi": "hi.wav"}, "video_name": "one.mp4"})
        write("hi.wav", b"two" * 1_000_000)
        killed = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(KILLED.format(at=at))],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            check=False,
        )
        loaded = manager.load_session("Talk")
        audio = Path(loaded["audio_paths"]["hi"]).read_bytes()
        assert (loaded["video_name"], audio[:3], len(audio)) in {
            ("one.mp4", b"one", 3),
            ("two.mp4", b"two", 3_000_000),
        }
        outcomes.add((killed.returncode, loaded["video_name"]))
        manager.save_session("Other", {})
        assert left_behind() == []
        if killed.returncode == 0:
            break
    assert outcomes == {(-signal.SIGKILL, "one.mp4"), (-signal.SIGKILL, "two.mp4"), (0, "two.mp4")}


def test_many_who_save_at_once_each_leave_a_whole_session(manager):
    def save(number: int) -> None:
        path = write(f"{number}.wav", str(number).encode() * 100_000)
        mine = ProjectSessionManager(local=True)
        assert mine.save_session("Talk", {"audio_paths": {"hi": path}, "video_name": f"{number}.mp4"})

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loaded = manager.load_session("Talk")
    number = loaded["video_name"].partition(".")[0]
    assert Path(loaded["audio_paths"]["hi"]).read_bytes() == number.encode() * 100_000


def test_a_file_that_is_written_to_meanwhile_is_not_saved(tmp_path):
    source = tmp_path / "hi.wav"
    source.write_bytes(b"x" * 3_000_000)

    def write_on(done: int, total: int) -> None:
        if done:
            with source.open("ab") as file:
                file.write(b"more")

    with pytest.raises(SessionError, match="changed while it was copied"):
        copy_verified(source, tmp_path / "copy.wav", Ticker(3_000_000, write_on))


def test_a_damaged_session_is_a_sentence_and_can_be_saved_anew(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav")}})
    write("sessions/Talk/metadata.json", b'{"audio_paths": ')
    assert manager.load_session("Talk") is None
    assert manager.last_error == "Its metadata.json is damaged: it is not JSON."
    assert manager.get_session_info("Talk") is None
    assert manager.get_all_sessions() == ["Talk"]
    assert manager.save_session("Talk", {"audio_paths": {"hi": "hi.wav"}})
    assert manager.last_error is None
    assert manager.load_session("Talk")["audio_paths"]


@pytest.mark.parametrize(
    "data",
    [
        {"audio_paths": ["hi.wav"]},
        {"languages": "hi"},
        {"video_name": 7},
        {"extra": object()},
        {"n": float("nan")},
    ],
)
def test_data_of_another_shape_are_refused_with_a_sentence(manager, data):
    assert manager.save_session("Talk", data) is False
    assert manager.last_error.endswith(".")
    assert manager.get_all_sessions() == []
    assert left_behind() == []


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("../../etc", "_._.._etc"),
        ("/etc/passwd", "_etc_passwd"),
        ("..", "__"),
        (".hidden", "_hidden"),
        ("C:\\temp", "C__temp"),
        ("con", "_con"),
        ("a\x00b", "a_b"),
        (" Talk ", "Talk"),
        ("प्रस्तुति", "प्रस्तुति"),
        ("x" * 300, "x" * 120),
    ],
)
def test_no_name_leads_out_of_the_folder(manager, typed, clean):
    assert clean_name(typed) == clean
    assert clean_name(clean) == clean
    assert manager.save_session(typed, {"video_name": "talk.mp4"})
    assert [path.name for path in Path("sessions").iterdir() if path.name != ".lock"] == [clean]
    assert manager.load_session(typed)["session_name"] == clean


def test_a_session_needs_a_name(manager):
    assert manager.save_session("  ", {}) is False
    assert manager.last_error == "Give the session a name."
    assert manager.create_session_structure("") == ""


# -- ZIPs -------------------------------------------------------------------------------------------------------------


def test_a_session_goes_through_a_zip_unchanged(manager):
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
    assert manager.last_error == "There is a session “talk” already. Give the import another name."
    assert manager.import_session("talk.zip", "TALK") is False
    assert manager.load_session("talk")["video_name"] == "newer.mp4"
    Path("talk.zip").rename("other.zip")
    assert manager.import_session("other.zip")
    assert sorted(manager.get_all_sessions()) == ["other", "talk"]


def test_an_export_that_fails_leaves_what_was_there(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav")}})
    write("talk.zip", b"an older one")

    def stop(done: int, total: int) -> None:
        if done:
            raise PlugPulledError

    with pytest.raises(PlugPulledError):
        manager.backend.export("Talk", Path("talk.zip"), stop)
    assert Path("talk.zip").read_bytes() == b"an older one"
    assert sorted(path.name for path in Path().iterdir()) == ["hi.wav", "sessions", "talk.zip"]
    assert manager.export_session("Talk", "nowhere/talk.zip") is False
    assert manager.export_session("Nobody", "talk.zip") is False


def zipped(path: str, members: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_may_have_a_folder_around_everything_and_a_proof_of_the_portal(manager):
    zipped(
        "a.zip",
        {"Talk/metadata.json": b"{}", "Talk/audio/hi_audio.wav": b"hi", "Talk/.dubbing/manifest.json": b"{}"},
    )
    assert manager.import_session("a.zip")
    assert contents(Path("sessions/a")).keys() == {"metadata.json", "audio/hi_audio.wav"}


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([("../evil", b"")], "leads out"),
        ([("/evil", b"")], "leads out"),
        ([("audio/../../evil", b"")], "leads out"),
        ([("audio\\..\\evil", b"")], "leads out"),
        ([("C:evil", b"")], "leads out"),
        ([("audio//evil", b"")], "leads out"),
        ([(link("audio/hi.wav"), b"/etc/passwd")], "link"),
        ([("audio/a.wav", b"1"), ("AUDIO/A.wav", b"2")], "twice"),
        ([("audio", b"1"), ("audio/a.wav", b"2")], "lies in a file"),
        ([("a\nb", b"")], "control character"),
    ],
)
def test_a_hostile_zip_is_refused_and_leaves_nothing(manager, members, reason):
    with zipfile.ZipFile("evil.zip", "w") as archive:
        archive.writestr("metadata.json", "{}")
        for name, content in members:
            archive.writestr(name, content)
    assert manager.import_session("evil.zip", "Talk") is False
    assert reason in manager.last_error
    assert manager.get_all_sessions() == []
    assert left_behind() == []
    assert sorted(path.name for path in Path().iterdir()) == ["evil.zip", "sessions"]


def test_a_zip_that_would_not_fit_is_refused_before_anything_is_written(manager):
    zipped("big.zip", {"metadata.json": b"{}", **{f"audio/{number}.wav": b"small" for number in range(100)}})
    # As if its directory announced an exabyte for each.
    with zipfile.ZipFile("big.zip") as archive:
        members = archive.infolist()
    for info in members:
        info.file_size = 10**18
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "infolist", lambda _: members)
        assert manager.import_session("big.zip") is False
    assert "There is no room for it" in manager.last_error
    assert manager.get_all_sessions() == []
    assert left_behind() == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no zip at all", "damaged, or no ZIP"),
        (None, "There is no file"),
    ],
)
def test_what_is_no_zip_is_refused(manager, content, reason):
    if content is not None:
        write("x.zip", content)
    assert manager.import_session("x.zip") is False
    assert reason in manager.last_error


def test_a_zip_whose_bytes_are_damaged_is_refused(manager):
    zipped("x.zip", {"metadata.json": b"{}", "audio/hi_audio.wav": b"A" * 1000})
    data = Path("x.zip").read_bytes()
    write("x.zip", data.replace(b"AAAA", b"AAAB", 1))
    assert manager.import_session("x.zip") is False
    assert "damaged" in manager.last_error
    assert manager.get_all_sessions() == []
    assert left_behind() == []


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"audio/hi.wav": b""}, "no metadata.json"),
        ({"a/metadata.json": b"{}", "b/metadata.json": b"{}"}, "several sessions"),
        ({"metadata.json": b"[]"}, "not an object"),
    ],
)
def test_a_zip_that_is_no_session_is_refused(manager, members, reason):
    assert manager.import_session(zipped("x.zip", members)) is False
    assert reason in manager.last_error
