"""Local sessions: the original's behavior, without losing data."""

from __future__ import annotations

import json
from pathlib import Path

from disk import contents, write


def test_every_file_in_the_data_is_saved(manager):
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


def test_a_save_adds_and_replaces_and_never_removes(manager):
    manager.save_session(
        "Talk",
        {
            "video_name": "talk.mp4",
            "transcription_text": "Hello",
            "audio_paths": {"hi": write("hi.wav", b"one"), "es": write("es.wav", b"es")},
            "notes": ["note"],
        },
    )
    # A pipeline that emptied its folder has only one new take.
    assert manager.save_session(
        "Talk",
        {"video_name": "", "transcription_text": "", "audio_paths": {"hi": write("hi.wav", b"two")}},
    )
    loaded = manager.load_session("Talk")
    assert (loaded["video_name"], loaded["transcription_text"], loaded["notes"]) == (
        "talk.mp4",
        "Hello",
        ["note"],
    )
    assert {language: Path(path).read_bytes() for language, path in loaded["audio_paths"].items()} == {
        "hi": b"two",
        "es": b"es",
    }


def test_saving_loaded_data_changes_only_the_times(manager):
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
    assert Path("sessions/Talk/audio/hi_audio.wav").stat().st_ino == inode, "an unchanged file is linked"


def test_a_session_can_be_saved_under_another_name(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav", b"hi")}})
    assert manager.save_session("Copy", manager.load_session("Talk"))
    assert Path(manager.load_session("Copy")["audio_paths"]["hi"]).parent == Path("sessions/Copy/audio")
    assert manager.delete_session("Talk")
    assert Path("sessions/Copy/audio/hi_audio.wav").read_bytes() == b"hi"


def test_files_with_the_same_name_get_different_paths(manager):
    voices = [write("ana/ref.wav", b"ana"), write("ben/ref.wav", b"ben"), "ana/ref.wav"]
    assert manager.save_session("Talk", {"custom_voices": voices})
    loaded = manager.load_session("Talk")
    assert [Path(path).read_bytes() for path in loaded["custom_voices"]] == [b"ana", b"ben"]


def test_another_source_video_replaces_the_former_one(manager):
    manager.save_session("Talk", {"original_video_path": write("talk.mp4")})
    manager.save_session("Talk", {"video_name": write("talk.mkv")})
    assert [path.name for path in Path("sessions/Talk").glob("original_video.*")] == ["original_video.mkv"]


def test_missing_files_are_left_out(manager, caplog):
    assert manager.save_session("Talk", {"audio_paths": {"hi": "missing/hi.wav"}})
    assert "missing/hi.wav" in caplog.text
    assert manager.load_session("Talk")["audio_paths"] == {}
    assert manager.get_session_info("Talk")["has_audio"] is False


def test_progress_is_derived_from_files_that_are_not_empty(manager):
    data = {
        "languages": ["hi", "es"],
        "transcription_text": "Hello",
        "translations": {"hi": "नमस्ते", "es": "Hola"},
        "audio_paths": {"hi": write("hi.wav"), "es": write("es.wav")},
        "final_videos": {"hi": write("hi.mp4")},
    }
    stages = []
    for more in (
        {},
        {"final_videos": {"es": write("empty.mp4", b"")}},
        {"final_videos": {"es": write("es.mp4")}},
        {"translations": {"hi": "", "es": "Hola"}},
    ):
        assert manager.save_session("Talk", {**data, **more})
        stages.append(json.loads(Path("sessions/Talk/metadata.json").read_text())["session_metadata"])
    assert [stage["pipeline_stage"] for stage in stages] == ["dubbed", "dubbed", "completed", "dubbed"]

    assert manager.save_session("Empty", {"audio_paths": {"hi": write("hi.wav", b"")}})
    assert manager.get_session_info("Empty")["has_audio"] is False


def test_conventional_files_are_copied(manager):
    write("original_asr.json", b"[]")
    write("custom_voices/custom_hi_voice_01_demo.wav")
    write("final_mixed_videos/gemini_hi_deep_demo_mixed.mp4")
    assert manager.save_session("Talk", {"video_name": "talk.mp4"})
    assert {
        "transcriptions/original_asr.json",
        "custom_voices/custom_hi_voice_01_demo.wav",
        "mixed_videos/gemini_hi_deep_demo_mixed.mp4",
    } < contents(Path("sessions/Talk")).keys()


def test_a_session_of_the_original_is_loaded(manager):
    # The original recorded the source paths, and copied the files afterwards under its own names.
    folder = Path("sessions/old_20250803_181102")
    for path in (
        "audio/hi_audio.wav",
        "final_videos/hi_final.mp4",
        "custom_voices/a.wav",
        "mixed_videos/m.mp4",
    ):
        write(str(folder / path), path.encode())
    write("elsewhere/secret.wav", b"secret")
    document = {
        "session_name": "another_name",
        "audio_paths": {"hi": "temp_audio/hi_audio.wav", "es": "temp_audio/es_audio.wav"},
        "final_videos": {"hi": "sessions/another_name/final_videos/hi_final.mp4"},
        "custom_voices": ["custom_voices/a.wav", str(Path("elsewhere/secret.wav").resolve())],
        "mixed_videos": ["C:\\work\\final_mixed_videos\\m.mp4"],
        "transcription_text": "Text",
    }
    write(str(folder / "metadata.json"), json.dumps(document).encode())
    loaded = manager.load_session(folder.name)
    assert loaded["session_name"] == folder.name
    assert loaded["audio_paths"] == {"hi": str(folder / "audio/hi_audio.wav")}
    assert loaded["final_videos"] == {"hi": str(folder / "final_videos/hi_final.mp4")}
    assert loaded["custom_voices"] == [str(folder / "custom_voices/a.wav")], (
        "paths outside of the session are dropped"
    )
    assert loaded["mixed_videos"] == [str(folder / "mixed_videos/m.mp4")]
    assert manager.get_session_info(folder.name)["file_count"] == 5
    assert manager.get_all_sessions() == [folder.name]
